import { Worker } from 'node:worker_threads';
import type { Logger } from '@millrace/core';
import type { Answer, Job, WorkerSetup } from './protocol.ts';
import { control } from './protocol.ts';

type Draft<J extends Job> = J extends Job ? Omit<J, 'id' | 'pids'> : never;

/** Where the readings go, as they come in: in time or, from a read that took long, at a later scan. */
export type TakeAnswer = (answer: Answer) => void;

/** One thread for the reads that may block. It never delays a scan by more than what the scan is ready to wait. */
export interface BlockingReader {
  /** False while a job of an earlier scan is still being read. */
  readonly idle: boolean;
  /** Starts the thread, if it does not run yet. */
  warmUp(): void;
  /** Resolves with the job's end, or when it was waited for long enough, or the signal aborts: the rest is taken when it comes. */
  read(job: Draft<Job>, pids: Int32Array, options: ReadOptions): Promise<void>;
  shutdown(signal: AbortSignal): Promise<void>;
}

export interface ReadOptions {
  /** For the whole of the job, or for each answer anew. */
  readonly waitMs: number;
  readonly waitsFor: 'all' | 'answer';
  readonly take: TakeAnswer;
  readonly signal?: AbortSignal | undefined;
}

interface OpenJob {
  readonly id: number;
  readonly take: TakeAnswer;
  readonly finished: () => void;
}

export function blockingReader({ proc, smapsFile, maxOpen }: Omit<WorkerSetup, 'shared'>, log: Logger): BlockingReader {
  const shared = new SharedArrayBuffer(control.bytes);
  const state = new Int32Array(shared);
  let worker: Worker | undefined;
  let job: OpenJob | undefined;
  let ids = 0;
  let late = false;
  let closed = false;

  function end(): void {
    job?.finished();
    job = undefined;
    if (late) log.info({}, 'The process whose memory took long to read has been read.');
    late = false;
  }

  function warmUp(): Worker {
    if (worker) return worker;
    Atomics.store(state, control.stop, 0);
    // In the workspace this is worker.ts, in the published package worker.js.
    const file = import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js';
    const started = new Worker(new URL(file, import.meta.url), {
      workerData: { proc, smapsFile, maxOpen, shared } satisfies WorkerSetup,
      // None of the main thread's: it imports nothing that needs them, and some are refused for a worker.
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 32, stackSizeMb: 1 },
      name: 'procfs',
    });
    worker = started;
    started.on('message', (answer: Answer) => {
      if (answer.id !== job?.id) return;
      job.take(answer);
      if (answer.done) end();
    });
    started.on('error', (error) => {
      log.error({ error }, 'The thread that reads memory maps has failed; the next scan starts another.');
    });
    started.on('exit', () => {
      if (worker !== started) return;
      worker = undefined;
      job?.finished();
      job = undefined;
    });
    // Last, because listening for messages takes a reference to the event loop.
    started.unref();
    return started;
  }

  return {
    get idle() {
      return job === undefined;
    },
    warmUp: () => void warmUp(),
    async read(draft, pids, { waitMs, waitsFor, take, signal }) {
      if (closed || job || pids.length === 0) return;
      const thread = warmUp();
      const id = ++ids;
      let leave = (): void => {};
      const left = new Promise<void>((resolve) => (leave = resolve));
      // The thread holds no reference to the event loop; this timer does while somebody waits.
      const patience = setTimeout(leave, waitMs);
      signal?.addEventListener('abort', leave, { once: true });
      job = {
        id,
        take(answer) {
          take(answer);
          if (waitsFor === 'answer') patience.refresh();
        },
        finished: leave,
      };
      thread.postMessage({ ...draft, id, pids } satisfies Job);
      await left;
      clearTimeout(patience);
      signal?.removeEventListener('abort', leave);
      if (job?.id !== id || late) return;
      late = true;
      log.warn(
        { pid: Atomics.load(state, control.pid) },
        'Reading the memory map of a process takes long: scans go on with earlier readings until it is done.',
      );
    },
    async shutdown(signal) {
      closed = true;
      Atomics.store(state, control.stop, 1);
      const stopping = worker;
      worker = undefined;
      job?.finished();
      job = undefined;
      if (!stopping) return;
      // A thread in a read that blocks ends only after it; there is no use in waiting longer than asked.
      await Promise.race([
        stopping.terminate(),
        new Promise<void>((resolve) => {
          if (signal.aborted) resolve();
          else signal.addEventListener('abort', () => resolve(), { once: true });
        }),
      ]);
    },
  };
}
