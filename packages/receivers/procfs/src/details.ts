import { readdirSync, statSync } from 'node:fs';
import type { Failures, Outcome } from './failures.ts';
import { outcomeOf } from './failures.ts';
import type { Io } from './io.ts';
import { parseIo } from './io.ts';
import { parseOpenFilesLimit } from './limits.ts';
import type { Process } from './process.ts';
import type { ProcFiles } from './proc-file.ts';
import { parseStatus } from './status.ts';

/** Which files of a process are read beside its stat. */
export interface Wanted {
  readonly io: boolean;
  readonly contextSwitches: boolean;
  readonly openFiles: boolean;
  readonly openFilesLimit: boolean;
}

export interface DetailsOptions {
  readonly files: ProcFiles;
  readonly failures: Failures;
  readonly now: () => number;
  /** Milliseconds after which a file that was denied is tried again. */
  readonly retryMs: number;
  /** Since Linux 6.2 the size of `/proc/<pid>/fd` is the number of its entries (proc_pid_fd(5)). */
  readonly sizeCountsOpenFiles: boolean;
}

/** Reads what changes from scan to scan and cannot block. What is not known afterwards is NaN. */
export function detailsReader({ files, failures, now, retryMs, sizeCountsOpenFiles }: DetailsOptions) {
  const decoder = new TextDecoder();
  const io: Io = { readBytes: 0, writeBytes: 0 };

  function report(file: string, error: unknown): Outcome {
    const outcome = outcomeOf(error);
    if (outcome === 'denied') failures.denied(file);
    else if (outcome === 'failed') failures.failed(file, error);
    return outcome;
  }

  function readIo(process: Process): void {
    process.readBytes = Number.NaN;
    process.writeBytes = Number.NaN;
    if (process.ioNotBefore > 0 && now() < process.ioNotBefore) return failures.denied('io');
    try {
      parseIo(files.buffer, files.read(process.io), io);
      process.readBytes = io.readBytes;
      process.writeBytes = io.writeBytes;
      process.ioNotBefore = 0;
    } catch (error) {
      if (report('io', error) === 'denied') process.ioNotBefore = now() + retryMs;
    }
    return undefined;
  }

  function readStatus(process: Process): void {
    process.voluntarySwitches = Number.NaN;
    process.involuntarySwitches = Number.NaN;
    try {
      const status = parseStatus(files.buffer, files.read(process.status));
      process.voluntarySwitches = status.voluntarySwitches;
      process.involuntarySwitches = status.involuntarySwitches;
    } catch (error) {
      report('status', error);
    }
  }

  function readOpenFiles(process: Process, limitToo: boolean): void {
    const { directory } = process;
    process.openFiles = Number.NaN;
    process.openFilesLimit = Number.NaN;
    try {
      process.openFiles = sizeCountsOpenFiles
        ? statSync(`${directory}/fd`).size
        : readdirSync(`${directory}/fd`).length;
    } catch (error) {
      report('fd', error);
    }
    if (!limitToo) return;
    try {
      const length = files.readOnce(`${directory}/limits`);
      const limit = parseOpenFilesLimit(decoder.decode(files.buffer.subarray(0, length)));
      process.openFilesLimit = limit ?? Number.NaN;
    } catch (error) {
      report('limits', error);
    }
  }

  return (process: Process, wanted: Wanted): void => {
    if (wanted.io) readIo(process);
    if (wanted.contextSwitches) readStatus(process);
    if (wanted.openFiles) readOpenFiles(process, wanted.openFilesLimit);
  };
}
