import { setTimeout as sleep } from 'node:timers/promises';
import { toError } from '@millrace/core';
import type { EngineApi } from '../api/engine.ts';
import { EngineError } from '../api/errors.ts';
import { eachLine } from '../api/lines.ts';

/** A stream of statistics for each container. The last sample is kept as bytes, and parsed only when a scrape wants it. */
export interface Streams {
  /** Opens the streams of these containers that there are none of, and closes the others. */
  follow(ids: ReadonlySet<string>): void;
  /** The last sample; waits for the first. Undefined where there is none that is recent. Rejects when a stream cannot be had. */
  last(id: string, signal: AbortSignal): Promise<string | undefined>;
  close(): Promise<void>;
}

interface Stream {
  readonly stop: AbortController;
  readonly first: Promise<void>;
  sample: Buffer | undefined;
  receivedAt: number;
  error: Error | undefined;
  done: Promise<void>;
}

/** Docker sends every second, Podman every five. */
const oldestMs = 15_000;
const firstWaitMs = 3000;
const reopenMs = 1000;

export function createStreams(api: EngineApi): Streams {
  const streams = new Map<string, Stream>();
  const closing = new Set<Promise<void>>();

  function open(id: string): Stream {
    const stop = new AbortController();
    const { promise: first, resolve: arrived } = Promise.withResolvers<void>();
    const stream: Stream = { stop, first, sample: undefined, receivedAt: 0, error: undefined, done: Promise.resolve() };
    const run = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        try {
          await eachLine(await api.statsStream(id, stop.signal), (line) => {
            // A copy, because the chunk that it lies in may be far bigger.
            stream.sample = Buffer.from(line);
            stream.receivedAt = performance.now();
            stream.error = undefined;
            arrived();
          });
        } catch (error) {
          stream.error = toError(error);
          arrived();
        }
        await sleep(reopenMs, undefined, { signal: stop.signal }).catch(() => {});
      }
      arrived();
    };
    stream.done = run();
    return stream;
  }

  function close(id: string, { stop, done }: Stream): void {
    streams.delete(id);
    stop.abort(new Error('The stream is not needed any more.'));
    closing.add(done);
    void done.then(() => closing.delete(done));
  }

  return {
    follow(ids) {
      for (const [id, stream] of streams) if (!ids.has(id)) close(id, stream);
      for (const id of ids) if (!streams.has(id)) streams.set(id, open(id));
    },
    async last(id, signal) {
      const stream = streams.get(id);
      if (!stream) return undefined;
      if (!stream.sample && !stream.error)
        await Promise.race([stream.first, sleep(firstWaitMs, undefined, { signal, ref: false }).catch(() => {})]);
      if (stream.sample && performance.now() - stream.receivedAt <= oldestMs) return stream.sample.toString();
      if (stream.error) throw stream.error;
      throw new EngineError('The engine sends no statistics.');
    },
    async close() {
      for (const [id, stream] of streams) close(id, stream);
      await Promise.all(closing);
    },
  };
}
