import type { Clock, Consumer, Logger } from '@millrace/core';
import { describeError, formatDuration, stateLog, withFields } from '@millrace/core';
import { shown } from '@millrace/http-client';
import { everyInterval, type Limiter, offsetOf, type Poller, scrapeTime, withDeadline } from '@millrace/polling';
import type { Target } from '../target.ts';
import { createDelivery, type HandingLog } from './delivery.ts';
import type { StartTimeConfig } from './page.ts';
import type { Outcome } from './report.ts';
import type { Ask } from './request.ts';
import { createTargetScraper, type Scrape } from './target-scraper.ts';

/** What the targets of all jobs share. */
export interface ScrapeHost {
  readonly clock: Clock;
  readonly log: Logger;
  readonly next: Consumer;
  readonly limiter: Limiter;
  readonly startTime: StartTimeConfig;
  readonly handing: HandingLog;
  dropped(items: number, reason: string): void;
  /** For batches on their way when all is to end. */
  readonly deadline: AbortSignal;
}

/** How a target does; what is not known yet is absent. */
export interface TargetStatus {
  readonly job: string;
  readonly url: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly interval_seconds: number;
  readonly up?: boolean;
  /** ISO 8601. */
  readonly last_scrape?: string;
  readonly last_duration_seconds?: number;
  readonly samples?: number;
  /** Why the last scrape failed. */
  readonly error?: string;
}

/** The series of a target that is gone end. */
export interface TargetPoller extends Poller {
  status(): TargetStatus;
}

export interface PolledTarget {
  readonly target: Target;
  readonly ask: Ask;
  /** Why it may not be scraped now. */
  refusal(): Error | undefined;
  /** What has to be over before the first scrape. */
  readonly after: Promise<void> | undefined;
}

/** Scrapes a target on its interval. */
export function pollTarget({ target, ask, refusal, after }: PolledTarget, host: ScrapeHost): TargetPoller {
  const stop = new AbortController();
  const log = withFields(host.log, { job: target.job.name, target: shown(target.url) });
  const reaching = stateLog(log);
  const reading = stateLog(log);
  const scraper = createTargetScraper(target, host.startTime);
  const delivery = createDelivery(host.next, host.dropped);
  let last: Outcome | undefined;
  const late = (): Error =>
    new Error(`The scrape did not end within its timeout of ${formatDuration(target.timeoutMs)}.`);

  async function handOver(resourceMetrics: Scrape['resourceMetrics']): Promise<void> {
    try {
      await delivery.handOver(resourceMetrics, host.deadline);
      host.handing.taken();
    } catch (error) {
      host.handing.refused(error);
    }
  }

  function tell({ outcome, dropped }: Scrape): void {
    const { error } = outcome;
    last = outcome;
    if (error === undefined) reaching.fine('The target can be scraped again.');
    else reaching.trouble('A target cannot be scraped.', error);
    for (const [reason, samples] of dropped) host.dropped(samples, reason);
    if (dropped.size > 0) reading.trouble('Samples of a page were left out.', [...dropped.keys()].sort().join(', '));
    else if (error === undefined) reading.fine('All samples of the page can be taken again.');
  }

  async function scrapeOnce(due: number): Promise<void> {
    const timeMs = scrapeTime(due, host.clock.now(), target.intervalMs);
    const scrape = await withDeadline({ ms: target.timeoutMs, stop: stop.signal, late }, (signal) =>
      scraper.scrape(
        async () => {
          const refused = refusal();
          if (refused) throw refused;
          return ask(target, signal);
        },
        { timeMs, signal, stop: stop.signal },
      ),
    );
    if (stop.signal.aborted) return;
    tell(scrape);
    await handOver(scrape.resourceMetrics);
  }

  async function run(): Promise<void> {
    await after;
    const { key, intervalMs } = target;
    await everyInterval(
      { intervalMs, offsetMs: offsetOf(key, intervalMs) },
      { clock: host.clock, signal: stop.signal },
      (due) =>
        host.limiter
          .use(stop.signal, () => scrapeOnce(due))
          .catch((error: unknown) => {
            if (!stop.signal.aborted) reaching.trouble('A target cannot be scraped.', error);
          }),
    );
  }

  const running = run();
  return {
    status: () => statusOf(target, last),
    async stop(why) {
      stop.abort(new Error('It is no target any more.'));
      await running;
      if (why === 'gone') await handOver(scraper.end(host.clock.now()));
    },
  };
}

const statusOf = ({ job, url, labels, intervalMs }: Target, last: Outcome | undefined): TargetStatus => ({
  job: job.name,
  url: shown(url),
  labels: Object.fromEntries(labels),
  interval_seconds: intervalMs / 1000,
  ...(last && {
    up: last.error === undefined,
    last_scrape: new Date(last.timeMs).toISOString(),
    last_duration_seconds: last.durationMs / 1000,
    samples: last.samples,
    ...(last.error !== undefined && { error: describeError(last.error) }),
  }),
});
