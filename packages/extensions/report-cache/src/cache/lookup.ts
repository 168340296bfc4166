import type { Held } from './held.ts';
import type { Report } from './report.ts';
import type { Shelves } from './shelves.ts';

export interface RangeRequest {
  readonly cluster: string;
  /** Only reports after this cursor. */
  readonly after: number;
  /** At the most; 0: as many as fit. */
  readonly limit: number;
}

export interface Range {
  readonly reports: readonly Report[];
  /** What to ask for `after` to go on. */
  readonly next: number;
  /** How many after `after` are not kept any more. */
  readonly missed: number;
}

/** A reply over gRPC has to stay below the 4 MiB that clients take unless they say otherwise. */
const replyBytes = 4 * 1024 * 1024 - 64 * 1024;

/** The newest of each signal of these clusters, by cursor. None: of all. */
export const latestOf = (shelves: Shelves, clusters: readonly string[]): readonly Report[] =>
  wantedOf(shelves, clusters)
    .flatMap((cluster) => [...shelves.of(cluster)!.values()].flatMap(({ newest }) => newest?.report ?? []))
    .sort(byCursor);

/** Undefined for a cluster of which nothing has come. */
export function rangeOf(shelves: Shelves, { cluster, after, limit }: RangeRequest): Range | undefined {
  if (!shelves.of(cluster)) return undefined;
  const { held, missed } = keptOf(shelves, { clusters: [cluster], after });
  const reports: Report[] = [];
  let bytes = 0;
  for (const { report } of held) {
    bytes += report!.event.length;
    if (reports.length > 0 && (reports.length === limit || bytes > replyBytes)) break;
    reports.push(report!);
  }
  return { reports, next: reports.at(-1)?.cursor ?? after, missed };
}

/** What is kept of these clusters after a cursor, by cursor, and how many are not. None: of all. */
export function keptOf(
  shelves: Shelves,
  { clusters, after }: { readonly clusters: readonly string[]; readonly after: number },
): { readonly held: readonly Held[]; readonly missed: number } {
  const all = wantedOf(shelves, clusters).flatMap((cluster) => [...shelves.of(cluster)!.values()]);
  const held = all.flatMap((shelf) => shelf.held.filter(({ cursor }) => cursor > after));
  return {
    held: all.length > 1 ? held.sort(byCursor) : held,
    missed: all.reduce((sum, shelf) => sum + shelf.missed(after), 0),
  };
}

const wantedOf = (shelves: Shelves, clusters: readonly string[]): string[] =>
  clusters.length === 0 ? [...shelves.clusters()] : [...new Set(clusters)].filter((cluster) => shelves.of(cluster));

const byCursor = (a: { readonly cursor: number }, b: { readonly cursor: number }): number => a.cursor - b.cursor;
