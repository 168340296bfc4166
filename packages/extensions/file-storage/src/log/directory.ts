import { join } from 'node:path';
import type { Bad } from './cursor.ts';
import { makeDirectory } from './disk.ts';
import type { Disk } from './disk.ts';
import { frameSize } from './frame.ts';
import { lock } from './lock.ts';
import type { LogEvents } from './log.ts';
import { FormatError, ackPath, isSegment, loadSegment, segmentPath, sequenceOf } from './segment.ts';
import type { Loaded, Segment } from './segment.ts';

export interface OpenDirectory {
  readonly lease: { release(): Promise<void> };
  /** Those with something to deliver, in order. */
  readonly segments: Map<number, Segment>;
  /** Above all numbers that were ever used and are still to be seen. */
  readonly nextSequence: number;
}

export interface DirectoryOptions {
  readonly directory: string;
  readonly disk: Disk;
  readonly events: LogEvents;
  readonly waitMs: number;
  opening(): Promise<void>;
}

/** Finds out what a directory holds, and tidies up what a crash has left. */
export async function openDirectory({
  directory,
  disk,
  events,
  waitMs,
  opening,
}: DirectoryOptions): Promise<OpenDirectory> {
  await makeDirectory(directory, 0o750);
  const lease = await lock(directory, waitMs);
  try {
    await opening();
    const names = (await disk.readdir(directory)).filter((name) => sequenceOf(name) !== undefined).sort();
    const segments = new Map<number, Segment>();
    for (const name of names.filter(isSegment)) {
      const sequence = sequenceOf(name)!;
      const loaded = await load(sequence);
      if (loaded !== undefined && (await tidy(loaded))) segments.set(sequence, loaded.segment);
    }
    const present = new Set(names);
    for (const name of names)
      if (name.endsWith('.ack') && !present.has(`${name.slice(0, -4)}.seg`)) await discard(join(directory, name));
    const nextSequence = 1 + Math.max(0, ...names.slice(-1).map((name) => sequenceOf(name) ?? 0));
    return { lease, segments, nextSequence };
  } catch (error) {
    await lease.release();
    throw error;
  }

  /** A file that cannot be read stays where it is, for the next start. */
  async function load(sequence: number): Promise<Loaded | undefined> {
    try {
      return await loadSegment(disk, segmentPath(directory, sequence));
    } catch (error) {
      if (error instanceof FormatError) throw error;
      events.lost?.({ segment: segmentPath(directory, sequence), records: 1, items: 0 });
      events.trouble?.(error);
      return undefined;
    }
  }

  /** Whether there is something to deliver. */
  async function tidy(loaded: Loaded): Promise<boolean> {
    const { segment, footer, fileSize } = loaded;
    const bad = [...loaded.bad];
    if (segment.unreadable) return true;
    if (isTorn(loaded)) {
      const { offset, end } = bad.pop()!;
      events.torn?.({ segment: segment.path, bytes: end - offset });
      await cut(segment, offset);
    }
    const tail = bad.at(-1);
    if (tail !== undefined && hasNothing(segment)) {
      report(segment, bad);
      return setAside(segment.path);
    }
    if (!footer && tail?.end === fileSize) {
      report(segment, [tail]);
      await cut(segment, tail.offset);
    }
    if (segment.unread.records > 0) return true;
    await discard(segment.path);
    await discard(ackPath(segment));
    return false;
  }

  /** What is not left for the reader to come across. */
  function report({ path }: Segment, bad: readonly Bad[]): void {
    for (const { offset, end, reason } of bad) events.corrupt?.({ segment: path, offset, bytes: end - offset, reason });
    events.lost?.({ segment: path, records: bad.length, items: 0 });
  }

  async function cut(segment: Segment, size: number): Promise<void> {
    segment.size = size;
    try {
      const file = await disk.open(segment.path, 'r+');
      await file.truncate(size).finally(() => file.close());
    } catch (error) {
      events.trouble?.(error);
    }
  }

  /** Nothing of it could be read: whatever it is, it is not ours to remove. */
  async function setAside(path: string): Promise<false> {
    await disk.rename(path, `${path}.bad`).catch((error) => events.trouble?.(error));
    return false;
  }

  async function discard(path: string): Promise<void> {
    await disk.unlink(path).catch(() => {});
  }
}

const hasNothing = ({ unread, acked }: Segment): boolean => unread.records === 0 && acked.list.length === 0;

/** Whether the end is what a process leaves that is killed while it writes: the beginning of what it was to be. */
function isTorn({ bad, fileSize, segment, footer }: Loaded): boolean {
  const tail = bad.at(-1);
  if (footer || tail?.end !== fileSize) return false;
  return fileSize < frameSize || (tail.reason === 'cut short' && segment.salt !== undefined);
}
