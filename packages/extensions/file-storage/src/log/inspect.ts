import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openCursor } from './cursor.ts';
import type { Bad } from './cursor.ts';
import { codeOf, realDisk } from './disk.ts';
import { createRanges } from './ranges.ts';
import { isSegment, loadSegment, tally } from './segment.ts';
import type { Loaded, Segment, Tally } from './segment.ts';
import { openWindow } from './window.ts';

export interface SegmentReport {
  readonly path: string;
  readonly fileBytes: number;
  /** Records that are acknowledged already. */
  readonly acknowledged: number;
  /** What is to be delivered. */
  readonly waiting: Readonly<Tally>;
  /** Stretches from which nothing can be read. The last one of the last segment may be a record that is being written. */
  readonly bad: readonly Bad[];
  /** Why the whole file cannot be read. */
  readonly error?: unknown;
}

export interface Inspection {
  readonly segments: readonly SegmentReport[];
  readonly waiting: Readonly<Tally>;
  readonly acknowledged: number;
  readonly badBytes: number;
  /** Files that were put aside because nothing of them could be read. */
  readonly aside: readonly string[];
}

/** Reads and verifies all that is in a directory. Changes nothing; works while a process has it open. */
export async function inspect(directory: string): Promise<Inspection> {
  const segments: SegmentReport[] = [];
  for (const path of await segmentPaths(directory)) {
    const report = await inspectSegment(path);
    if (report !== undefined) segments.push(report);
  }
  const waiting = tally();
  for (const segment of segments) {
    waiting.records += segment.waiting.records;
    waiting.items += segment.waiting.items;
    waiting.bytes += segment.waiting.bytes;
  }
  return {
    segments,
    waiting,
    acknowledged: segments.reduce((sum, { acknowledged }) => sum + acknowledged, 0),
    badBytes: segments.flatMap(({ bad }) => bad).reduce((sum, { offset, end }) => sum + end - offset, 0),
    aside: (await readdir(directory)).filter((name) => name.endsWith('.bad')).map((name) => join(directory, name)),
  };
}

export const segmentPaths = async (directory: string): Promise<string[]> =>
  (await readdir(directory))
    .filter(isSegment)
    .sort()
    .map((name) => join(directory, name));

async function inspectSegment(path: string): Promise<SegmentReport | undefined> {
  try {
    const { segment, bad, fileSize } = await loadSegment(realDisk, path, { verify: true });
    return { path, fileBytes: fileSize, acknowledged: acknowledged(segment), waiting: segment.unread, bad };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    const fileBytes = await stat(path).then(
      ({ size }) => size,
      () => 0,
    );
    return { path, fileBytes, acknowledged: 0, waiting: tally(), bad: [], error };
  }
}

const acknowledged = ({ acked }: Segment): number => acked.list.reduce((sum, { records }) => sum + records, 0);

export interface StoredRecord {
  readonly segment: string;
  readonly offset: number;
  /** Behind its last byte. */
  readonly end: number;
  readonly items: number;
  readonly bytes: Buffer;
}

/** What is to be delivered, in order. Skips what cannot be read; changes nothing; works while a process has it open. */
export async function* records(directory: string): AsyncGenerator<StoredRecord> {
  for (const path of await segmentPaths(directory)) {
    const loaded = await loadSegment(realDisk, path).catch(() => undefined);
    if (loaded !== undefined) yield* recordsOf(loaded);
  }
}

/** All that can be read, what is acknowledged too, with the number of its segment. */
export async function* everyRecord(directory: string): AsyncGenerator<StoredRecord & { readonly sequence: number }> {
  for (const path of await segmentPaths(directory)) {
    const loaded = await loadSegment(realDisk, path).catch(() => undefined);
    if (loaded === undefined) continue;
    const { sequence } = loaded.segment;
    for await (const record of recordsOf({ segment: { ...loaded.segment, acked: createRanges() } }))
      yield { ...record, sequence };
  }
}

/** Those of one segment that are not acknowledged. */
export async function* recordsOf({ segment }: Pick<Loaded, 'segment'>): AsyncGenerator<StoredRecord> {
  const file = await realDisk.open(segment.path, 'r');
  try {
    const cursor = openCursor(openWindow(file), { offset: segment.start, salt: segment.salt });
    for (;;) {
      cursor.seek(segment.acked.after(cursor.offset));
      const step = await cursor.next(segment.size);
      if (step === undefined) return;
      if ('bytes' in step)
        yield { segment: segment.path, offset: step.offset, end: step.end, items: step.items, bytes: step.bytes };
    }
  } finally {
    await file.close();
  }
}
