import type { Ask } from '@millrace/http-client';
import type { Profile } from '@millrace/pprof';
import type { Query } from './query.ts';
import type { ServerUrl } from './url.ts';

/** From the start up to, not including, the end; milliseconds since the epoch. */
export interface Window {
  readonly startMs: number;
  readonly endMs: number;
}

export interface Pulled {
  /** Undefined if there is nothing in the window. */
  readonly profile: Profile | undefined;
  /** The server's clock before the answer was made; undefined if it does not say. */
  readonly dateMs: number | undefined;
}

export interface Found {
  readonly application: string;
  readonly profileType: string;
}

/** A Pyroscope server, as its generation is asked. */
export interface Source {
  readonly generation: 'legacy' | 'v1';
  /**
   * All that the server has now of the window, and nothing of its neighbours. Of a legacy server, whose blocks have 10 seconds:
   * of all blocks that the window touches.
   */
  pull(query: Query, window: Window, signal: AbortSignal): Promise<Pulled>;
  /** What there is in the window; a legacy server tells all that it has. */
  find(window: Window, signal: AbortSignal): Promise<readonly Found[]>;
  /**
   * The query with the profile type that its short name means on this server. Rejects with a QueryError that says which there
   * are, or with NoProfiles if there are none in the window.
   */
  resolve(query: Query, window: Window, signal: AbortSignal): Promise<Query>;
}

/** How a server is asked. */
export interface Reached {
  readonly ask: Ask;
  readonly url: ServerUrl;
  /** Of an answer, also when it is inflated. */
  readonly maxBytes: number;
  /** Reads a profile that is not empty. Default: as pprof. */
  readonly read?: ((body: Uint8Array) => Profile) | undefined;
}
