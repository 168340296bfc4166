import type { LogRecord, MetricData } from '@millrace/core';
import { createScraper, metricsBatch, resolveConfig, systemClock } from '@millrace/core';
import { manualClock, render, testContext } from '@millrace/core/testing';
import definition from '../src/index.ts';
import { metrics } from '../src/metrics.ts';

export interface Seen {
  /** As `render` has it, without the values of durations and with the ports left out. */
  readonly text: string;
  readonly logs: readonly string[];
  readonly records: readonly LogRecord[];
  readonly errors: readonly unknown[];
  /** The values of a metric, by its attributes without the URL. */
  values(metric: string): Readonly<Record<string, unknown>>;
}

const all = Object.fromEntries(Object.keys(metrics).map((name) => [name, { enabled: true }]));

/** A scraper of targets, and what it sees; all metrics are on. */
export function checking(targets: readonly object[], { clock = 'system' }: { clock?: 'system' | 'manual' } = {}) {
  const manual = manualClock();
  const context = testContext({ clock: clock === 'system' ? systemClock : manual });
  const scraper = createScraper(definition, resolveConfig(definition.config, { targets } as never), context, all);
  return {
    clock: manual,
    scraper,
    async scrape(timeoutMs = 20_000): Promise<Seen> {
      const { resourceMetrics, resourceLogs, errors } = await scraper.collect({ timeoutMs });
      const records = resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords));
      return {
        errors,
        records,
        logs: records.map(({ severityText, body }) => `${severityText} ${String(body)}`.replaceAll(/:\d{4,5}\b/g, ':PORT')),
        text: render(metricsBatch(resourceMetrics))
          .replaceAll(/:\d{4,5}\b/g, ':PORT')
          .replaceAll(/^(\S*\.duration\{.*\}) [\d.e-]+ ms$/gm, '$1 MS ms')
          .replaceAll(/ -?\d+ s$/gm, ' S s'),
        values(metric) {
          const found: Record<string, unknown> = {};
          for (const { scopeMetrics } of resourceMetrics)
            for (const { metrics: list } of scopeMetrics)
              for (const { descriptor, dataPoints } of list as readonly MetricData[])
                if (descriptor.name === metric)
                  for (const { attributes: { 'http.url': _, ...rest }, value } of dataPoints)
                    if (value !== undefined) found[Object.values(rest).join(' ')] = value;
          return found;
        },
      };
    },
  };
}
