/** Looks at queues that no collector needs to have open, for tools. */
import { readdir } from 'node:fs/promises';
import type { Batch } from '@millrace/core';
import { encodeJson } from '@millrace/otlp';
import { fromRecord } from './envelope.ts';
import { records } from './log/inspect.ts';
import { sequenceOf } from './log/segment.ts';

export { inspect, type Inspection, type SegmentReport } from './log/inspect.ts';
export { repair, type Repair } from './log/repair.ts';

/** A batch that waits in a queue, and the bytes of the segment that it takes. */
export interface Stored {
  readonly segment: string;
  readonly offset: number;
  readonly end: number;
  readonly items: number;
  /** Undefined where it is of a later version, or no batch. */
  readonly batch: Batch | undefined;
}

/** What waits in a queue, in order. Changes nothing; a collector may be at work on it. */
export async function* readStored(directory: string): AsyncGenerator<Stored> {
  for await (const { bytes, ...place } of records(directory)) yield { ...place, batch: batchOf(bytes) };
}

function batchOf(bytes: Buffer): Batch | undefined {
  try {
    return fromRecord(bytes);
  } catch {
    return undefined;
  }
}

/** Whether a directory is that of a queue, and has something in it. */
export const isQueue = async (directory: string): Promise<boolean> =>
  (await readdir(directory)).some((name) => sequenceOf(name) !== undefined);

/** The batch as an OTLP request in JSON, on one line. Profiles, which have no JSON yet, as `{"profiles": base64}`. */
export const toJson = (batch: Batch): string =>
  batch.signal === 'profiles'
    ? JSON.stringify({ profiles: Buffer.from(batch.request).toString('base64') })
    : encodeJson(batch);
