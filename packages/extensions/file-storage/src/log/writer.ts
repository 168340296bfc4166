import type { FileHandle } from 'node:fs/promises';
import { RefusedError } from '@millrace/core';
import { isNoSpace, privateMode, syncDirectory, writeAll } from './disk.ts';
import type { Disk } from './disk.ts';
import { footerFrame, frameSize, headerFrame, newSalt, recordFrame } from './frame.ts';
import { newSegment, segmentPath } from './segment.ts';
import type { Segment } from './segment.ts';

/** A record that waits to be written. */
export interface Draft {
  readonly chunks: readonly Uint8Array[];
  readonly length: number;
  readonly items: number;
  readonly checksum: number;
  /** What `read` is to give besides, where it is still at hand. */
  readonly keep: unknown;
}

export interface Placed {
  readonly segment: Segment;
  readonly offset: number;
}

export interface WriterOptions {
  readonly disk: Disk;
  readonly directory: string;
  readonly segmentBytes: number;
  readonly firstSequence: number;
  /** Whether to wait until the disk has it; otherwise until the kernel has. */
  readonly sync: boolean;
  /** These records are on disk, in this order, as of now. */
  committed(segment: Segment, drafts: readonly { readonly draft: Draft; readonly offset: number }[]): void;
  /** The segment is complete. */
  sealed(segment: Segment): void;
  /** What failed and is gone on from; undefined when writing works again. */
  trouble(error: unknown): void;
}

export interface Writer {
  /** The segment that grows, if there is one. */
  readonly active: Segment | undefined;
  /** Resolves when on disk. Rejects with `RefusedError` when that failed. */
  write(draft: Draft): Promise<Placed>;
  /** Seals the active segment; the next record begins another. */
  rotate(): void;
  close(): Promise<void>;
}

interface Waiting {
  readonly draft: Draft;
  readonly done: PromiseWithResolvers<Placed>;
}

interface Active {
  readonly segment: Segment;
  readonly file: FileHandle;
  readonly records: { count: number; items: number };
  /** Bytes lie behind its end that could not be cut off. */
  uncut: boolean;
}

/** The kernel takes 1024 buffers a call. */
const maxChunks = 1000;

/** Writes what waits with one writev and one fdatasync; what comes meanwhile waits for the next. */
export function openWriter(options: WriterOptions): Writer {
  const { disk, directory, segmentBytes } = options;
  const waiting: Waiting[] = [];
  let active: Active | undefined;
  let nextSequence = options.firstSequence;
  let rotating = false;
  let working: Promise<void> | undefined;

  function work(): void {
    working ??= run().finally(() => {
      working = undefined;
      if (waiting.length > 0 || rotating) work();
    });
  }

  async function run(): Promise<void> {
    while (waiting.length > 0 || rotating) {
      if (rotating || (active !== undefined && !fits(active.segment.size, waiting[0]!.draft))) await seal();
      rotating = false;
      const batch = take();
      if (batch.length > 0) await commit(batch);
    }
  }

  const fits = (size: number, draft: Draft): boolean =>
    size <= frameSize || size + frameSize + draft.length <= segmentBytes;

  /** As many of those that wait as go into the active segment at once. */
  function take(): Waiting[] {
    let size = active?.segment.size ?? frameSize;
    let chunks = 1;
    let number = 0;
    for (const { draft } of waiting) {
      if (number > 0 && (chunks + 1 + draft.chunks.length > maxChunks || !fits(size, draft))) break;
      size += frameSize + draft.length;
      chunks += 1 + draft.chunks.length;
      number++;
    }
    return waiting.splice(0, number);
  }

  async function commit(batch: readonly Waiting[]): Promise<void> {
    try {
      const { segment, file, records } = (active ??= await create());
      if (active.uncut) await cut(active);
      const salt = segment.salt!;
      const isNew = segment.size === 0;
      const chunks: Uint8Array[] = isNew ? [headerFrame(salt)] : [];
      let end = isNew ? frameSize : segment.size;
      const placed = batch.map(({ draft }) => {
        chunks.push(recordFrame(salt, draft), ...draft.chunks);
        const offset = end;
        end += frameSize + draft.length;
        return { draft, offset };
      });
      await writeAll(file, chunks, segment.size);
      if (options.sync) await file.datasync();
      if (isNew) await syncDirectory(disk, directory);
      segment.size = end;
      records.count += batch.length;
      for (const { draft } of batch) records.items += draft.items;
      options.committed(segment, placed);
      for (const [index, { done }] of batch.entries()) done.resolve({ segment, offset: placed[index]!.offset });
      options.trouble(undefined);
    } catch (error) {
      options.trouble(error);
      await undo(error);
      for (const { done } of batch) done.reject(refusal(error));
    }
  }

  function refusal(error: unknown): RefusedError {
    const why = isNoSpace(error) ? 'there is no space left on the disk' : 'writing failed';
    return new RefusedError(`Not stored in ${directory}: ${why}.`, { cause: error });
  }

  async function create(): Promise<Active> {
    const sequence = nextSequence++;
    const path = segmentPath(directory, sequence);
    const file = await disk.open(path, 'wx', privateMode);
    const segment = newSegment(path, sequence, newSalt());
    return { segment, file, records: { count: 0, items: 0 }, uncut: false };
  }

  /** Takes back what a failed write may have left. After any failure but want of space the file is not written any more. */
  async function undo(error: unknown): Promise<void> {
    if (active === undefined) return;
    const failed = active;
    if (failed.segment.size === 0) {
      active = undefined;
      await failed.file.truncate(0).catch(options.trouble);
      await failed.file.close().catch(options.trouble);
      await disk.unlink(failed.segment.path).catch(options.trouble);
      return;
    }
    try {
      await cut(failed);
      if (!isNoSpace(error)) await seal();
    } catch (uncut) {
      options.trouble(uncut);
    }
  }

  async function cut(target: Active): Promise<void> {
    target.uncut = true;
    await target.file.truncate(target.segment.size);
    target.uncut = false;
    await target.file.datasync().catch(() => {});
  }

  /** The footer only saves reading the segment at the next start: no matter if it cannot be written. */
  async function seal(): Promise<void> {
    if (active === undefined) return;
    const { segment, file, records, uncut } = active;
    active = undefined;
    const footer = footerFrame(segment.salt!, { records: records.count, items: records.items, offset: segment.size });
    try {
      if (uncut) await file.truncate(segment.size);
      await writeAll(file, [footer], segment.size);
      segment.size += frameSize;
    } catch {
      await file.truncate(segment.size).catch(options.trouble);
    }
    await file.close().catch(options.trouble);
    segment.sealed = true;
    options.sealed(segment);
  }

  return {
    get active() {
      return active?.segment;
    },
    write(draft) {
      const done = Promise.withResolvers<Placed>();
      waiting.push({ draft, done });
      work();
      return done.promise;
    },
    rotate() {
      rotating = true;
      work();
    },
    async close() {
      rotating = true;
      work();
      while (working !== undefined) await working;
    },
  };
}
