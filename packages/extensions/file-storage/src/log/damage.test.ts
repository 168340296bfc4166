import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { seeded } from '@millrace/core/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { frameSize } from './frame.ts';
import { inspect, records } from './inspect.ts';
import { openRecordLog } from './log.ts';
import type { LogEvents } from './log.ts';
import { repair } from './repair.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-damage-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

interface Stored {
  readonly text: string;
  readonly segment: number;
  readonly start: number;
  readonly end: number;
}

async function fill(sizes: readonly number[], segmentBytes = 4096): Promise<Stored[]> {
  const log = await openRecordLog({ directory, segmentBytes });
  const stored = await Promise.all(
    sizes.map(async (size, index) => {
      const text = `${index}:`.padEnd(size, 'x');
      const { segment, offset } = await log.append([Buffer.from(text)], { items: 1 });
      return { text, segment, start: offset, end: offset + frameSize + text.length };
    }),
  );
  await log.close();
  return stored;
}

async function deliver(events: LogEvents = {}): Promise<string[]> {
  const log = await openRecordLog({ directory, events });
  const texts: string[] = [];
  const entries = [];
  for (let record = await log.read(); record !== undefined; record = await log.read()) {
    texts.push(record.bytes.toString());
    entries.push(record.entry);
  }
  expect(log.records).toBe(texts.length);
  for (const entry of entries) log.ack(entry);
  await log.close();
  expect(log).toMatchObject({ records: 0, items: 0, bytes: 0 });
  return texts;
}

const pathOf = (segment: number): string => join(directory, `${String(segment).padStart(12, '0')}.seg`);

/** Damages a stretch of the file; returns what of the old file is still where it was. */
type Damage = (
  bytes: Buffer,
  random: (limit: number) => number,
) => { bytes: Buffer; isSound(start: number, end: number): boolean };

const damages: Record<string, Damage> = {
  'a flipped bit': (bytes, random) => {
    const at = random(bytes.length);
    bytes[at]! ^= 1 << random(8);
    return { bytes, isSound: (start, end) => at < start || at >= end };
  },
  zeros: (bytes, random) => stretch(bytes, random, (part) => part.fill(0)),
  garbage: (bytes, random) => stretch(bytes, random, (part) => part.map((_, index) => (part[index] = random(256)))),
  'a copy of another part': (bytes, random) =>
    stretch(bytes, random, (part) => bytes.copy(part, 0, random(bytes.length))),
  'a lost end': (bytes, random) => {
    const length = random(bytes.length);
    return { bytes: bytes.subarray(0, length), isSound: (_, end) => end <= length };
  },
  'a lost middle': (bytes, random) => {
    const [from, to] = span(bytes, random);
    return {
      bytes: Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]),
      isSound: (start, end) => end <= from || start >= to,
    };
  },
  'an inserted stretch': (bytes, random) => {
    const at = random(bytes.length);
    const more = Buffer.alloc(random(3000), random(256));
    return {
      bytes: Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]),
      isSound: (start, end) => end <= at || start >= at,
    };
  },
};

function span(bytes: Buffer, random: (limit: number) => number): [number, number] {
  const from = random(bytes.length);
  return [from, Math.min(bytes.length, from + 1 + random(600))];
}

function stretch(
  bytes: Buffer,
  random: (limit: number) => number,
  change: (part: Buffer) => unknown,
): ReturnType<Damage> {
  const [from, to] = span(bytes, random);
  change(bytes.subarray(from, to));
  return { bytes, isSound: (start, end) => end <= from || start >= to };
}

test.each(Object.entries(damages))(
  '%s costs only the records that it hits, in 75 ways',
  { timeout: 240_000 },
  async (kind, damage) => {
    for (let seed = 1; seed <= 75; seed++) {
      const random = seeded(seed).below;
      const stored = await fill(Array.from({ length: 30 }, () => 3 + random(random(8) === 0 ? 3000 : 200)));
      const victim = stored[random(stored.length)]!.segment;
      const hurt = damage(await readFile(pathOf(victim)), random);
      await writeFile(pathOf(victim), hurt.bytes);

      const expected = stored
        .filter(({ segment, start, end }) => segment !== victim || hurt.isSound(start, end))
        .map(({ text }) => text);
      const offline: string[] = [];
      for await (const { bytes } of records(directory)) offline.push(bytes.toString());
      const inspection = await inspect(directory);
      expect(inspection.waiting.records, `seed ${seed}`).toBe(offline.length);
      if (seed % 2 === 0) {
        for (const { action } of await repair(directory)) expect(action).not.toBe('failed');
        expect((await inspect(directory)).badBytes).toBe(0);
      }

      let lost = 0;
      const delivered = await deliver({ lost: ({ records }) => (lost += records) });
      const all = new Set(stored.map(({ text }) => text));
      const missing = expected.filter((text) => !delivered.includes(text));
      expect(missing, `seed ${seed}`).toEqual([]);
      expect(
        delivered.filter((text) => !all.has(text)),
        `seed ${seed}`,
      ).toEqual([]);
      expect(offline).toEqual(delivered);
      const isCounted = lost > 0 || delivered.length === stored.length;
      expect(isCounted || seed % 2 === 0 || kind.startsWith('a lost'), `seed ${seed}`).toBe(true);
      expect((await readdir(directory)).filter((file) => !file.endsWith('.bad'))).toEqual([]);
      await rm(directory, { recursive: true });
      await mkdir(directory);
    }
  },
);

