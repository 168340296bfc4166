import type { MetricData, Resource, ResourceMetrics, ScopeMetrics } from '@millrace/core';
import { endSeries, hrTime } from '@millrace/core';
import type { Assembled } from '@millrace/prometheus-parser';
import type { Target } from '../target.ts';
import { endedOf, pageReader, type StartTimeConfig, TooManySamples } from './page.ts';
import { type Outcome, scrapeReport } from './report.ts';
import type { OpenPage } from './request.ts';
import { targetResources } from './resources.ts';
import { scope } from './scope.ts';

export interface Scrape {
  readonly resourceMetrics: readonly ResourceMetrics[];
  readonly outcome: Outcome;
  /** Samples of the page that are not in the metrics, by reason. */
  readonly dropped: ReadonlyMap<string, number>;
}

export interface When {
  /** The time of the points, in milliseconds since the epoch. */
  readonly timeMs: number;
  /** Aborted when the scrape's time is up. */
  readonly signal: AbortSignal;
  /** Aborted when the target is not scraped any more. */
  readonly stop: AbortSignal;
}

export interface TargetScraper {
  /** A scrape that failed ends all series, and says so. Rejects only if it was stopped; then it is as if it had not been. */
  scrape(open: () => Promise<OpenPage>, when: When): Promise<Scrape>;
  /** The end of all there is: the target is gone. */
  end(timeMs: number): readonly ResourceMetrics[];
}

const nothing: ReadonlyMap<string, number> = new Map();

export function createTargetScraper(target: Target, startTime: StartTimeConfig): TargetScraper {
  const resources = targetResources(target);
  const reader = pageReader(target, resources, startTime);
  const reportOf = scrapeReport(target);
  /** What was told of the target, and under which resource. */
  let told: { readonly resource: Resource; readonly report: readonly MetricData[] } | undefined;
  let hasSeries = false;

  /** All there is to tell after a scrape: its series, and how it went. */
  function tell(scopeMetrics: readonly ScopeMetrics[], outcome: Outcome): ResourceMetrics[] {
    const report = reportOf(outcome);
    const found = resources.split(withMetrics(scopeMetrics, report));
    const before = told;
    told = { resource: resources.own, report };
    if (!before || before.resource === resources.own) return found;
    // What target_info says has changed: what was told under the old resource goes on under the new one.
    const own = found.find(({ resource }) => resource === resources.own);
    return own ? [endSeries({ ...own, resource: before.resource }, hrTime(outcome.timeMs)), ...found] : found;
  }

  function fail(
    error: unknown,
    timeMs: number,
  ): Pick<Outcome, 'samples' | 'taken' | 'added'> & { ended: readonly ScopeMetrics[] } {
    const all = reader.endAll(timeMs);
    const page = error instanceof TooManySamples ? error.page : undefined;
    // Series that nobody was told of do not end.
    const ended = hasSeries ? [...endedOf(page?.scopeMetrics ?? []), ...all] : [];
    hasSeries = false;
    return { ended, samples: page?.samples ?? 0, taken: page?.taken ?? 0, added: 0 };
  }

  function succeed(page: Assembled): readonly ScopeMetrics[] {
    hasSeries = true;
    resources.update(page.target);
    return page.scopeMetrics;
  }

  return {
    async scrape(open, { timeMs, signal, stop }) {
      const began = performance.now();
      const outcome = (rest: Omit<Outcome, 'timeMs' | 'durationMs'>): Outcome => ({
        timeMs,
        durationMs: performance.now() - began,
        ...rest,
      });
      try {
        const page = await reader.read(await open(), timeMs);
        const { samples, taken, added, bytes, dropped } = page;
        const how = outcome({ error: undefined, samples, taken, added, bytes });
        return { outcome: how, dropped, resourceMetrics: tell(succeed(page), how) };
      } catch (thrown) {
        stop.throwIfAborted();
        // What breaks when the time is up has many names.
        const error: unknown = signal.aborted ? signal.reason : thrown;
        const { ended, ...counts } = fail(error, timeMs);
        const how = outcome({ error, ...counts, bytes: undefined });
        return { outcome: how, dropped: nothing, resourceMetrics: tell(ended, how) };
      }
    },
    end(timeMs) {
      if (!told) return [];
      const { resource, report } = told;
      const ended = hasSeries ? resources.split(reader.endAll(timeMs)) : [];
      hasSeries = false;
      told = undefined;
      return [
        ...ended.filter(({ scopeMetrics }) => scopeMetrics.length > 0),
        endSeries({ resource, scopeMetrics: [{ scope, metrics: report }] }, hrTime(timeMs)),
      ];
    },
  };
}

/** With more metrics of the receiver's own scope. */
function withMetrics(scopeMetrics: readonly ScopeMetrics[], more: readonly MetricData[]): ScopeMetrics[] {
  const own = scopeMetrics.find((one) => one.scope === scope);
  if (!own) return [...scopeMetrics, { scope, metrics: more }];
  return scopeMetrics.map((one) => (one === own ? { scope, metrics: [...one.metrics, ...more] } : one));
}
