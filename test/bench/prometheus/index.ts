import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import type { ResourceMetrics as SdkResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { Attributes, HrTime, MetricData, ResourceMetrics } from '@millrace/core';
import { pointType, temporality, valueType } from '@millrace/core';
import { createPage, namingOf } from '@millrace/prometheus-text';
import type { Page } from '@millrace/prometheus-text';

const metricCount = 100;
const pointsPerMetric = 1000;
const rounds = 7;

/**
 * A page of 100,000 series with 6 attributes each, half of them counters of whole numbers, half gauges: ours, which
 * keeps the labels of a series from page to page, against the serializer of the OpenTelemetry SDK on the same data.
 */
export default async function bench(): Promise<{ rows: string[][]; json: Record<string, number> }> {
  const data = dataSource();
  const serializer = new PrometheusSerializer();
  const page = createPage({ naming: namingOf('UnderscoreEscapingWithSuffixes') });
  const times = { cold: [] as number[], update: [] as number[], render: [] as number[], sdk: [] as number[] };
  let bytes = 0;
  let sdkBytes = 0;

  const toBytes = (text: string): number => Buffer.from(text).length;
  const rendered = (ours: Page): number =>
    ours.render({ format: 'prometheus' }).reduce((sum, piece) => sum + toBytes(piece), 0);
  const updated = (ours: Page, batch: ResourceMetrics): void => void Array.from(ours.update([batch], 0));

  updated(page, data(0));
  rendered(page);
  serializer.serialize(data(0) as unknown as SdkResourceMetrics);
  for (let round = 1; round <= rounds; round += 1) {
    const batch = data(round);
    times.update.push(timed(() => updated(page, batch)));
    times.render.push(timed(() => (bytes = rendered(page))));
    times.sdk.push(timed(() => (sdkBytes = toBytes(serializer.serialize(batch as unknown as SdkResourceMetrics)))));
    const fresh = createPage({ naming: namingOf('UnderscoreEscapingWithSuffixes') });
    times.cold.push(
      timed(() => {
        updated(fresh, batch);
        rendered(fresh);
      }),
    );
  }

  const [cold, update, render, sdk] = [times.cold, times.update, times.render, times.sdk].map(median) as Quadruple;
  const ms = (value: number): string => `${value.toFixed(1)} ms`;
  return {
    rows: [
      ['100,000 series, 6 attributes', 'time', 'against the SDK'],
      ['render the page', ms(render), `${(sdk / render).toFixed(1)}x as fast`],
      ['take in a batch and render', ms(update + render), `${(sdk / (update + render)).toFixed(1)}x as fast`],
      ['the same, on an empty page', ms(cold), `${(sdk / cold).toFixed(1)}x as fast`],
      ['PrometheusSerializer', ms(sdk), '1x'],
      ['page', `${(bytes / 1e6).toFixed(1)} MB`, `${(sdkBytes / 1e6).toFixed(1)} MB`],
    ],
    json: {
      ratio_to_sdk: (update + render) / sdk,
      ratio_to_sdk_cold: cold / sdk,
      ms_per_page: render,
      ms_per_update: update,
      bytes_per_page: bytes,
    },
  };
}

type Quadruple = [number, number, number, number];

/** Batches of the same series: their attribute objects stay, as a scraper's do, and their values change. */
function dataSource(): (round: number) => ResourceMetrics {
  const resource = {
    attributes: { 'service.name': 'bench', 'service.instance.id': '1', 'host.name': 'localhost' },
  };
  const scope = { name: 'bench', version: '1.0.0' };
  const attributes: Attributes[] = Array.from({ length: pointsPerMetric }, (_, index) => ({
    'process.pid': String(index + 1000),
    'process.executable.name': `worker-${index % 50}`,
    'process.owner': index % 3 === 0 ? 'root' : 'service',
    'cpu.mode': index % 2 === 0 ? 'user' : 'system',
    'container.id': `${index}`.padStart(12, 'a1b2c3d4e5f6'),
    'k8s.pod.name': `deployment-${index % 97}-${index % 13}`,
  }));
  const startTime: HrTime = [1_700_000_000, 0];
  const metric = (index: number): Omit<MetricData, 'dataPoints'> => {
    const descriptor = {
      name: `bench.metric.${index}`,
      description: `The metric number ${index} of the benchmark`,
      unit: 'By',
      valueType: index % 2 === 0 ? valueType.int : valueType.double,
    };
    if (index % 2 === 1) return { descriptor, dataPointType: pointType.gauge };
    return {
      descriptor,
      dataPointType: pointType.sum,
      isMonotonic: true,
      aggregationTemporality: temporality.cumulative,
    } as Omit<MetricData, 'dataPoints'>;
  };
  const metrics = Array.from({ length: metricCount }, (_, index) => metric(index));

  return (round) => {
    const endTime: HrTime = [1_700_000_000 + round, 0];
    return {
      resource,
      scopeMetrics: [
        {
          scope,
          metrics: metrics.map((template, at) => ({
            ...template,
            dataPoints: attributes.map((own, index) => ({
              startTime,
              endTime,
              attributes: own,
              value: at % 2 === 0 ? index * 4096 + round * 1000 + at : (index + 1) / (round + 7 + at),
            })),
          })) as MetricData[],
        },
      ],
    };
  };
}

function timed(work: () => void): number {
  const began = performance.now();
  work();
  return performance.now() - began;
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;
