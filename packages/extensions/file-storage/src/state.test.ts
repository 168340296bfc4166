import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCollector, defineReceiver, type Storage } from '@millrace/core';
import { testContext } from '@millrace/core/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import fileStorage from './index.ts';
import { openState, type State } from './state.ts';

let place: string;
const open: State[] = [];
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'millrace-state-'));
});
afterEach(async () => {
  for (const state of open.splice(0)) await state.release();
  rmSync(place, { recursive: true });
});

const context = testContext();
async function state(): Promise<State> {
  const opened = await openState({ directory: join(place, 'own'), sync: true, waitMs: 0, log: context.log });
  open.push(opened);
  return opened;
}
const again = async (): Promise<State> => {
  for (const one of open.splice(0)) await one.release();
  return state();
};
const bytes = (text: string): Buffer => Buffer.from(text);

it('knows what was set, after a restart too', async () => {
  const first = await state();
  expect(await first.get('offset')).toBeUndefined();
  await first.set('offset', bytes('41'));
  await first.set('offset', bytes('42'));
  await first.set('a/b:c*ü..', bytes(''));
  expect(String(await first.get('offset'))).toBe('42');
  const second = await again();
  expect(String(await second.get('offset'))).toBe('42');
  expect(await second.get('a/b:c*ü..')).toHaveLength(0);
  await second.delete('offset');
  await second.delete('offset');
  expect(await (await again()).get('offset')).toBeUndefined();
});

it('sets of one key at a time keep their order', async () => {
  const one = await state();
  const sets = Array.from({ length: 50 }, (_, at) => one.set('k', bytes(String(at))));
  expect(String(await one.get('k'))).toBe('49');
  await Promise.all(sets);
  expect(readdirSync(join(place, 'own')).filter((name) => name.endsWith('.new'))).toEqual([]);
});

it('a value that is damaged is put aside, and said', async () => {
  await (await state()).set('k', bytes('a value'));
  const file = join(place, 'own/k.state');
  for (const spoil of [(all: Buffer) => all.subarray(0, 9), (all: Buffer) => all.fill(0, 10), () => Buffer.alloc(0)]) {
    const one = await again();
    await one.set('k', bytes('a value'));
    writeFileSync(file, spoil(readFileSync(file)));
    expect(await one.get('k')).toBeUndefined();
    expect(context.lines.at(-1)).toMatchObject({ level: 'warn', fields: { file: `${file}.bad` } });
    await one.set('k', bytes('new'));
    expect(String(await one.get('k'))).toBe('new');
  }
});

it('what a crash left of a write is not the value', async () => {
  const one = await state();
  await one.set('k', bytes('old'));
  writeFileSync(join(place, 'own/k.state.new'), 'half');
  expect(String(await (await again()).get('k'))).toBe('old');
});

it('one process has it at a time', async () => {
  await state();
  await expect(state()).rejects.toThrow('is in use by another process');
});

it('a key may be long, and is not mixed up with one like it', async () => {
  const one = await state();
  await one.set('x'.repeat(300), bytes('1'));
  await one.set(`${'x'.repeat(299)}y`, bytes('2'));
  expect(String(await one.get('x'.repeat(300)))).toBe('1');
  expect(readdirSync(join(place, 'own')).every((name) => name.length < 200)).toBe(true);
});

it('is what a receiver has whose config names it, across reloads and restarts', async () => {
  const seen: (string | undefined)[] = [];
  const receiver = defineReceiver({
    type: 'counts',
    description: 'Counts its starts.',
    signals: ['logs'],
    config: {
      properties: {
        flavor: { type: 'string', description: 'Anything.' },
        storage: { type: 'string', format: 'extension', provides: 'storage', description: 'Where it counts.' },
      },
    },
    create: (_config, { storage }: { storage: Storage }) => ({
      async start() {
        const before = await storage.get('starts');
        seen.push(before && String(before));
        await storage.set('starts', bytes(String(Number(before ?? 0) + 1)));
      },
    }),
  });
  const config = (storage: object, flavor = 'plain') => ({
    receivers: { counts: { ...storage, flavor } },
    exporters: { 'push/none': {} },
    extensions: { file_storage: { directory: place } },
    service: {
      extensions: ['file_storage'],
      pipelines: { logs: { receivers: ['counts'], exporters: ['push/none'] } },
    },
  });
  const sink = { kind: 'exporter', type: 'push', description: 'Nothing.', signals: ['logs'] } as const;
  const components = [
    receiver,
    fileStorage,
    { ...sink, config: { properties: {} }, create: () => ({ consume: async () => {} }) },
  ] as never;
  const run = async (settings: object): Promise<void> => {
    const collector = await createCollector(config(settings), { components, log: context.log });
    await collector.start();
    await collector.reload(config(settings, 'other'));
    await collector.shutdown();
  };
  await run({ storage: 'file_storage' });
  await run({ storage: 'file_storage' });
  expect(seen).toEqual([undefined, '1', '2', '3']);
  seen.length = 0;
  await run({});
  expect(seen).toEqual([undefined, undefined]);
});
