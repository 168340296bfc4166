import { PermanentError, RefusedError } from '@millrace/core';
import { checksum, frameSize, uint32Max } from './frame.ts';
import { isNoSpace, realDisk } from './disk.ts';
import type { Disk } from './disk.ts';
import { openDirectory } from './directory.ts';
import { createReader } from './reader.ts';
import { count, tally } from './segment.ts';
import type { Segment } from './segment.ts';
import { createShelf } from './shelf.ts';
import { openWriter } from './writer.ts';

/** Where a record is. */
export interface Entry {
  readonly segment: number;
  readonly offset: number;
  /** Bytes of its payload. */
  readonly length: number;
  readonly items: number;
}

export interface LogEvents {
  /** Bytes from which no record could be read, at opening or at reading. They are skipped. */
  corrupt?(bad: { segment: string; offset: number; bytes: number; reason: string }): void;
  /** Records that a segment must have held and that could not be read: known exactly, or one for each bad stretch of bytes. */
  lost?(lost: { segment: string; records: number; items: number }): void;
  /** A record that was being written when the process ended was cut off. Nobody was told that it was stored. */
  torn?(torn: { segment: string; bytes: number }): void;
  /** The disk failed or is full. Said at every failure. */
  trouble?(error: unknown): void;
  /** Writing works again. */
  recovered?(): void;
}

export interface LogOptions {
  readonly directory: string;
  /** Bytes on the disk above which records are refused. Default: 1 GiB. */
  readonly maxBytes?: number;
  /** Bytes of a file, which is removed when all in it is acknowledged. Default: a 16th of `maxBytes`, 16 MiB at most. */
  readonly segmentBytes?: number;
  /** Default: true. Without, what was stored outlives the process, but not the machine. */
  readonly sync?: boolean;
  /** How long to wait for another process to let go of the directory. Default: 0. */
  readonly waitMs?: number;
  readonly events?: LogEvents;
  readonly disk?: Disk;
  /** Called when the directory is this process's, and nothing in it has been changed. */
  opening?(): Promise<void>;
  /** Called before a segment is removed, all of which is acknowledged. It stays until this resolves. */
  removing?(segment: number): Promise<void>;
}

export interface ReadRecord {
  readonly entry: Entry;
  /** The payload. */
  readonly bytes: Buffer;
  /** What it was appended with, where it was not read back. */
  readonly kept: unknown;
}

export interface RecordLog {
  /**
   * Resolves when it is on the disk (fdatasync). Records that are appended meanwhile are written together. Rejects with
   * `RefusedError` when there is no room, below `maxBytes` or on the disk, or writing failed: then the record is never
   * delivered. The chunks must not change before; with `keep`, never: a record that is read soon is what was given, and not
   * read back, and `read` gives `keep` with it.
   */
  append(chunks: readonly Uint8Array[], info: { readonly items: number; readonly keep?: unknown }): Promise<Entry>;
  /** The next record, in order, that was neither read nor acknowledged; undefined when there is none now. */
  read(): Promise<ReadRecord | undefined>;
  /** Resolves when there is something to read, or when the log is closed. */
  readable(): Promise<void>;
  /** In any order; read or not. Written down within a tenth of a second: what was not yet, is delivered again. */
  ack(entry: Entry): void;
  /** What is not acknowledged: payload bytes, records, items. */
  readonly bytes: number;
  readonly records: number;
  readonly items: number;
  /** Bytes on the disk. */
  readonly diskBytes: number;
  /** Writes what is acknowledged, and lets go of the directory. What was appended before is stored first. */
  close(): Promise<void>;
}

const mebibyte = 1024 * 1024;
const largestRecord = 1024 * mebibyte;

