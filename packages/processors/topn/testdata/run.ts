import type { InputOf, MetricData, MetricsBatch, NumberPoint, ResourceMetrics } from '@millrace/core';
import { isEnded, resolveConfig } from '@millrace/core';
import { render, sink, testContext } from '@millrace/core/testing';
import type { config } from '../src/config.ts';
import topn from '../src/index.ts';

type Input = InputOf<typeof config>;
export type Settings = { readonly [Key in keyof Input]?: Input[Key] | undefined };

/** A topn that ranks processes by PSS unless told otherwise, and gives back what became of a batch. */
export function start(settings: Settings = {}) {
  const next = sink();
  const context = testContext();
  const processor = topn.create(
    resolveConfig(topn.config, { entity: 'process.pid', by: 'process.memory.pss', ...settings } as Input),
    context,
    next,
  );
  const pass = async (batch: MetricsBatch): Promise<MetricsBatch> => {
    next.batches.length = 0;
    await processor.consume(batch);
    return (next.batches[0] as MetricsBatch | undefined) ?? { signal: 'metrics', resourceMetrics: [] };
  };
  return {
    next,
    clock: context.clock as ReturnType<typeof import('@millrace/core/testing').manualClock>,
    processor,
    pass,
    /** What became of a batch as text, a line a point. */
    text: async (batch: MetricsBatch): Promise<string> => render(await pass(batch)),
  };
}

/** The ids of the processes with values in a batch, smallest first. */
export const pids = ({ resourceMetrics }: MetricsBatch): number[] =>
  resourceMetrics
    .filter((one) => points(one).some(({ point }) => !isEnded(point)))
    .flatMap(({ resource }) => (resource.attributes['process.pid'] as number | undefined) ?? [])
    .sort((a, b) => a - b);

export interface Found {
  readonly resource: ResourceMetrics['resource'];
  readonly metric: MetricData;
  readonly point: NumberPoint;
}

export const points = ({ resource, scopeMetrics }: ResourceMetrics): Found[] =>
  scopeMetrics.flatMap(({ metrics }) =>
    metrics.flatMap((metric) => metric.dataPoints.map((point) => ({ resource, metric, point: point as NumberPoint }))),
  );

/** The points of a metric in a batch, with values only. */
export const find = ({ resourceMetrics }: MetricsBatch, name: string): Found[] =>
  resourceMetrics.flatMap(points).filter(({ metric, point }) => metric.descriptor.name === name && !isEnded(point));
