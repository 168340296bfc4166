import type { IncomingMessage } from 'node:http';
import { beginning, EngineError } from './errors.ts';
import type { Transport } from './transport.ts';
import { compareVersions, isVersion, negotiate } from './version.ts';

/** What an engine is, and the version of the API that is spoken with it. */
export interface Engine {
  readonly runtime: 'docker' | 'podman';
  /** Its own version: `20.10.24`. */
  readonly release: string | undefined;
  readonly apiVersion: string;
  /** `one-shot` statistics, without a wait for a second sample. */
  readonly oneShot: boolean;
}

export interface EngineApi {
  /** Asks the engine what it is: before all else, and again whenever the connection was lost. */
  greet(signal: AbortSignal): Promise<Engine>;
  list(options: { readonly all: boolean; readonly signal: AbortSignal }): Promise<readonly Listed[]>;
  inspect(id: string, signal: AbortSignal): Promise<unknown>;
  /** One sample of a container's statistics, as text; empty where the engine has none. */
  stats(id: string, signal: AbortSignal): Promise<string>;
  /** A sample a second (every five seconds of Podman's), a line each, until it is destroyed. */
  statsStream(id: string, signal: AbortSignal): Promise<IncomingMessage>;
  /** Events of containers, a line each, those since the given time first. */
  events(since: string | undefined, signal: AbortSignal): Promise<IncomingMessage>;
  close(): void;
}

/** What the list tells of a container; the rest comes from inspecting it. */
export interface Listed {
  readonly id: string;
  readonly state: string | undefined;
}

interface Options {
  readonly transport: Transport;
  readonly timeoutMs: number;
  readonly pinnedVersion: string | undefined;
}

/** https://docs.docker.com/reference/api/engine/, and what Podman has of it. */
export function createEngineApi({ transport, timeoutMs, pinnedVersion }: Options): EngineApi {
  let engine: Engine | undefined;
  const versioned = (path: string): string => (engine ? `/v${engine.apiVersion}${path}` : path);

  async function json(path: string, signal: AbortSignal): Promise<unknown> {
    const { body } = await transport.read({ path, signal, timeoutMs });
    return parse(body, path);
  }

  async function greet(signal: AbortSignal): Promise<Engine> {
    let said: Record<string, unknown>;
    try {
      said = record(await json('/version', signal), '/version');
    } catch (error) {
      // A proxy before the socket may allow the ping only.
      if (!(error instanceof EngineError) || (error.status !== 403 && error.status !== 404)) throw error;
      const { headers } = await transport.read({ path: '/_ping', signal, timeoutMs });
      said = { ApiVersion: headers['api-version'], podman: headers['libpod-api-version'] !== undefined };
    }
    const { ApiVersion: newest, MinAPIVersion: oldest, Version: release, Components: components } = said;
    if (typeof newest !== 'string' || !isVersion(newest))
      throw new EngineError('What answers is not an engine: its /version tells no ApiVersion.');
    const podman =
      said['podman'] === true ||
      (Array.isArray(components) &&
        components.some((one) => String((one as { Name?: unknown } | null)?.Name).startsWith('Podman')));
    const apiVersion = negotiate(
      { newest, oldest: typeof oldest === 'string' && isVersion(oldest) ? oldest : undefined },
      pinnedVersion,
    );
    engine = {
      runtime: podman ? 'podman' : 'docker',
      release: typeof release === 'string' ? release : undefined,
      apiVersion,
      oneShot: compareVersions(apiVersion, '1.41') >= 0,
    };
    return engine;
  }

  return {
    greet,
    async list({ all, signal }) {
      const path = versioned(`/containers/json?all=${all}`);
      const listed = await json(path, signal);
      if (!Array.isArray(listed)) throw new EngineError(`The engine answered GET ${path} with no list.`);
      return listed.flatMap((one: { Id?: unknown; State?: unknown } | null) =>
        typeof one?.Id === 'string'
          ? [{ id: one.Id, state: typeof one.State === 'string' ? one.State : undefined }]
          : [],
      );
    },
    inspect: (id, signal) => json(versioned(`/containers/${encodeURIComponent(id)}/json`), signal),
    async stats(id, signal) {
      const path = versioned(
        `/containers/${encodeURIComponent(id)}/stats?stream=false${engine?.oneShot ? '&one-shot=true' : ''}`,
      );
      return (await transport.read({ path, signal, timeoutMs })).body;
    },
    statsStream: (id, signal) =>
      transport.open({ path: versioned(`/containers/${encodeURIComponent(id)}/stats?stream=true`), signal, timeoutMs }),
    events(since, signal) {
      // Podman has other words for some events, so it is asked for all, which are few; Docker's health checks make many.
      const wanted = { type: ['container'], ...(engine?.runtime === 'docker' && { event: events }) };
      const query = new URLSearchParams({ filters: JSON.stringify(wanted), ...(since !== undefined && { since }) });
      // Without a time for its headers, which some engines send with the first event.
      return transport.open({ path: versioned(`/events?${query}`), signal });
    },
    close: () => transport.close(),
  };
}

/** The events after which something of a container may be different. */
export const events: readonly string[] = [
  'create',
  'destroy',
  'die',
  'health_status',
  'oom',
  'pause',
  'rename',
  'restart',
  'start',
  'stop',
  'unpause',
  'update',
];

export function parse(body: string, path: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    throw new EngineError(
      body.trim() === ''
        ? `The engine answered GET ${path} with nothing.`
        : `The engine answered GET ${path} with what is no JSON: ${beginning(body)}`,
    );
  }
}

export function record(value: unknown, path: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new EngineError(`The engine answered GET ${path} with no object.`);
  return value as Record<string, unknown>;
}
