import { mkdtemp, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PermanentError, RefusedError } from '@millrace/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openRecordLog } from './log.ts';
import type { Entry, LogOptions, RecordLog } from './log.ts';

let directory: string;
const opened: RecordLog[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-log-'));
});
afterEach(async () => {
  for (const log of opened.splice(0)) await log.close();
  await rm(directory, { recursive: true, force: true });
});

async function open(options: Partial<LogOptions> = {}): Promise<RecordLog> {
  const log = await openRecordLog({ directory, ...options });
  opened.push(log);
  return log;
}

const payload = (text: string, size = 0): Buffer => Buffer.from(text.padEnd(size, '.'));
const name = (bytes: Buffer): string => bytes.toString().replace(/\.+$/, '');
const add = (log: RecordLog, text: string, size = 0): Promise<Entry> => log.append([payload(text, size)], { items: 1 });

async function readAll(log: RecordLog): Promise<{ names: string[]; entries: Entry[] }> {
  const names: string[] = [];
  const entries: Entry[] = [];
  for (let record = await log.read(); record !== undefined; record = await log.read()) {
    names.push(name(record.bytes));
    entries.push(record.entry);
  }
  return { names, entries };
}

const files = async (): Promise<string[]> =>
  (await readdir(directory)).filter((file) => !file.startsWith('lock-')).sort();

describe('in order', () => {
  test('records come out as they went in, and again after a restart', async () => {
    const log = await open();
    await log.append([payload('one '), payload('record')], { items: 3 });
    await Promise.all([add(log, 'b'), add(log, ''), add(log, 'large', 300_000), add(log, 'c')]);
    expect(log).toMatchObject({ records: 5, items: 7, bytes: 10 + 300_000 + 2 });
    const { names, entries } = await readAll(log);
    expect(names).toEqual(['one record', 'b', '', 'large', 'c']);
    expect(entries[0]).toMatchObject({ length: 10, items: 3 });
    expect(log.records).toBe(5);
    await log.close();

    const again = await open();
    expect(again).toMatchObject({ records: 5, items: 7, bytes: 10 + 300_000 + 2 });
    expect((await readAll(again)).names).toEqual(names);
  });

  test('what was appended a moment ago is given as it was, and what is too much to keep is read back', async () => {
    const log = await open({ segmentBytes: 4 * 1024 * 1024 });
    const things = Array.from({ length: 30 }, (_, number) => ({ number }));
    const append = (keep: { number: number }): Promise<Entry> =>
      log.append([payload(`${keep.number} `), payload('record', 1024 * 1024)], { items: 1, keep });
    for (const thing of things.slice(0, 20)) await append(thing);
    await add(log, 'between');
    for (const thing of things.slice(20)) await append(thing);

    const seen: { text: string; kept: unknown }[] = [];
    for (let record = await log.read(); record !== undefined; record = await log.read()) {
      seen.push({ text: name(record.bytes), kept: record.kept });
      log.ack(record.entry);
    }
    const texts = things.map(({ number }) => `${number} record`);
    expect(seen.map(({ text }) => text)).toEqual([...texts.slice(0, 20), 'between', ...texts.slice(20)]);
    const kept = seen.map((one) => one.kept);
    expect(kept.slice(0, 15)).toEqual(things.slice(0, 15));
    expect(kept[0]).toBe(things[0]);
    expect(kept.slice(16)).toEqual(kept.slice(16).map(() => undefined));

    // There is room again once they have been read.
    await append(things[0]!);
    expect((await log.read())?.kept).toBe(things[0]);
  });

  test('a reader that waits is woken', async () => {
    const log = await open();
    expect(await log.read()).toBeUndefined();
    const waiting = log.readable();
    await add(log, 'a');
    await waiting;
    expect((await readAll(log)).names).toEqual(['a']);
    const closing = log.readable();
    await log.close();
    await closing;
    expect(await log.read()).toBeUndefined();
  });

  test('many readers at once get every record once', async () => {
    const log = await open({ segmentBytes: 4096 });
    await Promise.all(Array.from({ length: 200 }, (_, index) => add(log, `${index}`, 100)));
    const all = await Promise.all(Array.from({ length: 201 }, () => log.read()));
    expect(all.map((record) => record && name(record.bytes))).toEqual([
      ...Array.from({ length: 200 }, (_, i) => `${i}`),
      undefined,
    ]);
  });
});

