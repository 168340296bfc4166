import { ackPath } from './segment.ts';
import type { Segment } from './segment.ts';
import { appendAcks } from './acks.ts';
import { codeOf, syncDirectory } from './disk.ts';
import type { Disk } from './disk.ts';
import { createRanges } from './ranges.ts';

/** The files that are there: removes them, and writes what of them is acknowledged. */
export interface Shelf {
  diskBytes(): number;
  /** Something of it was acknowledged: soon it is written. */
  acknowledged(segment: Segment): void;
  /** All of it was acknowledged. */
  remove(segment: Segment): void;
  /** Nothing of it could be read: whatever it is, it is kept, under another name. */
  setAside(segment: Segment): void;
  close(): Promise<void>;
}

export interface ShelfOptions {
  readonly directory: string;
  readonly disk: Disk;
  readonly segments: Map<number, Segment>;
  trouble(error: unknown): void;
  removing(segment: number): Promise<void>;
}

const delayMs = 100;

export function createShelf({ directory, disk, segments, trouble, removing }: ShelfOptions): Shelf {
  const touched = new Set<Segment>();
  let timer: NodeJS.Timeout | undefined;
  let chores: Promise<void> = Promise.resolve();
  /** Bytes of files that are to go. */
  let going = 0;

  function chore(task: () => Promise<void>): void {
    chores = chores.then(task).catch(trouble);
  }

  async function flush(): Promise<void> {
    for (const segment of [...touched]) {
      touched.delete(segment);
      if (segments.has(segment.sequence)) await write(segment);
    }
  }

  /** What cannot be removed stays counted. */
  function drop(segment: Segment, task: () => Promise<void>): void {
    const bytes = segment.size + segment.ackBytes;
    going += bytes;
    segments.delete(segment.sequence);
    chore(async () => {
      await task();
      going -= bytes;
      await disk.unlink(ackPath(segment)).catch((error) => {
        if (codeOf(error) !== 'ENOENT') throw error;
      });
      await syncDirectory(disk, directory);
    });
  }

  /** On a full disk it stays in memory, and is tried with the next one. */
  async function write(segment: Segment): Promise<void> {
    const { salt } = segment;
    const ranges = segment.unwrittenAcks;
    if (salt === undefined || ranges.list.length === 0) return;
    segment.unwrittenAcks = createRanges();
    try {
      const position = segment.ackBytes;
      segment.ackBytes = await appendAcks(disk, ackPath(segment), { ranges: ranges.list, salt, position });
    } catch (error) {
      for (const range of ranges.list) segment.unwrittenAcks.add(range);
      touched.add(segment);
      trouble(error);
    }
  }

  return {
    diskBytes() {
      let bytes = going;
      for (const segment of segments.values()) bytes += segment.size + segment.ackBytes;
      return bytes;
    },
    acknowledged(segment) {
      touched.add(segment);
      timer ??= setTimeout(() => {
        timer = undefined;
        chore(flush);
      }, delayMs).unref();
    },
    remove: (segment) =>
      drop(segment, async () => {
        await removing(segment.sequence);
        await disk.unlink(segment.path);
      }),
    setAside: (segment) => drop(segment, () => disk.rename(segment.path, `${segment.path}.bad`)),
    async close() {
      clearTimeout(timer);
      chore(flush);
      await chores;
    },
  };
}
