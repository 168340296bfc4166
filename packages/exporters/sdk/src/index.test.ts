import { createRequire } from 'node:module';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { metricsBatch, noRecordedValue, pointType, resolveConfig, valueType, type DataPoint } from '@millrace/core';
import { testContext } from '@millrace/core/testing';
import type { InMemoryMetricExporter as InMemory } from '@opentelemetry/sdk-metrics';
import { describe, expect, it, vi } from 'vitest';
import sdk from './index.ts';

// The instance that the exporter loads: an ESM import would be another.
const { InMemoryMetricExporter } = createRequire(import.meta.url)('@opentelemetry/sdk-metrics') as {
  InMemoryMetricExporter: typeof InMemory;
};

const times = { startTime: [1, 0], endTime: [2, 0] } as const;
const batch = (...dataPoints: DataPoint<number | bigint>[]) =>
  metricsBatch([
    {
      resource: { attributes: { host: 'a' } },
      scopeMetrics: [
        {
          scope: { name: 'test' },
          metrics: [
            {
              descriptor: { name: 'm', description: '', unit: '1', valueType: valueType.int },
              dataPointType: pointType.gauge,
              dataPoints,
            },
          ],
        },
      ],
    },
  ]);

const create = (module: string, name: string, options = {}) =>
  sdk.create(resolveConfig(sdk.config, { module, export: name, options }), testContext());

describe('sdk exporter', () => {
  it('hands over what the SDK can hold', async () => {
    const exported = vi.spyOn(InMemoryMetricExporter.prototype, 'export');
    const exporter = create('@opentelemetry/sdk-metrics', 'InMemoryMetricExporter');
    await exporter.start!();
    await exporter.consume(
      batch(
        { ...times, attributes: { n: 1 }, value: 5 },
        { ...times, attributes: { n: 2 }, value: 6n },
        { ...times, attributes: { n: 3 }, value: 2n ** 60n },
        { ...times, attributes: { n: 4 }, value: undefined, flags: noRecordedValue },
      ),
    );
    const [metrics] = exported.mock.lastCall!;
    expect(metrics.scopeMetrics[0]!.metrics[0]!.dataPoints.map(({ value }) => value)).toEqual([5, 6]);
    await exporter.shutdown!(AbortSignal.timeout(1000));
    exported.mockRestore();
  });

  it('passes a failure on, to be retried', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sdk-'));
    const file = join(folder, 'failing.js');
    writeFileSync(
      file,
      'exports.FailingExporter = class { export(_, done) { done({ code: 1, error: new Error("backend is down") }); } async shutdown() {} };',
    );
    const exporter = create(file, 'FailingExporter');
    await exporter.start!();
    await expect(exporter.consume(batch({ ...times, attributes: {}, value: 1 }))).rejects.toThrow('backend is down');
    rmSync(folder, { recursive: true });
  });

  it.each([
    [
      'not-a-package-of-anyone',
      'X',
      /not-a-package-of-anyone cannot be loaded \(npm install not-a-package-of-anyone\?\)/,
    ],
    ['@opentelemetry/sdk-metrics', 'Nope', /has no class Nope; it has .*ConsoleMetricExporter/],
  ])('says what is missing: %s %s', async (module, name, message) => {
    await expect(create(module, name).start!()).rejects.toThrow(message);
  });
});
