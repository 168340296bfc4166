import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Batch, logsBatch, type Origin, originMetadata, originOf, type StoredBatches } from '@millrace/core';
import { seeded, testContext } from '@millrace/core/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openQueue } from './queue.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-origins-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const context = testContext();
const open = (): Promise<StoredBatches> =>
  openQueue('exporter/x', context, { directory, segmentBytes: 4096, sync: false });

function batch(sequence: number, attempt: string, { body = `${sequence}`, source = 'query' } = {}): Batch {
  const records = [{ observedTime: [1, 0], body, attributes: {} }];
  const resourceLogs = [{ resource: { attributes: {} }, scopeLogs: [{ scope: { name: 's' }, logRecords: records }] }];
  return logsBatch(resourceLogs as never, originMetadata({ source, sequence, attempt }));
}

async function drain(queue: StoredBatches): Promise<Origin[]> {
  const origins: Origin[] = [];
  for (let one = await queue.read(); one; one = await queue.read()) {
    origins.push(originOf(one.batch)!);
    one.done();
  }
  return origins;
}
const sequences = async (queue: StoredBatches): Promise<number[]> =>
  (await drain(queue)).map(({ sequence }) => sequence);

/** As a process does that is killed: nothing is closed, and its lock is of nobody. */
async function reopenAfterCrash(): Promise<StoredBatches> {
  const folder = join(directory, 'exporter+x');
  for (const name of await readdir(folder))
    if (name.includes('lock')) await rm(join(folder, name), { recursive: true });
  return open();
}

test('a batch that is handed over again is stored once', async () => {
  const queue = await open();
  for (const one of [batch(1, 'a'), batch(2, 'a'), batch(2, 'b'), batch(2, 'c'), batch(3, 'c')])
    await queue.append(one);
  expect(await sequences(queue)).toEqual([1, 2, 3]);
  await queue.close();
});

test('what one attempt brings twice is stored twice: two pipelines may lead to one exporter', async () => {
  const queue = await open();
  for (const attempt of ['a', 'b'])
    for (let pipeline = 0; pipeline < 2; pipeline++) await queue.append(batch(1, attempt));
  expect(await sequences(queue)).toEqual([1, 1]);
  await queue.close();
});

test('of a batch that was cut on its way, the parts that are missing are stored', async () => {
  const queue = await open();
  await queue.append(batch(1, 'a', { body: 'first part' }));
  await queue.append(batch(1, 'b', { body: 'first part' }));
  await queue.append(batch(1, 'b', { body: 'second part' }));
  await queue.append(batch(1, 'c', { body: 'second part' }));
  await queue.append(batch(1, 'c', { body: 'first part' }));
  expect(queue.size.batches).toBe(2);
  await queue.close();
});

test('sources do not concern each other, and a source may begin anew', async () => {
  const queue = await open();
  for (const source of ['query', 'other']) await queue.append(batch(7, 'a', { source }));
  await queue.append(batch(1, 'b'));
  await queue.append(batch(7, 'b', { source: 'other' }));
  expect((await drain(queue)).map(({ source, sequence }) => `${source} ${sequence}`)).toEqual([
    'query 7',
    'other 7',
    'query 1',
  ]);
  await queue.close();
});

test.each(['waits', 'was delivered'] as const)('a batch that %s is known after a crash', async (how) => {
  const first = await open();
  await first.append(batch(1, 'a'));
  await first.append(batch(2, 'a'));
  if (how === 'was delivered') expect(await sequences(first)).toEqual([1, 2]);
  await new Promise((resolve) => setTimeout(resolve, 250)); // acknowledgements are written behind
  const second = await reopenAfterCrash();
  await second.append(batch(2, 'b'));
  await second.append(batch(3, 'b'));
  expect(await sequences(second)).toEqual(how === 'waits' ? [1, 2, 3] : [3]);
  await second.close();
  await first.close();
});

test('it is known after its segment has been removed, while others stay that hold older ones', async () => {
  const first = await open();
  const body = 'x'.repeat(1500);
  await first.append(batch(1, 'a', { body, source: 'stays' }));
  const oldest = await first.read();
  for (let sequence = 1; sequence <= 40; sequence++) await first.append(batch(sequence, 'a', { body }));
  expect(await sequences(first)).toHaveLength(40);
  await first.close();
  expect((await readdir(join(directory, 'exporter+x'))).filter((name) => name.endsWith('.seg'))).toHaveLength(1);

  const second = await open();
  await second.append(batch(40, 'b', { body }));
  await second.append(batch(1, 'b', { body, source: 'stays' }));
  expect((await drain(second)).map(({ source }) => source)).toEqual(['stays']);
  expect(oldest).toBeDefined();
  await second.close();
});

test('nothing is kept for batches without an origin, nor read at the next start', async () => {
  const queue = await open();
  await queue.append({ ...batch(1, 'a'), metadata: undefined } as Batch);
  expect(await readdir(join(directory, 'exporter+x'))).not.toContain('origins');
  await queue.close();
});

test('a damaged file is said, and what the records say is known', async () => {
  const first = await open();
  await first.append(batch(1, 'a'));
  await first.close();
  const path = join(directory, 'exporter+x', 'origins');
  const bytes = await readFile(path);
  bytes[bytes.length - 1]! ^= 1;
  await writeFile(path, bytes);
  const second = await open();
  await second.append(batch(1, 'b'));
  expect(await sequences(second)).toEqual([1]);
  expect(context.lines.at(-1)?.message).toBe('What was stored last is not all known: a batch may arrive twice.');
  await second.close();
});

test('any order of crashes, deliveries and attempts stores each part once', async () => {
  const random = seeded(20_261_121);
  const seen = new Map<string, number>();
  let queue = await open();
  const count = async (): Promise<void> => {
    for (let one = await queue.read(); one; one = await queue.read()) {
      const { source, sequence } = originOf(one.batch)!;
      const key = `${source} ${sequence}`;
      seen.set(key, (seen.get(key) ?? 0) + 1);
      one.done();
    }
  };
  const body = 'x'.repeat(700);
  const next = new Map([
    ['one', 1],
    ['two', 1],
    ['three', 1],
  ]); // prettier-ignore
  for (let attempt = 0; attempt < 400; attempt++) {
    const source = random.pick([...next.keys()]);
    const sequence = next.get(source)!;
    await queue.append(batch(sequence, `${attempt}`, { body, source }));
    if (random.next() < 0.7) next.set(source, sequence + 1); // else the source does not know that it was taken
    if (random.next() < 0.3) await count();
    if (random.next() < 0.1) {
      await count();
      await queue.close();
      queue = await open();
    }
  }
  await count();
  await queue.close();
  for (const [source, sequence] of next) if (!seen.has(`${source} ${sequence}`)) next.set(source, sequence - 1);
  const expected = [...next].flatMap(([source, last]) =>
    Array.from({ length: last }, (_, index) => [`${source} ${index + 1}`, 1] as const),
  );
  expect(seen).toEqual(new Map(expected));
});
