import { type ClusterRecorder, recordCluster } from './cluster-state.ts';
import { clusterView } from './cluster-view.ts';
import type { Report } from './report.ts';
import type { Page } from './table.ts';

/** All clusters of which reports have come. */
export interface Board {
  take(report: Report): void;
  /** After reports were missed: series may have ended without our knowing. */
  renew(): void;
  /** In the order of their names. */
  readonly clusters: readonly string[];
  /** The block of one cluster. `nowMs`: by the service's clock; without it, the block says when and not how long ago. */
  lines(cluster: string, page: Page, nowMs?: number): string[];
}

const mostClusters = 1000;

export function createBoard(): Board {
  const clusters = new Map<string, ClusterRecorder>();
  let cursor = 0n;
  return {
    take(report) {
      // Cursors only grow: the service has begun anew.
      if (report.cursor <= cursor) clusters.clear();
      cursor = report.cursor;
      const known = clusters.get(report.cluster) ?? recordCluster(report.cluster);
      known.take(report);
      if (clusters.size < mostClusters) clusters.set(report.cluster, known);
    },
    renew() {
      for (const cluster of clusters.values()) cluster.renew();
    },
    get clusters() {
      return [...clusters.keys()].sort();
    },
    lines: (cluster, page, nowMs) => {
      const known = clusters.get(cluster);
      return known ? clusterView(known.state(), page, nowMs) : [];
    },
  };
}
