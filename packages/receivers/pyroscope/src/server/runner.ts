import { randomUUID } from 'node:crypto';
import { type Context, formatDuration, type Logger, stateLog, withFields } from '@millrace/core';
import { clientOf, shown } from '@millrace/http-client';
import { createLimiter, withDeadline } from '@millrace/polling';
import { createAsk } from '../ask.ts';
import type { Config } from '../config/schema.ts';
import type { ServerConfig } from '../config/server.ts';
import { createStream } from '../emit/stream.ts';
import type { HandOver } from '../emit/handover.ts';
import { positionStore } from '../window/position.ts';
import { pullWindows } from '../window/puller.ts';
import { serverClock } from './clock.ts';
import { runDiscovery } from './discovery.ts';
import { detect } from './generation.ts';
import { type Query, queryOf, resourceAttributes } from './query.ts';
import type { Pulled, Source, Window } from './source.ts';

export interface ServerHost {
  readonly config: Config;
  readonly context: Context;
  readonly handOver: HandOver;
  dropped(items: number, reason: string): void;
}

export interface Runner {
  /** Resolves when nothing is under way any more. */
  stop(signal: AbortSignal): Promise<void>;
}

const firstRetryMs = 1_000;
const lastRetryMs = 30_000;

/** Pulls all queries of a server, those that it finds too. */
export function runServer(server: ServerConfig, host: ServerHost): Runner {
  const { clock, log: parentLog, id, storage } = host.context;
  const stop = new AbortController();
  const client = clientOf(server);
  const ask = createAsk(client, server);
  const time = serverClock(clock);
  const maxBytes = host.config.max_profile_bytes;
  const limiter = createLimiter(host.config.max_concurrent);
  const log = withFields(parentLog, { server: shown(new URL(server.endpoint)) });
  const place = encodeURIComponent(`${server.endpoint.replace(/\/+$/, '')} ${server.tenant ?? ''}`.trim());
  const late = (): Error => new Error(`There was no whole answer within ${formatDuration(server.timeout)}.`);

  const limited = <T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> =>
    limiter.use(signal, () => withDeadline({ ms: server.timeout, stop: signal, late }, work));

  const find = (within: AbortSignal): Promise<Source> =>
    limited(within, (signal) => detect(server, { ask, clock: time, maxBytes }, signal));

  async function reach(): Promise<Source> {
    const state = stateLog(log);
    for (let waitMs = firstRetryMs; ; waitMs = Math.min(2 * waitMs, lastRetryMs)) {
      try {
        const found = await find(stop.signal);
        state.fine('The server can be asked now.');
        return found;
      } catch (error) {
        stop.signal.throwIfAborted();
        state.trouble('The server cannot be asked.', error);
        await clock.sleep(waitMs, stop.signal);
      }
    }
  }

  async function runQuery(source: Source, query: Query, { signal, fromMs, log: own }: QueryRun): Promise<void> {
    const key = `windows/${place}/${query.key}`;
    const leftOut = new Set<string>();
    const stream = createStream(host.config, {
      resource: resourceAttributes(query),
      profileType: query.profileType,
      leftOut,
    });
    const windows = { sizeMs: server.window, delayMs: server.delay, maxCatchUpMs: server.max_catch_up };
    const missed = (count: number, reason: string): void => host.dropped(count, reason);
    await pullWindows(
      {
        windows,
        fromMs,
        store: positionStore(storage, key),
        clock,
        server: time,
        log: own,
        missed,
        pull: (window) => limited(signal, (until) => source.pull(query, window, until)),
        hearTime: async () => void (await find(signal)),
        async hand(pulled: Pulled, window: Window, pulledMs: number) {
          const origin = { source: `${id} ${key}`, sequence: window.endMs / 1000, attempt: randomUUID() };
          const profile = withTimes(pulled.profile!, window);
          // All are made before the first is handed on: what is wrong with one is known while none is on its way.
          await host.handOver.keepTrying(
            [...stream.batches({ profile, ...window, observedMs: pulledMs, origin })],
            signal,
          );
        },
      },
      signal,
    );
  }

  async function run(): Promise<void> {
    const source = await reach();
    const startQuery = (query: Query, signal: AbortSignal, fromMs?: number): Promise<void> => {
      const fields = { application: query.application, profile_type: query.profileType };
      return runQuery(source, query, { signal, fromMs, log: withFields(log, fields) });
    };
    const configured = server.queries.map(queryOf);
    await Promise.all([
      ...configured.map((query) => startQuery(query, stop.signal)),
      server.discover &&
        runDiscovery(
          server.discover,
          { server, source, clock, time, log, limited, known: configured, startQuery },
          stop.signal,
        ),
    ]);
  }

  const running = run().catch((error: unknown) => {
    if (!stop.signal.aborted) stateLog(log).trouble('The server is not asked any more.', error);
  });
  return {
    async stop(signal) {
      stop.abort(new Error('shut down'));
      await running;
      await client.close(signal);
    },
  };
}

interface QueryRun {
  readonly signal: AbortSignal;
  readonly fromMs: number | undefined;
  readonly log: Logger;
}

/** A legacy server says no duration, and a Grafana Pyroscope the time of the end. */
const withTimes = (profile: NonNullable<Pulled['profile']>, { startMs, endMs }: Window) => ({
  ...profile,
  timeNanos: BigInt(startMs) * 1_000_000n,
  durationNanos: BigInt(endMs - startMs) * 1_000_000n,
});
