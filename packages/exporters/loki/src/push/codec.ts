import type { Arena } from '../arena.ts';
import type { Stream } from '../labels/streams.ts';

/** A line of a stream: its time, and where the rest of it is written. */
export interface Entry {
  seconds: number;
  nanos: number;
  readonly start: number;
  readonly end: number;
}

/** Some lines of a stream, in the order of their times. */
export interface Lines {
  readonly stream: Stream;
  readonly entries: readonly Entry[];
}

/** Structured metadata. The arrays belong together, and are used again for the next. */
export interface Pairs {
  readonly names: readonly string[];
  readonly values: readonly string[];
}

/** What an entry has besides its time. */
export interface Rest extends Pairs {
  readonly line: string;
  /** Pairs that were written before. */
  readonly block: Uint8Array | undefined;
}

/** One of the two forms of the push API. What an entry has besides its time is written first, its time with the request. */
export interface Codec {
  readonly contentType: string;
  /** Pairs as they stand in an entry, at least one. */
  block(pairs: Pairs): Uint8Array;
  rest(to: Arena, rest: Rest): void;
  /** At most how many bytes the entry takes in a request. */
  size(entry: Entry): number;
  /** At most how many bytes a stream takes besides its entries. */
  overhead(stream: Stream): number;
  request(to: Arena, streams: readonly Lines[], entries: Buffer): void;
}
