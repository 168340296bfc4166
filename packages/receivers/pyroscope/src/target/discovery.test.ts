import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type InputOf, resolveConfig } from '@millrace/core';
import { manualClock, testContext } from '@millrace/core/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { targetKeys } from '../config/target.ts';
import { discoverTargets } from './discovery.ts';
import type { Target } from './target.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'millrace-pprof-discovery-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const schema = { properties: targetKeys } as const;

function discovering(input: InputOf<typeof schema>) {
  const { log, clock, lines } = testContext({ clock: manualClock() });
  let targets: readonly Target[] = [];
  const { refresh } = discoverTargets(resolveConfig(schema, { root_path: folder, ...input }), {
    clock,
    log,
    found: (all) => void (targets = all),
  });
  return { refresh, lines, urls: () => targets.map(({ url }) => url.host), targets: () => targets };
}

const list = (groups: unknown): void => writeFileSync(join(folder, 'a.json'), JSON.stringify(groups));

it('what one source cannot tell does not keep back the others', async () => {
  list([{ targets: ['b:1'] }]);
  const { refresh, urls, lines } = discovering({
    urls: ['http://a:1'],
    files: [join(folder, '*.json')],
    processes: [{ name: 'kv', url: 'http://c:1' }],
  });
  expect(urls()).toEqual(['a:1']);
  await refresh();
  expect(urls()).toEqual(['a:1', 'b:1']);
  list([{ targets: ['b:2'] }]);
  await refresh();
  expect(urls()).toEqual(['a:1', 'b:2']);
  expect(lines.map(({ message }) => message)).toEqual(['Processes cannot be looked for.']);
  mkdirSync(join(folder, 'proc'));
  await refresh();
  expect(lines.at(-1)!.message).toBe('Processes can be looked for again.');
});

it('a target that is none is left out, and said once', async () => {
  const { refresh, urls, lines } = discovering({ files: [join(folder, '*.json')] });
  list([{ targets: ['a:1', 'b:99999', 'https://c/x'] }]);
  await refresh();
  await refresh();
  expect(urls()).toEqual(['a:1', 'c']);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({
    message: 'A target cannot be pulled from as it is said.',
    fields: { error: expect.stringMatching(/a\.json has a target that is neither host:port nor a URL: "b:99999"/) },
  });
});

it.each([
  [{ service_name: 'cart', job: 'shop' }, {}, { 'service.name': 'cart', job: 'shop', 'service.instance.id': 'a:1' }],
  [{ job: 'shop', instance: 'one' }, {}, { 'service.name': 'shop', 'service.instance.id': 'one' }],
  [{ job: 'shop' }, { service_name: 'own' }, { 'service.name': 'own', job: 'shop', 'service.instance.id': 'a:1' }],
  [{ service_name: '', env: '' }, {}, { 'service.name': 'a:1', 'service.instance.id': 'a:1' }],
  [
    { __meta_zone: 'x', env: 'x', zone: 'z' },
    { attributes: { env: 'y' } },
    { 'service.name': 'a:1', 'service.instance.id': 'a:1', env: 'y', zone: 'z' },
  ],
])('labels %j with the config %j', async (labels, input: InputOf<typeof schema>, want: object) => {
  list([{ targets: ['a:1'], labels }]);
  const { refresh, targets } = discovering({ files: [join(folder, '*.json')], ...input });
  await refresh();
  expect(targets()[0]!.resource).toEqual({ 'server.address': 'a', 'server.port': 1, ...want });
});
