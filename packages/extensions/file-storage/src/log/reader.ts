import type { FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { openCursor } from './cursor.ts';
import type { Bad, Cursor } from './cursor.ts';
import { codeOf } from './disk.ts';
import type { Disk } from './disk.ts';
import { frameSize } from './frame.ts';
import { keptRecords, type KeptRecords } from './kept.ts';
import type { Entry, LogEvents, ReadRecord } from './log.ts';
import { count } from './segment.ts';
import type { Segment, Tally } from './segment.ts';
import type { Shelf } from './shelf.ts';
import { openWindow } from './window.ts';
import type { Window } from './window.ts';
import type { Draft } from './writer.ts';

export interface Reader {
  read(): Promise<ReadRecord | undefined>;
  /** It was appended. */
  keep: KeptRecords['add'];
  /** False if it is acknowledged already. */
  ack(segment: Segment, entry: Entry): boolean;
  /** Gives the segment's space back if there is nothing more to do with it. */
  settle(segment: Segment): void;
  close(): Promise<void>;
}

export interface ReaderOptions {
  readonly disk: Disk;
  /** All that are not removed, by number, in order. */
  readonly segments: ReadonlyMap<number, Segment>;
  /** What is not acknowledged, of all. */
  readonly live: Tally;
  readonly events: LogEvents;
  readonly shelf: Shelf;
}

interface Place {
  readonly segment: Segment;
  readonly file: FileHandle;
  readonly window: Window;
  readonly cursor: Cursor;
  /** Behind the last record that was given out. */
  offset: number;
  found: number;
  bad: number;
}

/** Where a record is, and what is in it. */
interface Given {
  readonly offset: number;
  readonly end: number;
  readonly draft: Omit<Draft, 'checksum'>;
}

/** So much of what was appended is kept until it is read. */
const keptBytes = 16 * 1024 * 1024;

/** Failures to open a file that have nothing to do with the file. */
const passing = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN']);

/** Reads the segments one after the other, one record at a time. */
export function createReader({ disk, segments, live, events, shelf }: ReaderOptions): Reader {
  const kept = keptRecords(keptBytes);
  let place: Place | undefined;
  /** The number of the last segment that was read to its end. */
  let last = -1;
  let closed = false;
  let queue: Promise<unknown> = Promise.resolve();

  /** One at a time: reading moves the place. */
  function exclusive<T>(task: () => Promise<T>): Promise<T> {
    const result = queue.then(task);
    queue = result.catch(() => {});
    return result;
  }

  async function next(): Promise<ReadRecord | undefined> {
    while (!closed) {
      place ??= await begin();
      if (place === undefined) return undefined;
      const { segment, cursor } = place;
      const isAtEnd = segment.sealed;
      const limit = segment.size;
      cursor.seek(segment.acked.after(cursor.offset));
      const known = kept.take({ segment: segment.sequence, offset: cursor.offset });
      if (known) {
        const { offset } = cursor;
        cursor.seek(known.end);
        const record = give(place, { offset, end: known.end, draft: known.draft });
        if (record !== undefined) return record;
        continue;
      }
      const step = await cursor.next(limit);
      if (step === undefined) {
        if (limit !== segment.size || isAtEnd !== segment.sealed) continue;
        writeOff(place);
        if (!segment.sealed) return undefined;
        await leave(place);
      } else if ('reason' in step) report(place, step);
      else {
        const { bytes, items, ...at } = step;
        const draft = { chunks: [bytes], length: bytes.length, items, keep: undefined };
        const record = give(place, { ...at, draft });
        if (record !== undefined) return record;
      }
    }
    return undefined;
  }

  async function begin(): Promise<Place | undefined> {
    if (closed) return undefined;
    for (const segment of segments.values()) {
      if (segment.sequence <= last) continue;
      try {
        const file = await disk.open(segment.path, 'r');
        const window = openWindow(file);
        const cursor = openCursor(window, { offset: segment.start, salt: segment.salt });
        return { segment, file, window, cursor, offset: segment.start, found: 0, bad: 0 };
      } catch (error) {
        events.trouble?.(error);
        if (passing.has(codeOf(error) ?? '')) {
          await sleep(1000, undefined, { ref: false });
          return begin();
        }
        last = segment.sequence;
        segment.unreadable = true;
        forget(segment, 1);
      }
    }
    return undefined;
  }

  function give(from: Place, { offset, end, draft }: Given): ReadRecord | undefined {
    const { segment } = from;
    const isAcked = segment.acked.after(offset) !== offset;
    from.offset = end;
    from.found++;
    if (isAcked) return undefined;
    const { chunks, length, items, keep } = draft;
    const entry = { segment: segment.sequence, offset, length, items };
    count(segment.unread, entry, -1);
    count(segment.outstanding, entry, 1);
    return {
      entry,
      get bytes() {
        return chunks.length === 1 ? asBuffer(chunks[0]!) : Buffer.concat(chunks);
      },
      kept: keep,
    };
  }

  function report(from: Place, { offset, end, reason }: Bad): void {
    from.bad++;
    events.corrupt?.({ segment: from.segment.path, offset, bytes: end - offset, reason });
  }

  /** All up to here was read: what should have been there and was not is lost. */
  function writeOff(from: Place): void {
    if (from.window.failed) from.segment.unreadable = true;
    forget(from.segment, from.bad);
    from.bad = 0;
  }

  function forget(segment: Segment, atLeast: number): void {
    const { unread } = segment;
    const records = Math.max(unread.records, atLeast);
    if (records > 0) events.lost?.({ segment: segment.path, records, items: unread.items });
    live.records -= unread.records;
    live.items -= unread.items;
    live.bytes -= unread.bytes;
    unread.records = unread.items = unread.bytes = 0;
  }

  const close = ({ file }: Place): Promise<void> => file.close().catch((error) => events.trouble?.(error));

  async function leave(from: Place): Promise<void> {
    place = undefined;
    last = from.segment.sequence;
    kept.forget(last);
    await close(from);
    if (from.found === 0 && from.segment.acked.list.length === 0 && !from.segment.unreadable)
      shelf.setAside(from.segment);
    else removeIfDone(from.segment);
  }

  function removeIfDone(segment: Segment): void {
    const { sealed, unread, outstanding, unreadable } = segment;
    if (unreadable) return;
    if (sealed && unread.records === 0 && outstanding.records === 0 && segments.has(segment.sequence))
      shelf.remove(segment);
  }

  /** Reads on to the end, where nothing but bad bytes is left. */
  async function finish(from: Place): Promise<void> {
    const { segment, cursor } = from;
    for (;;) {
      cursor.seek(segment.acked.after(cursor.offset));
      const step = await cursor.next(segment.size);
      if (step === undefined) break;
      if ('reason' in step) report(from, step);
      else if (segment.acked.after(step.offset) === step.offset) return cursor.seek(step.offset);
    }
    writeOff(from);
    await leave(from);
  }

  function settle(segment: Segment): void {
    if (!segment.sealed || segment.unread.records > 0 || segment.outstanding.records > 0) return;
    exclusive(async () => {
      if (segment === place?.segment) await finish(place);
      else removeIfDone(segment);
    }).catch((error) => events.trouble?.(error));
  }

  return {
    read: () => exclusive(next),
    keep: kept.add,
    ack(segment, { offset, length, items }) {
      const range = { start: offset, end: offset + frameSize + length, records: 1, items };
      if (!segment.acked.add(range)) return false;
      segment.unwrittenAcks.add(range);
      const isRead = segment.sequence <= last || (segment === place?.segment && offset < place.offset);
      const from = isRead ? segment.outstanding : segment.unread;
      if (from.records === 0) return false;
      count(from, { items, length }, -1);
      count(live, { items, length }, -1);
      settle(segment);
      return true;
    },
    settle,
    close() {
      closed = true;
      return exclusive(async () => {
        if (place !== undefined) await close(place);
        place = undefined;
      });
    },
  };
}

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