describe('acknowledged', () => {
  test('in any order, it does not come again', async () => {
    const log = await open({ segmentBytes: 2048 });
    for (let index = 0; index < 50; index++) await add(log, `${index}`, 200);
    const { entries } = await readAll(log);
    for (const index of [49, 3, 4, 20, 5, 0]) log.ack(entries[index]!);
    log.ack(entries[3]!);
    expect(log).toMatchObject({ records: 44, items: 44, bytes: 44 * 200 });
    await log.close();
    const again = await open();
    const expected = Array.from({ length: 50 }, (_, index) => `${index}`).filter(
      (text) => !['49', '3', '4', '20', '5', '0'].includes(text),
    );
    expect(again.records).toBe(44);
    expect((await readAll(again)).names).toEqual(expected);
  });

  test('before it was read, it is not read', async () => {
    const log = await open();
    const a = await add(log, 'a');
    await add(log, 'b');
    log.ack(a);
    expect((await readAll(log)).names).toEqual(['b']);
    expect(log.records).toBe(1);
  });

  test('all of a segment, it is removed; all there is, nothing stays', async () => {
    const log = await open({ segmentBytes: 2048 });
    for (let index = 0; index < 50; index++) await add(log, `${index}`, 200);
    const { entries } = await readAll(log);
    const before = (await files()).length;
    for (const entry of entries.slice(0, 25)) log.ack(entry);
    await expect
      .poll(async () => (await files()).filter((file) => file.endsWith('.seg')).length)
      .toBeLessThan(before - 1);
    for (const entry of entries) log.ack(entry);
    await log.close();
    expect(await files()).toEqual([]);
    expect(log).toMatchObject({ records: 0, items: 0, bytes: 0, diskBytes: 0 });
  });

  test('a segment that grows is removed when it is large and all acknowledged', async () => {
    const log = await open({ segmentBytes: 4096 });
    for (let index = 0; index < 6; index++) await add(log, `${index}`, 200);
    for (const entry of (await readAll(log)).entries) log.ack(entry);
    await expect.poll(files).toEqual([]);
    await add(log, 'next');
    expect((await readAll(log)).names).toEqual(['next']);
  });

  test.each([
    ['missing', (path: string) => rm(path)],
    ['cut', (path: string) => truncate(path, 30)],
    ['garbage', (path: string) => writeFile(path, Buffer.alloc(1000, 0xa5))],
    [
      'a directory',
      async (path: string) => {
        await rm(path);
        await import('node:fs/promises').then((fs) => fs.mkdir(path));
      },
    ],
  ])('what is acknowledged is delivered again when the file of it is %s', async (_, damage) => {
    const log = await open();
    for (let index = 0; index < 5; index++) await add(log, `${index}`);
    const { entries } = await readAll(log);
    log.ack(entries[1]!);
    log.ack(entries[3]!);
    await log.close();
    await damage(join(directory, '000000000001.ack'));
    const again = await open();
    const { names } = await readAll(again);
    for (const index of ['0', '2', '4']) expect(names).toContain(index);
    expect(names).toEqual([...names].sort());
  });

  test('an old file of acknowledgements does not speak for a new segment', async () => {
    const log = await open();
    await add(log, 'a');
    await add(log, 'b');
    log.ack((await readAll(log)).entries[0]!);
    await log.close();
    const old = await readFile(join(directory, '000000000001.ack'));
    await rm(directory, { recursive: true });
    const next = await open();
    await add(next, 'c');
    await next.close();
    await writeFile(join(directory, '000000000001.ack'), old);
    expect((await readAll(await open())).names).toEqual(['c']);
  });
});

describe('bounded', () => {
  test('above max_bytes it refuses, and takes again when there is room', async () => {
    const log = await open({ maxBytes: 20_000, segmentBytes: 4096 });
    let taken = 0;
    const refusals: unknown[] = [];
    for (let index = 0; index < 40; index++)
      await add(log, `${index}`, 1000).then(
        () => taken++,
        (error) => refusals.push(error),
      );
    expect(taken).toBeGreaterThan(15);
    expect(refusals[0]).toBeInstanceOf(RefusedError);
    expect((refusals[0] as Error).message).toMatch(/Not stored in .*: \d+ of 20000 bytes are used\./);
    expect(log.diskBytes).toBeLessThanOrEqual(20_000);
    const { names, entries } = await readAll(log);
    expect(names).toHaveLength(taken);
    for (const entry of entries) log.ack(entry);
    await expect
      .poll(() =>
        add(log, 'again', 1000).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
  });

  test('a record that never fits is refused for good', async () => {
    const log = await open({ maxBytes: 20_000 });
    await expect(add(log, 'x', 20_001)).rejects.toThrow(PermanentError);
  });

  test('a record larger than a segment has one of its own', async () => {
    const log = await open({ segmentBytes: 1000 });
    for (const text of ['a', 'b', 'c']) await add(log, text, 5000);
    expect((await readAll(log)).names).toEqual(['a', 'b', 'c']);
    await log.close();
    expect((await files()).filter((file) => file.endsWith('.seg'))).toHaveLength(3);
  });

  test('closed, it refuses', async () => {
    const log = await open();
    const last = add(log, 'last');
    await log.close();
    await expect(add(log, 'late')).rejects.toThrow(RefusedError);
    await last;
    expect((await readAll(await open())).names).toEqual(['last']);
  });
});
