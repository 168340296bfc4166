import type { Clock, Collection, Extension, InputOf, MetricSettings, Scraper } from '@millrace/core';
import { createScraper, logsBatch, metricsBatch, resolveConfig } from '@millrace/core';
import { manualClock, render, testContext } from '@millrace/core/testing';
import definition from '../src/index.ts';

export type Input = InputOf<typeof definition.config>;

/** A receiver, and what it collects as text. */
export interface Harness {
  readonly scraper: Scraper;
  /** Ports are written as `node1` and so on, in the order of the endpoints. */
  scrape(timeoutMs?: number): Promise<Scraped>;
  advance(ms: number): Promise<void>;
  stop(): Promise<void>;
}

export interface Scraped extends Collection {
  readonly metrics: string;
  readonly logs: string;
  /** The value of a line that begins so; undefined if there is none. */
  value(series: string): number | bigint | undefined;
}

/** Times that no test can know. */
const unknowable: MetricSettings = {
  'cockroachdb.probe.rtt': { enabled: false },
  'cockroachdb.node.rtt': { enabled: false },
};

export interface HarnessOptions {
  readonly now?: string;
  readonly settings?: MetricSettings;
  readonly extension?: Extension;
  /** Default: one that stands still. */
  readonly clock?: Clock;
}

export async function harness(
  config: Input,
  { now, settings = unknowable, extension, clock: own }: HarnessOptions = {},
): Promise<Harness> {
  const clock = manualClock(now === undefined ? undefined : Date.parse(now));
  const resolved = resolveConfig(definition.config, config);
  const scraper = createScraper(definition, resolved, testContext({ clock: own ?? clock, ...(extension && { extension: () => extension }) }), settings);
  await scraper.start?.();
  const ports = config.clusters.flatMap(({ endpoints }) => endpoints.map((url) => new URL(url).port));
  const tidy = (text: string): string =>
    ports
      .reduce((tidied, port, index) => {
        const name = `node${index + 1}`;
        return tidied.replaceAll(`=${port}`, `="${name}"`).replaceAll(`:${port}`, `:${name}`);
      }, text)
      .trim()
      .split('\n')
      .sort()
      .join('\n');
  return {
    scraper,
    async scrape(timeoutMs = 10_000) {
      const collection = await scraper.collect({ timeoutMs });
      const metrics = tidy(render(metricsBatch(collection.resourceMetrics)));
      return {
        ...collection,
        metrics,
        logs: tidy(render(logsBatch(collection.resourceLogs))),
        value(series) {
          const line = metrics.split('\n').find((one) => one.startsWith(`${series} `));
          const value = line?.slice(series.length + 1).split(' ')[0]?.replaceAll('"', '');
          return value === undefined || value === 'ended' ? undefined : value.endsWith('n') ? BigInt(value.slice(0, -1)) : Number(value);
        },
      };
    },
    advance: (ms) => clock.advance(ms),
    stop: async () => scraper.shutdown?.(AbortSignal.timeout(1000)),
  };
}
