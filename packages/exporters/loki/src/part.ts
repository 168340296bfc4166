import type { Body } from '@millrace/http-client';

/** What one request brings. */
export interface Part {
  readonly tenant: string | undefined;
  readonly lines: number;
  /** Made at the first ask, once. */
  body(): Promise<Body>;
  /** Two with half of the lines each; only of a part with more than one. */
  halves(): readonly [Part, Part];
  /** How many lines the stream has that Loki calls so; undefined if there is none. */
  linesOf(stream: string): number | undefined;
}

export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
