import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { type Batch, type Logger, type Origin, originOf } from '@millrace/core';
import { encode } from '@millrace/otlp';
import { fromRecord } from './envelope.ts';
import { everyRecord } from './log/inspect.ts';
import { readWhole, writeWhole } from './whole-file.ts';

/**
 * What a queue has been given by sources that may hand a batch over again (see `Origin`): of each source the last batch, by
 * the CRC-32 of its bytes, so that no other part of a batch that was cut on its way passes for it. The records say so, which
 * are on disk whole or not at all; a file beside them keeps it of records that have been delivered and removed.
 */
export interface Origins {
  /** Finds out what the records and the file say. To be called before any record is removed. */
  load(): Promise<void>;
  /** Whether this very batch is here from an earlier attempt. To be asked once for each. */
  has(mark: Mark): boolean;
  /** To be called before a batch with an origin is stored. */
  begin(): Promise<void>;
  /** The batch is on disk, in this segment. */
  stored(mark: Mark, segment: number): void;
  /** Keeps what the records of a segment say, which is about to be removed. */
  keep(segment: number): Promise<void>;
}

export interface Mark extends Origin {
  readonly sum: number;
}

interface Last {
  readonly sequence: number;
  readonly sums: number[];
  segment: number | undefined;
  /** The newest; undefined where an earlier process stored it. */
  attempt: string | undefined;
  /** Those of `sums` that this attempt has not brought again. */
  again: number[];
}

/** Sources that are not heard of any more are forgotten, the oldest first. */
const mostSources = 10_000;

export function markOf(batch: Batch): Mark | undefined {
  const origin = originOf(batch);
  return origin && { ...origin, sum: crc32(encode(batch)) };
}

export function createOrigins(directory: string, { sync, log }: { sync: boolean; log: Logger }): Origins {
  const path = join(directory, 'origins');
  const sources = new Map<string, Last>();
  let exists = false;

  async function write(): Promise<void> {
    const lines = [...sources]
      .slice(-mostSources)
      .map(([source, { sequence, sums }]): Line => [source, sequence, sums]);
    await writeWhole(path, Buffer.from(JSON.stringify(lines)), { sync });
    exists = true;
  }

  function add({ source, sequence, sum }: Omit<Mark, 'attempt'>, segment?: number): Last {
    const known = sources.get(source);
    const last = known?.sequence === sequence ? known : { sequence, sums: [], segment, attempt: undefined, again: [] };
    last.sums.push(sum);
    last.segment = segment;
    sources.delete(source); // the newest come last
    sources.set(source, last);
    return last;
  }

  return {
    async load() {
      const bytes = await readWhole(path);
      // It is there before the first record that has an origin.
      if (bytes === undefined) return;
      for await (const { bytes: record, sequence: segment } of everyRecord(directory)) {
        const mark = markOfRecord(record);
        if (mark && mark.sequence >= (sources.get(mark.source)?.sequence ?? 0)) add(mark, segment);
      }
      if (bytes === 'damaged')
        log.warn({ file: path }, 'What was stored last is not all known: a batch may arrive twice.');
      else
        for (const [source, sequence, sums] of JSON.parse(bytes.toString()) as Line[]) {
          const known = sources.get(source);
          if (sequence < (known?.sequence ?? 0)) continue;
          const own = known?.sequence === sequence ? known.sums : [];
          for (const sum of without(sums, own)) add({ source, sequence, sum });
        }
      await write();
    },
    has({ source, sequence, attempt, sum }) {
      const last = sources.get(source);
      if (last?.sequence !== sequence) return false;
      if (last.attempt !== attempt) {
        last.attempt = attempt;
        last.again = [...last.sums];
      }
      const at = last.again.indexOf(sum);
      if (at !== -1) last.again.splice(at, 1);
      return at !== -1;
    },
    async begin() {
      if (!exists) await write();
    },
    stored(mark, segment) {
      add(mark, segment).attempt = mark.attempt;
    },
    async keep(segment) {
      if (sources.values().some((last) => last.segment === segment)) await write();
    },
  };
}

/** As the file has it. */
type Line = readonly [source: string, sequence: number, sums: readonly number[]];

/** Each as often as it is in the first more often than in the second. */
function without(sums: readonly number[], taken: readonly number[]): readonly number[] {
  const rest = [...taken];
  return sums.filter((sum) => {
    const at = rest.indexOf(sum);
    if (at !== -1) rest.splice(at, 1);
    return at === -1;
  });
}

function markOfRecord(bytes: Buffer): Mark | undefined {
  try {
    const batch = fromRecord(bytes);
    return batch && markOf(batch);
  } catch {
    return undefined; // the reader comes across it, and says so
  }
}
