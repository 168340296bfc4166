import { type Clock, type Logger, stateLog } from '@millrace/core';
import { compilePattern } from '@millrace/pprof';
import type { DiscoverConfig } from '../config/server.ts';
import { keyed, type Query } from './query.ts';
import type { Server } from './server.ts';

export interface DiscoveryHost {
  readonly server: Pick<Server, 'config' | 'time' | 'limited' | 'use'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Queries of the config, which are pulled anyway. */
  readonly known: readonly Query[];
  /** Pulls it until the signal; from this time on if it was never pulled. */
  startQuery(query: Query, signal: AbortSignal, fromMs: number | undefined): Promise<void>;
}

/** What was not there for so long is not pulled any more; what it had until then has been. */
const goneMs = 3_600_000;

/** Asks the server again and again what it has, and pulls what fits. Resolves when the signal is aborted. */
export async function runDiscovery(config: DiscoverConfig, host: DiscoveryHost, signal: AbortSignal): Promise<void> {
  const { clock, server } = host;
  const { window: windowMs, delay: delayMs } = server.config;
  const state = stateLog(host.log);
  const limitState = stateLog(host.log);
  const fits = [wholePattern(config.applications), wholePattern(config.profile_types)] as const;
  const configured = new Set(host.known.map(({ key }) => key));
  const pulled = new Map<string, { readonly stop: AbortController; readonly done: Promise<void> }>();
  /** What is gone, until its last window is handed on: one that comes back waits for that. */
  const ending = new Map<string, Promise<void>>();
  /** The server's time at the last answer: what is new since then may have data from before it was seen. */
  let lastMs: number | undefined;

  async function look(): Promise<void> {
    const now = server.time.now();
    const window = { startMs: now - goneMs - windowMs - delayMs, endMs: now };
    const all = await server.limited(signal, (until) => server.use(until, (source) => source.find(window, until)));
    const found = new Map<string, Query>();
    for (const { application, profileType } of all) {
      if (!fits[0](application) || !fits[1](profileType)) continue;
      const query = keyed({ application, profileType, matchers: [] }, {});
      if (!configured.has(query.key)) found.set(query.key, query);
    }
    for (const [key, { stop, done }] of pulled)
      if (!found.has(key)) {
        pulled.delete(key);
        stop.abort(new Error('It is not there any more.'));
        ending.set(
          key,
          done.finally(() => ending.delete(key)),
        );
      }
    begin(found);
    lastMs = now;
  }

  function begin(found: ReadonlyMap<string, Query>): void {
    for (const [key, query] of found) {
      if (pulled.has(key) || ending.has(key) || pulled.size >= config.limit) continue;
      const stop = new AbortController();
      const done = host.startQuery(query, AbortSignal.any([stop.signal, signal]), lastMs && lastMs - delayMs);
      pulled.set(key, { stop, done });
    }
    const more = found
      .keys()
      .filter((key) => !pulled.has(key) && !ending.has(key))
      .toArray().length;
    if (more > 0)
      limitState.trouble('The server has more than is pulled.', `${more} beyond discover.limit, ${config.limit}`);
    else limitState.fine('All that the server has is pulled.');
  }

  while (!signal.aborted) {
    try {
      await look();
      state.fine('The server can be asked again what it has.');
    } catch (error) {
      if (!signal.aborted) state.trouble('The server cannot be asked what it has.', error);
    }
    try {
      await clock.sleep(config.interval, signal);
    } catch {
      break;
    }
  }
  await Promise.all([...pulled.values().map(({ done }) => done), ...ending.values()]);
}

const wholePattern = (pattern: string) => compilePattern(`^(?:${pattern})$`);
