import type { Storage } from '@millrace/core';
import { emptyHead, type Mark, type Position, startMark } from './position.ts';

/** The positions are spread over this many values, so that one that changes does not write all. */
const shardCount = 64;
/** Positions of files that are gone: their content may come back under another name. The oldest are forgotten. */
const maxGone = 1000;

export interface Positions {
  /** Of files that are not there, or not yet. The newest last. */
  readonly gone: ReadonlySet<Position>;
  /** Whether the files of these patterns have been looked at in an earlier run. */
  readonly hasRunBefore: boolean;
  create(fields: Pick<Position, 'file' | 'path'> & Partial<Pick<Position, 'head'>>, mark?: Mark): Position;
  /** Its file is gone. */
  leave(position: Position): void;
  /** Its file is there again. */
  take(position: Position): void;
  forget(position: Position): void;
  changed(position: Position): void;
  /** Stores what has changed. */
  save(): Promise<void>;
}

interface Stored {
  readonly id: number;
  readonly file: string;
  readonly path: string;
  readonly head: readonly [length: number, hash: string];
  readonly offset: number;
  readonly before: string;
  readonly held?: Mark['held'];
  readonly records: number;
}

const shardKey = (shard: number): string => `positions/${shard}`;
const patternsKey = 'patterns';

/** Reads what an earlier run stored. Rejects if the storage does. */
export async function openPositions(storage: Storage, patterns: readonly string[]): Promise<Positions> {
  const shards = Array.from({ length: shardCount }, () => new Set<Position>());
  const dirty = new Set<number>();
  const gone = new Set<Position>();
  let lastId = 0;
  for (const [shard, positions] of shards.entries()) {
    const bytes = await storage.get(shardKey(shard));
    if (!bytes) continue;
    for (const stored of JSON.parse(Buffer.from(bytes).toString()) as Stored[]) {
      const position = fromStored(stored);
      positions.add(position);
      gone.add(position);
      lastId = Math.max(lastId, position.id);
    }
  }
  const written = JSON.stringify(patterns);
  const before = await storage.get(patternsKey);
  const hasRunBefore = before !== undefined && Buffer.from(before).toString() === written;
  let isWritten = hasRunBefore;
  const changed = ({ id }: Position): void => void dirty.add(id % shardCount);

  function forget(position: Position): void {
    gone.delete(position);
    shards[position.id % shardCount]!.delete(position);
    changed(position);
  }

  return {
    gone,
    hasRunBefore,
    create({ file, path, head = emptyHead }, mark = startMark) {
      const position = { id: ++lastId, file, path, head, read: mark, done: mark, isStored: false };
      shards[position.id % shardCount]!.add(position);
      changed(position);
      return position;
    },
    leave(position) {
      if (position.read.offset === 0) return forget(position);
      gone.delete(position);
      gone.add(position);
      for (const oldest of gone) {
        if (gone.size <= maxGone) break;
        forget(oldest);
      }
    },
    take(position) {
      gone.delete(position);
      position.isStored = false;
      changed(position);
    },
    forget,
    changed,
    async save() {
      const writing = [...dirty];
      dirty.clear();
      try {
        for (const shard of writing) {
          const positions = [...shards[shard]!].map(toStored);
          if (positions.length === 0) await storage.delete(shardKey(shard));
          else await storage.set(shardKey(shard), Buffer.from(JSON.stringify(positions)));
        }
        if (!isWritten) await storage.set(patternsKey, Buffer.from(written));
        isWritten = true;
      } catch (error) {
        for (const shard of writing) dirty.add(shard);
        throw error;
      }
    },
  };
}

const toStored = ({ id, file, path, head, done }: Position): Stored => ({
  id,
  file,
  path,
  head: [head.length, head.hash],
  offset: done.offset,
  before: done.before.toString('base64'),
  ...(done.held.length > 0 && { held: done.held }),
  records: done.records,
});

function fromStored({ id, file, path, head: [length, hash], offset, before, held = [], records }: Stored): Position {
  const mark: Mark = { offset, before: Buffer.from(before, 'base64'), held, records };
  return { id, file, path, head: { length, hash }, read: mark, done: mark, isStored: true };
}
