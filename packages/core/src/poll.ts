import type { Clock, Component, Consumer, Logger } from './component.ts';
import type { ScraperCounts } from './delivery/observe.ts';
import type { ResourceMetrics } from './batch.ts';
import { metricsBatch } from './batch.ts';
import { NoPipelineError, toError } from './errors.ts';
import type { Scraper } from './scraper.ts';
import { createBacklog } from './scraped-logs.ts';
import { stateLog } from './state-log.ts';

export interface PollConfig {
  readonly collection_interval: number;
  readonly initial_delay: number;
  /** 0: as long as the interval. */
  readonly timeout: number;
}

export interface PollHost {
  /** `manual`: only when `scrapeOnce` is called. */
  readonly polling: 'interval' | 'manual';
  readonly next: Consumer;
  readonly clock: Clock;
  readonly log: Logger;
  readonly counts: ScraperCounts;
  dropped(items: number, reason: string): void;
}

export interface Poller extends Component {
  readonly initialDelayMs: number;
  /** Scrapes now and hands on what it collected; rejects if the pipeline refused it. */
  scrapeOnce(signal: AbortSignal): Promise<void>;
}

/**
 * Runs a scraper on its interval and hands on what it collects. A scrape or a pipeline that is slow delays the next scrape
 * and is not run into; the intervals that were missed are left out.
 */
export function poll(
  scraper: Scraper,
  config: PollConfig,
  { next, clock, log, counts, polling, dropped }: PollHost,
): Poller {
  const stop = new AbortController();
  const reading = stateLog(log);
  const handing = stateLog(log);
  const backlog = createBacklog(dropped);
  let loop: Promise<void> | undefined;

  async function scrapeOnce(signal: AbortSignal): Promise<void> {
    const { resourceMetrics, resourceLogs, errors } = await scraper.collect({
      timeoutMs: config.timeout || config.collection_interval,
      signal,
    });
    counts.errored(errors.length);
    const [first] = errors;
    if (first === undefined) reading.fine('Everything can be read again.');
    else reading.trouble('Could not read everything.', toError(first));
    backlog.add(resourceLogs);
    if (signal.aborted) return;
    const handed = await Promise.allSettled([
      handOverMetrics(resourceMetrics, signal),
      backlog.handOver((batch) => next.consume(batch, signal)),
    ]);
    for (const result of handed) if (result.status === 'rejected') throw result.reason;
  }

  async function handOverMetrics(resourceMetrics: readonly ResourceMetrics[], signal: AbortSignal): Promise<void> {
    if (resourceMetrics.length === 0) return;
    const batch = metricsBatch(resourceMetrics);
    counts.scraped(batch);
    try {
      await next.consume(batch, signal);
    } catch (error) {
      // Only its log records are wanted.
      if (!(error instanceof NoPipelineError)) throw error;
    }
  }

  async function run(): Promise<void> {
    const { collection_interval: interval, initial_delay: delay } = config;
    let due = clock.now() + delay;
    while (!stop.signal.aborted) {
      try {
        await clock.sleep(Math.max(due - clock.now(), 0), stop.signal);
      } catch {
        return;
      }
      try {
        await scrapeOnce(stop.signal);
        handing.fine('The pipeline takes scrapes again.');
      } catch (error) {
        if (!stop.signal.aborted) handing.trouble('The pipeline did not take a scrape.', error);
      }
      const now = clock.now();
      due += interval * Math.max(1, Math.ceil((now - due) / interval));
      if (due - now > interval) due = now + interval; // the clock was set back
    }
  }

  return {
    initialDelayMs: config.initial_delay,
    scrapeOnce,
    async start() {
      await scraper.start?.();
      if (polling === 'interval') loop ??= run();
    },
    ...(scraper.command && { command: (call) => scraper.command!(call) }),
    async shutdown(signal) {
      stop.abort(new Error('shut down'));
      await loop;
      await scraper.shutdown?.(signal);
    },
  };
}
