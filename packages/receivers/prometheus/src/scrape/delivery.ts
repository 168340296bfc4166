import type { Clock, Consumer, Logger, ResourceMetrics } from '@millrace/core';
import { isPermanent, itemCount, metricsBatch, NoPipelineError, stateLog } from '@millrace/core';
import { endedOf } from './page.ts';

/** Hands on what a target gave. The end of a series does not come again, so it is kept where the pipeline does not take it. */
export interface Delivery {
  /** Rejects if the pipeline did not take it. */
  handOver(resourceMetrics: readonly ResourceMetrics[], signal: AbortSignal): Promise<void>;
}

/** More points than this are not kept for a pipeline that does not take them. */
const mostKept = 100_000;

export function createDelivery(next: Consumer, dropped: (items: number, reason: string) => void): Delivery {
  let owed: readonly ResourceMetrics[] = [];

  function keep(refused: readonly ResourceMetrics[]): void {
    const ended = refused.flatMap(({ resource, scopeMetrics }) => {
      const own = endedOf(scopeMetrics);
      return own.length > 0 ? [{ resource, scopeMetrics: own }] : [];
    });
    const kept = itemCount(metricsBatch(ended));
    owed = kept > mostKept ? [] : ended;
    if (kept > mostKept) dropped(kept, 'pipeline_refused');
  }

  return {
    async handOver(resourceMetrics, signal) {
      const all = owed.length > 0 ? [...owed, ...resourceMetrics] : resourceMetrics;
      if (all.length === 0) return;
      try {
        await next.consume(metricsBatch(all), signal);
        owed = [];
      } catch (error) {
        if (isPermanent(error)) owed = [];
        else keep(all);
        if (!(error instanceof NoPipelineError)) throw error;
      }
    },
  };
}

/** Says when the pipeline begins to refuse, and when it has taken all for a while. */
export interface HandingLog {
  refused(error: unknown): void;
  taken(): void;
}

/** So long nothing may be refused. One that takes some and refuses others would fill the log with many targets. */
const quietMs = 60_000;

export function handingLog({ clock, log }: { readonly clock: Clock; readonly log: Logger }): HandingLog {
  const state = stateLog(log);
  let refusedAt = Number.NEGATIVE_INFINITY;
  return {
    refused(error) {
      refusedAt = clock.now();
      state.trouble('The pipeline did not take a scrape.', error);
    },
    taken() {
      if (clock.now() - refusedAt >= quietMs) state.fine('The pipeline takes scrapes again.');
    },
  };
}
