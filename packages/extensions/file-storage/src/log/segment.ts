import { basename, join } from 'node:path';
import { decodeAcks, readAcks, wholeRanges } from './acks.ts';
import { openCursor } from './cursor.ts';
import type { Bad } from './cursor.ts';
import { decodeFrame, formatVersion, frameSize } from './frame.ts';
import type { Disk } from './disk.ts';
import { createRanges } from './ranges.ts';
import type { Ranges } from './ranges.ts';
import { openWindow } from './window.ts';

export interface Tally {
  records: number;
  items: number;
  /** Of payload. */
  bytes: number;
}

/** What is known of one file of the log. */
export interface Segment {
  readonly sequence: number;
  readonly path: string;
  readonly salt: number | undefined;
  /** Where its first record may be. */
  readonly start: number;
  /** How far it may be read: what lies behind is not, or not yet, part of it. */
  size: number;
  /** Nothing is appended to it any more. */
  sealed: boolean;
  readonly unread: Tally;
  /** Read, and not acknowledged. */
  readonly outstanding: Tally;
  readonly acked: Ranges;
  /** Acknowledged, and not yet written so. */
  unwrittenAcks: Ranges;
  /** Bytes of the file of acknowledgements. */
  ackBytes: number;
  /** The disk failed at reading it. Then it stays, and what was not acknowledged is tried again at the next start. */
  unreadable: boolean;
}

export const tally = (): Tally => ({ records: 0, items: 0, bytes: 0 });

/** Adds one record, or with a factor of -1 takes it away. */
export function count(into: Tally, { items, length }: { items: number; length: number }, factor: 1 | -1): void {
  into.records += factor;
  into.items += factor * items;
  into.bytes += factor * length;
}

const extension = '.seg';
export const segmentPath = (directory: string, sequence: number): string =>
  join(directory, `${String(sequence).padStart(12, '0')}${extension}`);
export const ackPath = (segment: { readonly path: string }): string =>
  `${segment.path.slice(0, -extension.length)}.ack`;

/** The number of a file of the log, whatever it is of it; undefined for what is none. */
export function sequenceOf(name: string): number | undefined {
  const match = /^(\d{12})\.(?:seg|ack|seg\.bad)$/.exec(name);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}
export const isSegment = (name: string): boolean => name.endsWith(extension) && sequenceOf(name) !== undefined;

export const newSegment = (path: string, sequence: number, salt: number | undefined): Segment => ({
  sequence,
  path,
  salt,
  start: frameSize,
  size: 0,
  sealed: false,
  unread: tally(),
  outstanding: tally(),
  acked: createRanges(),
  unwrittenAcks: createRanges(),
  ackBytes: 0,
  unreadable: false,
});

/** The file is of a later version than this code. */
export class FormatError extends Error {
  override readonly name = 'FormatError';
}

export interface Loaded {
  readonly segment: Segment;
  readonly bad: readonly Bad[];
  /** Bytes of the file. */
  readonly fileSize: number;
  /** Whether its footer told what is in it; if not, all of it was read. */
  readonly footer: boolean;
}

/**
 * Reads what there is to know of a segment that exists: two frames if it was closed in order, else, or to verify it, all of
 * it, one record at a time. Rejects when it cannot be opened, or is of a later version of the format.
 */
export async function loadSegment(
  disk: Disk,
  path: string,
  how: { readonly verify: boolean } = { verify: false },
): Promise<Loaded> {
  const sequence = sequenceOf(basename(path)) ?? 0;
  const file = await disk.open(path, 'r');
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw new Error(`${path} is not a file.`);
    const fileSize = stat.size;
    const window = openWindow(file);
    const header = decodeFrame(await window.view(0, Math.min(frameSize, fileSize)), 0, undefined);
    const salt = header?.kind === 'header' ? header.salt : undefined;
    if (header?.kind === 'header' && header.a !== formatVersion)
      throw new FormatError(
        `${path} has version ${header.a} of the format; this Millrace reads version ${formatVersion}.`,
      );
    const acks = await readAcks(disk, ackPath({ path }));
    const segment: Segment = {
      ...newSegment(path, sequence, salt),
      start: salt === undefined ? 0 : frameSize,
      size: fileSize,
      sealed: true,
      ackBytes: wholeRanges(acks.length),
    };
    if (salt !== undefined)
      for (const range of decodeAcks(acks, salt)) if (range.end <= fileSize) segment.acked.add(range);

    const footerAt = fileSize - frameSize;
    const footer = decodeFrame(await window.view(Math.max(0, footerAt), fileSize), 0, salt);
    if (salt !== undefined && footer?.kind === 'footer' && footer.c === footerAt && !how.verify) {
      const unread = segment.unread;
      unread.records = footer.a;
      unread.items = footer.b;
      unread.bytes = footerAt - frameSize - footer.a * frameSize;
      for (const range of segment.acked.list) {
        unread.records -= range.records;
        unread.items -= range.items;
        unread.bytes -= range.end - range.start - range.records * frameSize;
      }
      return { segment, bad: [], fileSize, footer: true };
    }
    const bad = await scan(segment, openCursor(window, { offset: segment.start, salt }));
    segment.unreadable = window.failed;
    return { segment, bad, fileSize, footer: false };
  } finally {
    await file.close();
  }
}

/** Counts the records that are not acknowledged, and finds where the last one ends. */
async function scan(segment: Segment, cursor: ReturnType<typeof openCursor>): Promise<Bad[]> {
  const bad: Bad[] = [];
  const limit = segment.size;
  for (;;) {
    cursor.seek(segment.acked.after(cursor.offset));
    const step = await cursor.next(limit);
    if (step === undefined) return bad;
    if ('reason' in step) bad.push(step);
    else count(segment.unread, { items: step.items, length: step.bytes.length }, 1);
  }
}
