import { type Clock, formatDuration } from '@millrace/core';
import { type Client, createAsk, shown, StatusError } from '@millrace/http-client';
import { createLimiter, withDeadline } from '@millrace/polling';
import { type Profile, ProfileError } from '@millrace/pprof';
import { detect, serverUrl, type Source, type Window } from '@millrace/pyroscope-client';
import type { Config } from '../config/schema.ts';
import type { ServerConfig } from '../config/server.ts';
import { type ServerClock, serverClock } from './clock.ts';

/** A server that is asked: by those that pull windows, and by who asks for a profile now. */
export interface Server {
  readonly config: ServerConfig;
  /** For messages of those that pull: its URL. */
  readonly name: string;
  /** What tells it from the others of the config: its endpoint, and its tenant. */
  readonly id: string;
  readonly time: ServerClock;
  /** Does the work when there is room, and within the server's time. */
  limited<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** The same, for who asks now: takes no more than half of the room, so that windows go on being pulled. */
  limitedNow<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Asks what it is, which tells its time too. Rejects if it cannot be asked. */
  detect(signal: AbortSignal): Promise<Source>;
  /**
   * Does the work with what it is; asked only if that is not known. An answer that such a server does not give may be of
   * another one: the next work asks again.
   */
  use<T>(signal: AbortSignal, work: (source: Source) => Promise<T>): Promise<T>;
}

interface ServerHost {
  readonly config: Pick<Config, 'max_concurrent' | 'max_profile_bytes'>;
  readonly clock: Clock;
  readonly client: Client;
}

export function createServer(server: ServerConfig, { config, clock, client }: ServerHost): Server {
  const { tenant, headers } = server;
  const ask = createAsk(client, {
    ...server,
    headers: { ...headers, ...(tenant !== undefined && { 'x-scope-orgid': tenant }) },
  });
  const time = serverClock(clock);
  const limiter = createLimiter(config.max_concurrent);
  const questions = createLimiter(Math.ceil(config.max_concurrent / 2));
  const late = (): Error => new Error(`There was no whole answer within ${formatDuration(server.timeout)}.`);
  let known: Source | undefined;

  async function find(signal: AbortSignal): Promise<Source> {
    let askedAt = clock.now();
    const heard = (dateMs: number | undefined): void => {
      time.heard({ dateMs, askedAt });
      askedAt = clock.now();
    };
    const reached = { ask, url: serverUrl(server.endpoint), maxBytes: config.max_profile_bytes, heard };
    return (known = await detect(reached, { generation: server.generation, nowMs: time.now() }, signal));
  }

  const limited: Server['limited'] = (signal, work) =>
    limiter.use(signal, () => withDeadline({ ms: server.timeout, stop: signal, late }, work));

  return {
    config: server,
    name: shown(new URL(server.endpoint)),
    id: `${server.endpoint.replace(/\/+$/, '')} ${tenant ?? ''}`.trim(),
    time,
    limited,
    limitedNow: (signal, work) => questions.use(signal, () => limited(signal, work)),
    detect: find,
    async use(signal, work) {
      const source = known ?? (await find(signal));
      try {
        return await work(source);
      } catch (error) {
        if (isStrange(error) && known === source) known = undefined;
        throw error;
      }
    },
  };
}

/** There is no such path, or what is there is something else. */
const isStrange = (error: unknown): boolean =>
  error instanceof StatusError
    ? [404, 405, 501].includes(error.status)
    : error instanceof ProfileError || error instanceof SyntaxError;

/** A legacy server says no duration, and a Grafana Pyroscope the time of the end. */
export const withTimes = (profile: Profile, { startMs, endMs }: Window): Profile => ({
  ...profile,
  timeNanos: BigInt(startMs) * 1_000_000n,
  durationNanos: BigInt(endMs - startMs) * 1_000_000n,
});