/** Opens or creates the log in a directory, for this process alone. */
export async function openRecordLog(options: LogOptions): Promise<RecordLog> {
  const { directory, maxBytes = 1024 * mebibyte, sync = true, waitMs = 0, events = {}, disk = realDisk } = options;
  const { opening = async () => {}, removing = async () => {} } = options;
  const segmentBytes = options.segmentBytes ?? Math.max(64 * 1024, Math.min(16 * mebibyte, Math.floor(maxBytes / 16)));
  const found = await openDirectory({ directory, disk, events, waitMs, opening });
  const { lease, segments, nextSequence } = found;

  const live = tally();
  for (const { unread } of segments.values()) {
    live.records += unread.records;
    live.items += unread.items;
    live.bytes += unread.bytes;
  }
  let appending = 0;
  let troubled = false;
  let closing: Promise<void> | undefined;
  let wake = Promise.withResolvers<void>();
  if (live.records > 0) wake.resolve();

  const shelf = createShelf({ directory, disk, segments, trouble, removing });
  const reader = createReader({ disk, segments, live, events, shelf });
  const writer = openWriter({
    disk,
    directory,
    segmentBytes,
    firstSequence: nextSequence,
    sync,
    committed(segment, drafts) {
      segments.set(segment.sequence, segment);
      for (const { draft, offset } of drafts) {
        reader.keep({ segment: segment.sequence, offset }, draft);
        count(segment.unread, draft, 1);
        count(live, draft, 1);
      }
      wake.resolve();
    },
    sealed: (segment) => reader.settle(segment),
    trouble(error) {
      if (error !== undefined) return trouble(error);
      if (troubled) events.recovered?.();
      troubled = false;
    },
  });

  function trouble(error: unknown): void {
    troubled = true;
    if (isNoSpace(error)) rotateIfDone(writer.active, 0);
    events.trouble?.(error);
  }

  const hasUnread = (): boolean => segments.values().some(({ unread }) => unread.records > 0);

  function refuseBeyondBounds(length: number): void {
    if (closing !== undefined) throw new RefusedError(`Not stored in ${directory}: it is closed.`);
    const room = Math.min(maxBytes - 2 * frameSize, largestRecord) - frameSize;
    if (length > room)
      throw new PermanentError(`A record of ${length} bytes is larger than the ${room} that can be stored.`);
    const used = shelf.diskBytes() + appending;
    if (used + length + 2 * frameSize <= maxBytes) return;
    rotateIfDone(writer.active, 0);
    throw new RefusedError(`Not stored in ${directory}: ${used} of ${maxBytes} bytes are used.`);
  }

  /** A segment that still grows is given back as soon as it is worth it. */
  function rotateIfDone(segment: Segment | undefined, fromBytes: number): void {
    if (segment === undefined || segment !== writer.active || segment.size <= fromBytes) return;
    if (segment.unread.records === 0 && segment.outstanding.records === 0) writer.rotate();
  }

  return {
    async append(chunks, { items, keep }) {
      let length = 0;
      for (const chunk of chunks) length += chunk.length;
      if (!(Number.isInteger(items) && items >= 0 && items <= uint32Max)) throw new RangeError(`${items} items`);
      refuseBeyondBounds(length);
      const onDisk = frameSize + length;
      appending += onDisk;
      try {
        const { segment, offset } = await writer.write({ chunks, length, items, checksum: checksum(chunks), keep });
        return { segment: segment.sequence, offset, length, items };
      } finally {
        appending -= onDisk;
      }
    },
    async read() {
      const record = await reader.read();
      if (record === undefined && closing === undefined && !hasUnread()) wake = Promise.withResolvers();
      return record;
    },
    readable: () => wake.promise,
    ack(entry) {
      const segment = segments.get(entry.segment);
      if (segment === undefined || !reader.ack(segment, entry)) return;
      shelf.acknowledged(segment);
      rotateIfDone(segment, segmentBytes / 4);
    },
    get bytes() {
      return live.bytes;
    },
    get records() {
      return live.records;
    },
    get items() {
      return live.items;
    },
    get diskBytes() {
      return shelf.diskBytes();
    },
    close() {
      closing ??= (async () => {
        await writer.close();
        await reader.close();
        await shelf.close();
        await lease.release();
        wake.resolve();
      })();
      return closing;
    },
  };
}
