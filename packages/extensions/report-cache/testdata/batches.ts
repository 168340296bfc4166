import type { AnyValue, Attributes, LogsBatch, MetricsBatch, ResourceMetrics } from '@millrace/core';
import { logsBatch, metricsBatch, pointType, valueType } from '@millrace/core';

const times = { startTime: [0, 0], endTime: [1_700_000_000, 0] } as const;

export interface Gauge {
  readonly name: string;
  readonly value: number | bigint;
  readonly attributes?: Attributes;
}

export const resourceMetrics = (attributes: Attributes, gauges: readonly Gauge[]): ResourceMetrics => ({
  resource: { attributes },
  scopeMetrics: [
    {
      scope: { name: 'test' },
      metrics: gauges.map(({ name, value, attributes: own = {} }) => ({
        descriptor: {
          name,
          description: '',
          unit: '1',
          valueType: typeof value === 'bigint' || Number.isInteger(value) ? valueType.int : valueType.double,
        },
        dataPointType: pointType.gauge,
        dataPoints: [{ ...times, attributes: own, value }],
      })),
    },
  ],
});

/** A batch of one gauge for each of the clusters. */
export const report = (clusters: AnyValue | readonly AnyValue[], value = 1): MetricsBatch =>
  metricsBatch(
    [clusters]
      .flat()
      .map((cluster) =>
        resourceMetrics({ 'cockroachdb.cluster.name': cluster as AnyValue }, [{ name: 'test.value', value }]),
      ),
  );

/** One of about so many bytes. */
export const large = (cluster: string, bytes: number): MetricsBatch =>
  metricsBatch([
    resourceMetrics({ 'cockroachdb.cluster.name': cluster, padding: 'x'.repeat(bytes) }, [
      { name: 'test.value', value: 1 },
    ]),
  ]);

export const logs = (cluster: string, body: string): LogsBatch =>
  logsBatch([
    {
      resource: { attributes: { 'cockroachdb.cluster.name': cluster } },
      scopeLogs: [{ scope: { name: 'test' }, logRecords: [{ time: [1_700_000_000, 0], observedTime: [1_700_000_000, 0], body, attributes: {} }] }],
    },
  ]);
