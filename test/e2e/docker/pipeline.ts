import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createCollector,
  defineExporter,
  isEnded,
  type Logger,
  type MetricData,
  nanoseconds,
  type ResourceMetrics,
} from '@millrace/core';

/** A point, with what is around it. */
export interface Found {
  readonly resource: Readonly<Record<string, unknown>>;
  readonly metric: MetricData;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly value: number | bigint | undefined;
  readonly ended: boolean;
  readonly startTimeMs: number;
}

/** What one receiver said at one scrape. */
export interface Reading {
  /** The points of a container (by its id or name) under a name, with these attributes; all of them without a name. */
  points(container: string, metric?: string, attributes?: Readonly<Record<string, unknown>>): readonly Found[];
  /** The sum of those points as a number. NaN where there are none: every comparison with it fails. */
  value(container: string, metric: string, attributes?: Readonly<Record<string, unknown>>): number;
}

/** `metrics` of a receiver: all of these on. */
export const enabled = (names: readonly string[]): string =>
  `metrics: { ${names.map((name) => `${name}: { enabled: true }`).join(', ')} }`;

export interface Scraping {
  /** Scrapes all receivers at once. By the id of the receiver. */
  scrape(): Promise<Readonly<Record<string, Reading>>>;
  /** Scrapes until it is so, and resolves with that scrape. Rejects after ten seconds. */
  until(
    condition: (readings: Readonly<Record<string, Reading>>) => boolean,
  ): Promise<Readonly<Record<string, Reading>>>;
  /** Warnings and errors so far. */
  readonly lines: readonly string[];
  stop(): Promise<void>;
}

/** Runs these receivers in a collector, each in a pipeline of its own, from YAML. `receivers` is the YAML below `receivers:`. */
export async function startScraping(receivers: Readonly<Record<string, string>>): Promise<Scraping> {
  const place = mkdtempSync(join(tmpdir(), 'millrace-scraping-'));
  const file = join(place, 'config.yaml');
  const ids = Object.keys(receivers);
  const safe = (id: string): string => id.replaceAll('/', '-');
  writeFileSync(
    file,
    [
      'receivers:',
      ...ids.map((id) => `  ${id}: { initial_delay: 0s, collection_interval: 1h, ${receivers[id]} }`),
      'exporters:',
      ...ids.map((id) => `  keep/${safe(id)}: { sending_queue: { enabled: false } }`),
      'service:',
      '  pipelines:',
      ...ids.map((id) => `    metrics/${safe(id)}: { receivers: [${id}], exporters: [keep/${safe(id)}] }`),
    ].join('\n'),
  );
  const kept = new Map<string, ResourceMetrics[]>();
  const keep = defineExporter({
    type: 'keep',
    description: 'Keeps what it gets.',
    signals: ['metrics'],
    config: { properties: {} },
    create: (_config, { id }) => ({
      async consume(batch) {
        if (batch.signal === 'metrics') kept.set(id, [...(kept.get(id) ?? []), ...batch.resourceMetrics]);
      },
    }),
  });
  const lines: string[] = [];
  const write = (fields: object, message: string): void => void lines.push(`${message} ${JSON.stringify(fields)}`);
  const log: Logger = { debug() {}, info() {}, warn: write, error: write };
  const collector = await createCollector(file, { components: [keep], polling: 'manual', log });
  await collector.start();
  const scrape = async (): Promise<Readonly<Record<string, Reading>>> => {
    kept.clear();
    await collector.scrapeOnce();
    return Object.fromEntries(ids.map((id) => [id, readingOf(kept.get(`keep/${safe(id)}`) ?? [])]));
  };
  return {
    lines,
    scrape,
    async until(condition) {
      for (const until = Date.now() + 10_000; ; await sleep(50)) {
        const readings = await scrape();
        if (condition(readings)) return readings;
        if (Date.now() > until) throw new Error(`It never became so: ${condition.toString()}`);
      }
    },
    async stop() {
      await collector.shutdown();
      rmSync(place, { recursive: true });
    },
  };
}

function readingOf(resources: readonly ResourceMetrics[]): Reading {
  const all: Found[] = [];
  for (const { resource, scopeMetrics } of resources)
    for (const { metrics } of scopeMetrics)
      for (const metric of metrics)
        for (const point of metric.dataPoints)
          all.push({
            resource: resource.attributes,
            metric,
            attributes: point.attributes,
            value: point.value as number | bigint | undefined,
            ended: isEnded(point),
            startTimeMs: Number(nanoseconds(point.startTime) / 1_000_000n),
          });
  const points: Reading['points'] = (container, name, attributes = {}) =>
    all.filter(
      ({ resource, metric, attributes: has }) =>
        (resource['container.id'] === container || resource['container.name'] === container) &&
        (name === undefined || metric.descriptor.name === name) &&
        Object.entries(attributes).every(([key, value]) => has[key] === value),
    );
  return {
    points,
    value(container, metric, attributes) {
      const found = points(container, metric, attributes).filter(({ ended }) => !ended);
      return found.length === 0 ? Number.NaN : found.reduce((sum, { value }) => sum + Number(value), 0);
    },
  };
}