test.each<[string, (path: string) => Promise<void>, string[]]>([
  ['an empty file', (path) => writeFile(path, ''), []],
  ['a file of zeros', (path) => writeFile(path, Buffer.alloc(10_000)), ['000000000002.seg.bad']],
  ['a foreign file', (path) => writeFile(path, 'Dear diary, '.repeat(1000)), ['000000000002.seg.bad']],
  ['a directory', (path) => mkdir(path).then(() => {}), ['000000000002.seg']],
])('%s among the segments costs nothing else', async (_, make, left) => {
  const stored = await fill([10, 20]);
  await make(pathOf(2));
  const troubles: unknown[] = [];
  const lost: object[] = [];
  expect(await deliver({ trouble: (error) => troubles.push(error), lost: (what) => lost.push(what) })).toEqual(
    stored.map(({ text }) => text),
  );
  expect(await readdir(directory)).toEqual(left);
  expect(lost).toHaveLength(left.length);
  expect(troubles).toHaveLength(left[0]?.endsWith('.seg') ? 1 : 0);
});

test('a payload that looks like a segment is never taken for one', async () => {
  await fill([10, 20, 30], 1000);
  const inner = await readFile(pathOf(1));
  await rm(pathOf(1));
  const log = await openRecordLog({ directory });
  const entry = await log.append([inner], { items: 1 });
  await log.append([Buffer.from('sound')], { items: 1 });
  await log.close();
  const bytes = await readFile(pathOf(entry.segment));
  bytes[entry.offset + 8]! ^= 1;
  await writeFile(pathOf(entry.segment), bytes);
  expect(await deliver()).toEqual(['sound']);
});

test('a segment of a later format is an error, and stays as it is', async () => {
  await fill([10]);
  const bytes = await readFile(pathOf(1));
  bytes.writeUInt32LE(2, 8);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 20)), 20);
  await writeFile(pathOf(1), bytes);
  await expect(openRecordLog({ directory })).rejects.toThrow(
    /has version 2 of the format; this Millrace reads version 1\./,
  );
  expect(await readdir(directory)).toEqual(['000000000001.seg']);
});

test('a payload of nothing but marks does not take long to get over', async () => {
  const log = await openRecordLog({ directory });
  const { offset } = await log.append([Buffer.from('mrqR'.repeat(1_000_000))], { items: 1 });
  await log.append([Buffer.from('sound')], { items: 1 });
  await log.close();
  const bytes = await readFile(pathOf(1));
  bytes[offset]! ^= 1;
  await writeFile(pathOf(1), bytes);
  expect(await deliver()).toEqual(['sound']);
});

test('repair keeps what is acknowledged acknowledged', async () => {
  const stored = await fill([50, 60, 70, 80]);
  const log = await openRecordLog({ directory });
  await log.read();
  log.ack((await log.read())!.entry);
  await log.close();
  const bytes = await readFile(pathOf(1));
  bytes[stored[2]!.start + frameSize + 5]! ^= 1;
  await writeFile(pathOf(1), bytes);
  expect(await repair(directory)).toEqual([{ path: pathOf(1), action: 'rewritten', records: 2, badBytes: 94 }]);
  expect(await repair(directory)).toEqual([]);
  expect(await deliver()).toEqual([stored[0]!.text, stored[3]!.text]);
});

test('the tools read a log that a process has open; repair does not touch it', async () => {
  const log = await openRecordLog({ directory });
  await log.append([Buffer.from('a')], { items: 2 });
  await log.append([Buffer.from('bc')], { items: 1 });
  const texts: string[] = [];
  for await (const { bytes } of records(directory)) texts.push(bytes.toString());
  expect(texts).toEqual(['a', 'bc']);
  expect(await inspect(directory)).toMatchObject({
    waiting: { records: 2, items: 3, bytes: 3 },
    badBytes: 0,
    acknowledged: 0,
    aside: [],
  });
  await expect(repair(directory)).rejects.toThrow(/is in use by another process \(pid \d+\)/);
  await log.close();
});
