import type { Profile } from '@millrace/pprof';
import type { Query } from './query.ts';

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
  /** All that the server has now of the window, and nothing of its neighbours. */
  pull(query: Query, window: Window, signal: AbortSignal): Promise<Pulled>;
  /** What there is in the window; a legacy server tells all that it has. */
  find(window: Window, signal: AbortSignal): Promise<readonly Found[]>;
}
