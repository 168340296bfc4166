import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Batch, ExtensionContext, StoredBatches } from '@millrace/core';
import {
  itemCount,
  logsBatch,
  mergeBatches,
  metricsBatch,
  partsOf,
  profilesBatch,
  RefusedError,
  resolveConfig,
  tracesBatch,
} from '@millrace/core';
import { render, testContext } from '@millrace/core/testing';
import { encode } from '@millrace/otlp';
import { afterEach, beforeEach, expect, test } from 'vitest';
import definition from './index.ts';
import { isQueue, readStored, repair, toJson } from './offline.ts';
import type { Stored } from './offline.ts';
import { folderOf } from './queue.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-storage-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

function extension(config: object = {}, context: ExtensionContext = testContext()) {
  const resolved = resolveConfig(definition.config, { directory, ...config } as never);
  return definition.create(resolved as never, context);
}

const open = async (name = 'exporter/otlp', context?: ExtensionContext): Promise<StoredBatches> =>
  extension({}, context).openBatches!(name);

const logs = (body: string, metadata?: Batch['metadata']): Batch =>
  logsBatch(
    [
      {
        resource: { attributes: { 'service.name': 'shop' } },
        scopeLogs: [
          { scope: { name: 'test' }, logRecords: [{ time: [1, 2], observedTime: [1, 3], body, attributes: {} }] },
        ],
      } as never,
    ],
    metadata,
  );

const metrics = (value: number): Batch =>
  metricsBatch([
    {
      resource: { attributes: {} },
      scopeMetrics: [
        {
          scope: { name: 'test' },
          metrics: [
            {
              descriptor: { name: 'queue.size', description: '', unit: '1', valueType: 0 },
              dataPointType: 2,
              dataPoints: [{ startTime: [0, 0], endTime: [1, 0], attributes: {}, value }],
            },
          ],
        },
      ],
    },
  ]);

async function drain(stored: StoredBatches): Promise<Batch[]> {
  const batches: Batch[] = [];
  for (let one = await stored.read(); one !== undefined; one = await stored.read()) {
    batches.push(one.batch);
    one.done();
  }
  return batches;
}

test('batches of every signal come back as they were, after a restart', async () => {
  const first = await open();
  const batches = [
    metrics(1),
    logs('hello', { 'x-tenant': ['a', 'b'] }),
    tracesBatch([]),
    profilesBatch(Buffer.from([]), 0),
  ];
  for (const batch of batches) await first.append(batch);
  expect(first.size).toMatchObject({ batches: 4, items: 2 });
  await first.close();

  const second = await open();
  expect(second.size).toMatchObject({ batches: 4, items: 2 });
  const back = await drain(second);
  expect(back.map(({ signal }) => signal)).toEqual(['metrics', 'logs', 'traces', 'profiles']);
  expect(back.map((batch) => Buffer.from(encode(batch)))).toEqual(batches.map((batch) => Buffer.from(encode(batch))));
  expect(back.map(itemCount)).toEqual([1, 1, 0, 0]);
  expect(back[1]!.metadata).toEqual({ 'x-tenant': ['a', 'b'] });
  expect(render(back[0]!)).toBe(render(batches[0]!));
  expect(second.size).toEqual({ batches: 0, items: 0, bytes: 0 });
  await second.close();
  expect(await readdir(directory)).toEqual([]);
});

test('a merged batch keeps its seams', async () => {
  const stored = await open();
  await stored.append(mergeBatches([metrics(1), metrics(2), metrics(3)]));
  const [batch] = await drain(stored);
  expect(partsOf(batch!)).toHaveLength(3);
  expect(itemCount(batch!)).toBe(3);
  await stored.close();
});

test('what is read and not done comes again', async () => {
  const first = await open();
  for (let number = 0; number < 3; number++) await first.append(metrics(number));
  await first.read();
  (await first.read())!.done();
  await first.close();
  const second = await open();
  expect((await drain(second)).map((batch) => render(batch))).toEqual([render(metrics(0)), render(metrics(2))]);
  await second.close();
});

test('a full queue refuses', async () => {
  const stored = await extension({ max_bytes: 64 * 1024 }).openBatches!('exporter/otlp');
  await expect(
    (async () => {
      for (;;) await stored.append(logs('x'.repeat(1000)));
    })(),
  ).rejects.toThrow(RefusedError);
  expect(stored.size.batches).toBeGreaterThan(40);
  await drain(stored);
  await stored.close();
});

