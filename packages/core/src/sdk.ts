import type { CollectionResult, MetricProducer } from '@opentelemetry/sdk-metrics';
import type { DataPoint, MetricData, ResourceMetrics } from './batch.ts';
import { isEnded, pointType } from './batch.ts';
import type { AnyScraper, Metrics, ScraperDefinition } from './definition.ts';
import { resolveConfig } from './config/resolve.ts';
import type { ConfigSchema, InputOf } from './schema.ts';
import { createScraper, type MetricSettings } from './scraper.ts';
import { standaloneContext } from './standalone.ts';

type SdkResourceMetrics = CollectionResult['resourceMetrics'];

/** What an SDK has collected is a batch's content as it stands. */
export const fromSdk = (collected: SdkResourceMetrics): ResourceMetrics => collected as unknown as ResourceMetrics;

/** What the SDK's types cannot hold: `left` says what, with how many points. */
export interface ToSdk {
  readonly resourceMetrics: SdkResourceMetrics;
  readonly left: ReadonlyMap<string, number>;
}

const noResource = Object.freeze({ attributes: {} });

/** One resource's metrics for an SDK exporter. What the SDK's types cannot hold is left out, and told. */
export function toSdk({ resource, scopeMetrics }: ResourceMetrics): ToSdk {
  const left = new Map<string, number>();
  const leave = (reason: string, points: number): void => void left.set(reason, (left.get(reason) ?? 0) + points);
  const converted = scopeMetrics.map(({ scope, metrics }) => ({
    scope,
    metrics: metrics.flatMap((metric) => {
      if (metric.dataPointType === pointType.summary) {
        leave('summary', metric.dataPoints.length);
        return [];
      }
      const points = metric.dataPoints.flatMap((point) => sdkPoint(metric, point, leave));
      return points.length > 0 ? [{ ...metric, dataPoints: points }] : [];
    }),
  }));
  const resourceMetrics = {
    resource: resource ?? noResource,
    scopeMetrics: converted,
  } as unknown as SdkResourceMetrics;
  return { resourceMetrics, left };
}

function sdkPoint(
  metric: MetricData,
  point: DataPoint<unknown>,
  leave: (reason: string, points: number) => void,
): DataPoint<unknown>[] {
  if (isEnded(point)) return []; // the SDK has no word for it: the series is just not there any more
  if (typeof point.value !== 'bigint') return [point];
  const value = Number(point.value);
  if (Number.isSafeInteger(value)) return [{ ...point, value }];
  leave(`integer beyond 2^53 in ${metric.descriptor.name}`, 1);
  return [];
}

/**
 * A scraper outside any pipeline, for the `metricProducers` of an OpenTelemetry `MetricReader`. An SDK reader has one
 * resource only, so the entities' attributes become attributes of their points. It never rejects and never takes longer than
 * the reader's timeout: an SDK loses a whole cycle to a producer that rejects, and stalls on one that hangs.
 */
export function metricProducer<const S extends ConfigSchema, M extends Metrics>(
  definition: ScraperDefinition<S, M>,
  input: NoInfer<InputOf<S>>,
  metrics: MetricSettings = {},
): MetricProducer & AsyncDisposable {
  const context = standaloneContext(definition.type);
  const scraper = createScraper(
    definition as AnyScraper<M>,
    resolveConfig<ConfigSchema>(definition.config, input as Readonly<Record<string, unknown>>),
    context,
    metrics,
  );
  let starting: Promise<void> | undefined;
  return {
    async collect(options): Promise<CollectionResult> {
      try {
        await (starting ??= scraper.start?.());
      } catch (error) {
        starting = undefined; // perhaps at the next collection
        return {
          resourceMetrics: { resource: noResource, scopeMetrics: [] } as unknown as SdkResourceMetrics,
          errors: [error],
        };
      }
      const { resourceMetrics, errors } = await scraper.collect({ timeoutMs: options?.timeoutMillis ?? 30_000 });
      const { resourceMetrics: flat, left } = toSdk(flatten(resourceMetrics));
      const leftOut = [...left].map(([reason, points]) => new Error(`${points} points left out: ${reason}`));
      return { resourceMetrics: flat, errors: [...errors, ...leftOut] };
    },
    async [Symbol.asyncDispose]() {
      await scraper.shutdown?.(AbortSignal.timeout(5_000));
    },
  };
}

/** All entities in one resource: their attributes move to the points. */
function flatten(resourceMetrics: readonly ResourceMetrics[]): ResourceMetrics {
  const metrics = new Map<string, { metric: MetricData; points: DataPoint<unknown>[] }>();
  for (const { resource, scopeMetrics } of resourceMetrics)
    for (const scope of scopeMetrics)
      for (const metric of scope.metrics) {
        const { name } = metric.descriptor;
        let all = metrics.get(name);
        if (!all) metrics.set(name, (all = { metric, points: [] }));
        for (const point of metric.dataPoints)
          all.points.push({ ...point, attributes: { ...resource.attributes, ...point.attributes } });
      }
  const scope = resourceMetrics[0]?.scopeMetrics[0]?.scope ?? { name: 'millrace' };
  const merged = [...metrics.values()].map(({ metric, points }) => ({ ...metric, dataPoints: points }) as MetricData);
  return { resource: noResource, scopeMetrics: [{ scope, metrics: merged }] };
}
