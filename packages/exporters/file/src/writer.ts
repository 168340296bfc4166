import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Clock, describeError, type Logger } from '@millrace/core';
import type { Framing } from './frame.ts';
import { lock, type Lock, type Owner } from './lock.ts';
import { deleteOld, moveAway, type Rotation } from './rotate.ts';
import { wholeSize } from './torn.ts';

export interface WriterConfig {
  readonly path: string;
  readonly framing: Framing;
  /** What becomes of a file that is there. */
  readonly existing: 'append' | 'empty';
  readonly rotation: Rotation | undefined;
  /** The permissions of directories that are made; undefined: none are made. */
  readonly directoryMode: number | undefined;
  readonly fsync: boolean;
  readonly owner: Owner;
}

/** Writes records to one file, and to those that follow it. */
export interface Writer {
  /** Nothing is being written. */
  readonly isIdle: boolean;
  /** Makes the file. Rejects with a PathInUseError where another exporter writes to it, as `write` does. */
  open(): Promise<void>;
  /** Resolves when the record is in the file; rejects when nothing of it is. */
  write(record: readonly Buffer[]): Promise<void>;
  close(): Promise<void>;
}

interface Waiting {
  readonly record: readonly Buffer[];
  readonly size: number;
  resolve(): void;
  reject(error: unknown): void;
}

/** What came together while a write was under way is written at once, up to so much. */
const maxWriteBytes = 8 * 1024 * 1024;
const maxBuffers = 1024;
const lookMs = 1_000;
/** Telemetry is nobody else's business. */
const fileMode = 0o600;

export function createWriter(
  config: WriterConfig,
  { log, clock }: { readonly log: Logger; readonly clock: Clock },
): Writer {
  const { path, framing, rotation, fsync } = config;
  const waiting: Waiting[] = [];
  let { existing } = config;
  let file: FileHandle | undefined;
  let held: Lock | undefined;
  let size = 0;
  let lookedAt = 0;
  let work: Promise<void> | undefined;

  async function ensureOpen(): Promise<FileHandle> {
    // The clock may be set back.
    if (file && Math.abs(clock.now() - lookedAt) > lookMs && !(await isStillThere(file))) await closeFile();
    if (file) return file;
    if (config.directoryMode !== undefined) await mkdir(dirname(path), { recursive: true, mode: config.directoryMode });
    const { O_RDWR, O_CREAT, O_APPEND } = constants;
    const opened = await open(path, O_RDWR | O_CREAT | O_APPEND, fileMode);
    try {
      size = await prepare(opened);
    } catch (error) {
      await opened.close();
      throw error;
    }
    lookedAt = clock.now();
    // Once it has been written to, opening it again must not empty it.
    existing = 'append';
    return (file = opened);
  }

  async function prepare(opened: FileHandle): Promise<number> {
    const stats = await opened.stat();
    if (!stats.isFile()) return 0; // /dev/stdout
    // Before anything is cut off.
    held ??= await lock(path, config.owner);
    const whole = existing === 'empty' ? 0 : await wholeSize(opened, stats.size, framing);
    if (whole === stats.size) return whole;
    if (existing === 'append')
      log.warn({ path, bytes: stats.size - whole }, 'The file ended in a part of a record, which has been cut off.');
    await opened.truncate(whole);
    return whole;
  }

  /** Somebody else may have renamed or deleted it. */
  async function isStillThere(open: FileHandle): Promise<boolean> {
    lookedAt = clock.now();
    const [own, there] = await Promise.all([
      open.stat({ bigint: true }),
      stat(path, { bigint: true }).catch(() => undefined),
    ]);
    return there?.ino === own.ino && there.dev === own.dev;
  }

  async function rotateFor(bytes: number): Promise<void> {
    if (!rotation || size === 0 || size + bytes <= rotation.max_megabytes * 1024 * 1024) return;
    await closeFile();
    await moveAway(path, rotation, clock.now());
    await deleteOld(path, rotation, clock.now()).catch((error: unknown) => {
      log.warn({ path, error: describeError(error) }, 'Could not delete old files.');
    });
  }

  async function writeGroup(group: readonly Waiting[], bytes: number): Promise<void> {
    await ensureOpen();
    await rotateFor(bytes);
    const target = await ensureOpen();
    let written = 0;
    try {
      let rest: readonly Buffer[] = group.flatMap(({ record }) => record).filter(({ length }) => length > 0);
      while (rest.length > 0) {
        const { bytesWritten } = await target.writev([...rest]);
        written += bytesWritten;
        rest = without(rest, bytesWritten);
      }
      if (fsync) await target.datasync();
      size += bytes;
    } catch (error) {
      await takeBack(target, written);
      throw new Error(`Could not write to ${path}: ${describeError(error)}`, { cause: error });
    }
  }

  /** The file ends in a whole record again, unless somebody else writes to it too. */
  async function takeBack(target: FileHandle, written: number): Promise<void> {
    try {
      const stats = await target.stat();
      if (stats.isFile() && stats.size > size && stats.size <= size + written) await target.truncate(size);
    } catch (error) {
      log.error({ path, error: describeError(error) }, 'The file may end in a part of a record.');
    }
    // Opening it again looks what is there.
    await closeFile();
  }

  async function closeFile(): Promise<void> {
    const closing = file;
    file = undefined;
    await closing?.close().catch(() => {});
  }

  function nextGroup(): { readonly group: Waiting[]; readonly bytes: number } {
    let bytes = 0;
    let count = 0;
    let buffers = 0;
    for (const { size: own, record } of waiting) {
      const isTooMuch = bytes + own > maxWriteBytes || buffers + record.length > maxBuffers;
      const isFull = rotation && size + bytes + own > rotation.max_megabytes * 1024 * 1024;
      if (count > 0 && (isTooMuch || isFull)) break;
      bytes += own;
      buffers += record.length;
      count++;
    }
    return { group: waiting.splice(0, count), bytes };
  }

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      const { group, bytes } = nextGroup();
      try {
        await writeGroup(group, bytes);
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    work = undefined;
  }

  return {
    get isIdle() {
      return work === undefined;
    },
    open: async () => void (await ensureOpen()),
    write: (record) =>
      new Promise((resolve, reject) => {
        waiting.push({ record, size: record.reduce((sum, { length }) => sum + length, 0), resolve, reject });
        work ??= run();
      }),
    async close() {
      await work;
      await closeFile();
      await held?.release();
      held = undefined;
    },
  };
}

function without(chunks: readonly Buffer[], written: number): readonly Buffer[] {
  let left = written;
  for (const [index, chunk] of chunks.entries()) {
    if (left < chunk.length) return [chunk.subarray(left), ...chunks.slice(index + 1)];
    left -= chunk.length;
  }
  return [];
}
