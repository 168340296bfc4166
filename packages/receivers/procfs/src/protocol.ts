/** What the main thread and the worker say to each other. */

export interface WorkerSetup {
  /** The directory of processes, `/proc`. */
  readonly proc: string;
  readonly smapsFile: 'smaps_rollup' | 'smaps';
  /** Files that may stay open between scans. */
  readonly maxOpen: number;
  /** Int32s, see `control`. */
  readonly shared: SharedArrayBuffer;
}

/** Places in the shared memory: whether to stop, and the process that is being read, 0 for none. */
export const control = { stop: 0, pid: 1, bytes: 8 } as const;

export type Job =
  | {
      readonly kind: 'smaps';
      readonly id: number;
      /** Negative: the file must not stay open. */
      readonly pids: Int32Array;
      /** Those whose files need not stay open any longer. */
      readonly ended: Int32Array;
      readonly budgetMs: number;
    }
  | { readonly kind: 'command_lines'; readonly id: number; readonly pids: Int32Array };

/** The answers for the processes from `from` on, in the order of the job; what is missing after `done` was not read. */
export type Answer =
  | {
      readonly kind: 'smaps';
      readonly id: number;
      readonly from: number;
      /** `smapsFields` numbers a process: outcome; kB of RSS, PSS, USS, swap; milliseconds that the reading took. */
      readonly values: Float64Array;
      readonly done: boolean;
    }
  | {
      readonly kind: 'command_lines';
      readonly id: number;
      readonly from: number;
      /** The bytes of each, or an outcome. */
      readonly lines: readonly (Uint8Array | number)[];
      readonly done: boolean;
    };

export const smapsFields = 6;

/** `gone`: the process has ended. `noMemory`: it has none, as a zombie or a kernel thread. */
export const outcomes = { read: 0, gone: 1, denied: 2, failed: 3, noMemory: 4 } as const;
