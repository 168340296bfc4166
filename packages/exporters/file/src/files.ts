import type { Context } from '@millrace/core';
import type { Config } from './config.ts';
import { framingOf } from './frame.ts';
import { createWriter, type Writer } from './writer.ts';

/** The files that are written to, by path. */
export interface Files {
  writer(path: string): Writer;
  /** Closes what has not been used for the longest, where more are open than may be. */
  trim(): Promise<void>;
  close(): Promise<void>;
}

export function createFiles(config: Config, { log, clock }: Pick<Context, 'log' | 'clock'>): Files {
  const { rotation, group_by: groupBy, append, fsync } = config;
  const makesDirectory = config.create_directory || groupBy.enabled;
  const directoryMode = makesDirectory ? Number.parseInt(config.directory_permissions, 8) : undefined;
  const framing = framingOf(config);
  /** In the order of their last use. */
  const writers = new Map<string, Writer>();
  /** Files that this run has opened before are not emptied again. */
  const opened = new Set<string>();

  return {
    writer(path) {
      const writer =
        writers.get(path) ??
        createWriter(
          {
            path,
            framing,
            existing: append || rotation || opened.has(path) ? 'append' : 'empty',
            rotation,
            directoryMode,
            fsync,
          },
          { log, clock },
        );
      opened.add(path);
      writers.delete(path);
      writers.set(path, writer);
      return writer;
    },
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
      await Promise.all([...writers.values()].map((writer) => writer.close()));
      writers.clear();
    },
  };
}
