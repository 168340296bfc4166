import { rmSync } from 'node:fs';
import { resolveConfig } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { capturedContainer, fakeEngine } from '../testdata/fake-engine.ts';
import { hostV2, makeHost } from '../testdata/hosts.ts';
import { config } from './config.ts';
import { diagnose } from './diagnose.ts';

const web = capturedContainer('docker-20.10-cgroup-v1');

describe('millrace doctor', () => {
  it.each([
    { name: 'cgroups', files: hostV2(String(web.inspect['Id'])), want: ['ok', 'ok'] },
    { name: 'no cgroups', files: { 'proc/stat': '' }, want: ['ok', 'warning'] },
  ])('tells of an engine and $name', async ({ files, want }) => {
    const engine = await fakeEngine({ containers: [web] });
    const root = makeHost(files);
    try {
      const findings = await diagnose(resolveConfig(config, { endpoint: engine.endpoint, root_path: root }));
      expect(findings.map(({ level }) => level)).toEqual(want);
      expect(findings[0]!.text).toBe(`${engine.endpoint} is docker 20.10.24+dfsg1, which speaks the API 1.41 with us.`);
    } finally {
      rmSync(root, { recursive: true });
      await engine.close();
    }
  });

  it('tells that there is none', async () =>
    expect(await diagnose(resolveConfig(config, { endpoint: 'unix:///nowhere' }))).toEqual([
      {
        level: 'error',
        text: expect.stringMatching(/^There is no engine at unix:\/\/\/nowhere/),
        advice: expect.any(String),
      },
    ]));
});
