import {
  InMemoryMetricExporter,
  AggregationTemporality,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { testContext } from '@millrace/core/testing';
import { expect, test } from 'vitest';
import { large, report } from '../../testdata/batches.ts';
import { configOf } from '../../testdata/server.ts';
import { createCache } from './cache.ts';

test('the metrics of its own say what it holds', async () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const provider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });
  const cache = createCache(
    configOf({ reports: 2, subscriber_queue: 1, max_bytes: '10kB' }),
    testContext({ meter: provider.getMeter('test') }),
  );
  const subscription = cache.subscribe({ clusters: ['a'], after: undefined });
  for (let value = 0; value < 4; value++) await cache.take(report(['a', 'b'], value));
  await cache.take(large('a', 20_000));
  const size = cache.latest(['a'])[0]!.event.length;

  const read = async (): Promise<Record<string, unknown>> => {
    exporter.reset();
    await provider.forceFlush();
    const [{ scopeMetrics }] = exporter.getMetrics() as [ReturnType<typeof exporter.getMetrics>[0]];
    return Object.fromEntries(
      scopeMetrics[0]!.metrics.map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints[0]!.value]),
    );
  };
  expect(await read()).toEqual({
    millrace_report_cache_reports: 4,
    millrace_report_cache_bytes: 4 * size,
    millrace_report_cache_clusters: 2,
    millrace_report_cache_subscribers: 1,
    millrace_report_cache_missed_reports: 3,
    millrace_dropped_items: 1,
  });
  subscription.close();
  expect(await read()).toMatchObject({ millrace_report_cache_subscribers: 0 });
  await cache.close();
  await provider.shutdown();
});
