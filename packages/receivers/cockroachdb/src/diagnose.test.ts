import { resolveConfig } from '@millrace/core';
import { expect, it } from 'vitest';
import { fakeCluster, text } from '../testdata/fake-cluster.ts';
import { config } from './config.ts';
import { diagnose } from './diagnose.ts';

it('says what a cluster tells, what it does not, and which nodes do not answer', async () => {
  const [fake] = await fakeCluster({ replies: 'v24.1', nodes: ['1'] });
  fake!.answers.set('/_admin/v1/jobs', (_request, response) => text(response, 403, 'no'));
  const clusters = [
    { name: 'shop', endpoints: [fake!.url, 'http://127.0.0.1:1'] },
    { name: 'gone', endpoints: ['http://127.0.0.1:1'] },
  ];
  const findings = await diagnose(resolveConfig(config, { clusters }));
  const said = findings.map(({ level, text: sentence }) => `${level} ${sentence}`).join('\n');
  expect(said).toContain('ok Cluster shop tells of 5 nodes.');
  expect(said).toContain('warning Cluster shop does not tell of its jobs.');
  expect(said).toMatch(/warning GET http:\/\/127\.0\.0\.1:1\/health failed/);
  expect(said).toMatch(/error GET http:\/\/127\.0\.0\.1:1\/health failed/);
  await fake!.close();
});
