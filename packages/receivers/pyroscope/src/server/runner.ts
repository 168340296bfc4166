import { randomUUID } from 'node:crypto';
import { type Context, type Logger, stateLog, withFields } from '@millrace/core';
import { clientOf } from '@millrace/http-client';
import type { Pulled, Window } from '@millrace/pyroscope-client';
import type { Config } from '../config/schema.ts';
import type { ServerConfig } from '../config/server.ts';
import { createStream, type StreamHost } from '../emit/stream.ts';
import type { HandOver } from '../emit/handover.ts';
import { positionStore } from '../window/position.ts';
import { pullWindows } from '../window/puller.ts';
import { runDiscovery } from './discovery.ts';
import { type Query, queryOf, resourceAttributes } from './query.ts';
import { createServer, type Server, withTimes } from './server.ts';

export interface ServerHost extends StreamHost {
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

export interface ServerRunner extends Runner {
  readonly server: Server;
}

/** Pulls all queries of a server, those that it finds too. */
export function runServer(server: ServerConfig, host: ServerHost): ServerRunner {
  const { clock, log: parentLog, id, storage } = host.context;
  const stop = new AbortController();
  const client = clientOf(server);
  const asked = createServer(server, { config: host.config, clock, client });
  const { time, limited } = asked;
  const log = withFields(parentLog, { server: asked.name });
  const place = encodeURIComponent(asked.id);

  async function reach(): Promise<void> {
    const state = stateLog(log);
    for (let waitMs = firstRetryMs; ; waitMs = Math.min(2 * waitMs, lastRetryMs)) {
      try {
        await limited(stop.signal, asked.detect);
        return state.fine('The server can be asked now.');
      } catch (error) {
        stop.signal.throwIfAborted();
        state.trouble('The server cannot be asked.', error);
        await clock.sleep(waitMs, stop.signal);
      }
    }
  }

  async function runQuery(query: Query, { signal, fromMs, log: own }: QueryRun): Promise<void> {
    const key = `windows/${place}/${query.key}`;
    const leftOut = new Set<string>();
    const stream = createStream(host, {
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
        pull: (window) => limited(signal, (until) => asked.use(until, (source) => source.pull(query, window, until))),
        hearTime: async () => void (await limited(signal, asked.detect)),
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
    await reach();
    const startQuery = (query: Query, signal: AbortSignal, fromMs?: number): Promise<void> => {
      const fields = { application: query.application, profile_type: query.profileType };
      return runQuery(query, { signal, fromMs, log: withFields(log, fields) });
    };
    const configured = server.queries.map(queryOf);
    await Promise.all([
      ...configured.map((query) => startQuery(query, stop.signal)),
      server.discover &&
        runDiscovery(server.discover, { server: asked, clock, log, known: configured, startQuery }, stop.signal),
    ]);
  }

  const running = run().catch((error: unknown) => {
    if (!stop.signal.aborted) stateLog(log).trouble('The server is not asked any more.', error);
  });
  return {
    server: asked,
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
