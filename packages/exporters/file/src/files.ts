import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Context } from '@millrace/core';
import type { Config } from './config.ts';
import { framingOf } from './frame.ts';
import { lock, type Lock } from './lock.ts';
import { createWriter, type Writer } from './writer.ts';

/** The files that are written to, by path. */
export interface Files {
  /** Makes the file; with `group_by`, takes the pattern for this exporter. Rejects with a PathInUseError if another has it. */
  open(): Promise<void>;
  /** To be written to at once: `trim` closes what nothing is written to. Throws once `close` has been called. */
  writer(path: string): Writer;
  /** Closes what has not been used for the longest, where more are open than may be. */
  trim(): Promise<void>;
  close(): Promise<void>;
}

export function createFiles(config: Config, { id, log, clock }: Pick<Context, 'id' | 'log' | 'clock'>): Files {
  const { rotation, group_by: groupBy, append, fsync } = config;
  const makesDirectory = config.create_directory || groupBy.enabled;
  const directoryMode = makesDirectory ? Number.parseInt(config.directory_permissions, 8) : undefined;
  const framing = framingOf(config);
  /** In the order of their last use. */
  const writers = new Map<string, Writer>();
  /** Files that this run has opened before are not emptied again. */
  const opened = new Set<string>();
  const owner = { exporter: id, madeAt: performance.now() };
  let pattern: Lock | undefined;
  let opening: Promise<void> | undefined;
  let isClosed = false;

  function mustBeOpen(): void {
    if (isClosed) throw new Error('The exporter has been shut down.');
  }

  function writer(path: string): Writer {
    mustBeOpen();
    const existing = append || rotation || opened.has(path) ? 'append' : 'empty';
    const found =
      writers.get(path) ??
      createWriter({ path, framing, existing, rotation, directoryMode, fsync, owner }, { log, clock });
    if (existing === 'empty') opened.add(path);
    writers.delete(path);
    writers.set(path, found);
    return found;
  }

  /** The same pattern of two exporters would make them write to the same files. */
  async function openPattern(): Promise<void> {
    mustBeOpen();
    const directory = dirname(`${config.path.split('*', 1)[0]}-`);
    await mkdir(directory, { recursive: true, mode: directoryMode });
    pattern ??= await lock(config.path, owner);
  }

  return {
    writer,
    open: () => (opening = (async () => (groupBy.enabled ? openPattern() : writer(config.path).open()))()),
    async trim() {
      let surplus = writers.size - groupBy.max_open_files;
      for (const [path, writer] of writers) {
        if (surplus <= 0) return;
        if (!writer.isIdle) continue;
        surplus--;
        writers.delete(path);
        await writer.close();
      }
    },
    async close() {
      isClosed = true;
      // What is being opened would stay open, and locked.
      await opening?.catch(() => {});
      await Promise.all([...writers.values()].map((writer) => writer.close()));
      writers.clear();
      await pattern?.release();
      pattern = undefined;
    },
  };
}