test('one queue is open once; another name is another queue', async () => {
  const stored = await open();
  await expect(extension({ timeout: 0 }).openBatches!('exporter/otlp')).rejects.toThrow(/is in use by another process/);
  const other = await open('exporter/otlp/two');
  await stored.append(metrics(1));
  expect(await other.read()).toBeUndefined();
  await Promise.all([stored.close(), other.close()]);
});

test('damage is logged, and the rest is delivered', async () => {
  const first = await open();
  for (let number = 0; number < 3; number++) await first.append(metrics(number));
  await first.close();
  const path = join(directory, 'exporter+otlp', '000000000001.seg');
  const bytes = await readFile(path);
  bytes[150]! ^= 1;
  await writeFile(path, bytes);
  const context = testContext();
  const second = await open('exporter/otlp', context);
  expect(await drain(second)).toHaveLength(2);
  await second.close();
  expect(context.lines.filter(({ level }) => level === 'error')).toEqual([
    {
      level: 'error',
      message: 'Some of a queue on disk cannot be read. The rest is delivered.',
      fields: { segment: path, records: 1, items: 1 },
    },
  ]);
});

test('the first copy delivers what copies have left that do not run any more', async () => {
  const copy = (index: number, count: number) => testContext({ copy: { index, count } });
  for (const index of [0, 1, 2]) {
    const stored = await open('exporter/otlp', copy(index, 3));
    await stored.append(metrics(index));
    await stored.close();
  }
  expect((await readdir(directory)).sort()).toEqual(['exporter+otlp', 'exporter+otlp@1', 'exporter+otlp@2']);
  const first = await open('exporter/otlp', copy(0, 2));
  expect(first.size.batches).toBe(2);
  expect((await drain(first)).map((batch) => render(batch))).toEqual([render(metrics(2)), render(metrics(0))]);
  await first.close();
  expect(await readdir(directory)).toEqual(['exporter+otlp@1']);
});

test('names of folders differ where names do', () => {
  const names = [
    'exporter/otlp',
    'exporter+otlp',
    'exporter/otlp@1',
    'exporter/é9a',
    'exporter/ບ',
    `e/${'x'.repeat(500)}`,
  ];
  const folders = names.map((name) => folderOf(name, 0));
  expect(new Set(folders).size).toBe(names.length);
  for (const folder of folders) expect(folder).toMatch(/^[\w.%+()'!*~-]{1,200}$/);
});

test('the tools see the batches', async () => {
  const stored = await open();
  await stored.append(metrics(7));
  await stored.append(profilesBatch(Buffer.from([]), 0));
  const queue = join(directory, 'exporter+otlp');
  expect([await isQueue(queue), await isQueue(directory)]).toEqual([true, false]);
  const seen: Stored[] = [];
  for await (const one of readStored(queue)) seen.push(one);
  expect(seen.map(({ items, batch }) => [items, batch?.signal])).toEqual([
    [1, 'metrics'],
    [0, 'profiles'],
  ]);
  expect(seen[0]!.end).toBe(seen[1]!.offset);
  expect(JSON.parse(toJson(seen[0]!.batch!))).toHaveProperty('resourceMetrics');
  expect(toJson(seen[1]!.batch!)).toBe('{"profiles":""}');
  await stored.close();
  expect(await repair(queue)).toEqual([]);
});

test('a directory that is missing is an error unless it may be made', async () => {
  const missing = join(directory, 'a', 'b');
  await expect(extension({ directory: missing, create_directory: false }).start!()).rejects.toThrow(/ENOENT/);
  await extension({ directory: missing }).start!();
  expect(await readdir(missing)).toEqual([]);
});

test.each([
  [{ max_bytes: 1000 }, 'must be at least 64KiB'],
  [{ max_bytes: 1e6, segment_bytes: 2e6 }, 'must be at least 4KiB, and at most max_bytes'],
  [{ segment_bytes: 1 }, 'must be at least 4KiB, and at most max_bytes'],
  [{}, undefined],
])('check %o', (config, message) => {
  const resolved = resolveConfig(definition.config, config as never);
  expect(definition.check!(resolved as never)[0]?.message).toBe(message);
});
