import type {
  AnyValue,
  Attributes,
  DataPoint,
  HrTime,
  MetricData,
  MetricsBatch,
  Resource,
  Scope,
} from '@millrace/core';
import { hrTime, metricsBatch, noRecordedValue, pointType, temporality, valueType } from '@millrace/core';
import { explicitHistograms, exponentialHistograms } from './generate-histograms.ts';
import { seeded, type Random } from '@millrace/core/testing';

/** One series: each call is its next point, or none. */
export type NextPoint = (round: Round) => DataPoint<never> | undefined;

export interface Round {
  readonly index: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

/** A metric, what its points are in each round, and whether a point has a metric of its own. */
interface Source {
  readonly metric: MetricData;
  readonly series: readonly NextPoint[];
  readonly isSplit: boolean;
}

export interface Generator {
  readonly random: Random;
  /** When series began: long before the translator's process, or long after. */
  readonly starts: readonly [before: number, after: number];
}

/** The batches of one sender, one after another. `now`: when the translator's process starts. */
export function generateBatches(seed: number, now: number): MetricsBatch[] {
  const random = seeded(seed);
  const hour = 3_600_000;
  const generator: Generator = { random, starts: [now - hour, now + hour] };
  const places = Array.from({ length: 1 + random.below(3) }, (_, index) => ({
    resource: { attributes: resourceAttributes(random) } satisfies Resource,
    scopes: Array.from({ length: 1 + random.below(2) }, (_ignored, at) => ({
      scope: scopeOf(random, at),
      sources: Array.from({ length: 1 + random.below(4) }, (_unused, of) =>
        sourceOf(generator, `m${index}.${at}.${of}`),
      ),
    })),
  }));
  return Array.from({ length: 3 + random.below(4) }, (_, index) => {
    const round = { index, time: now + 2 * hour + index * 10_000 + random.below(2) * 500 };
    return metricsBatch(
      places.map(({ resource, scopes }) => ({
        resource,
        scopeMetrics: scopes.map(({ scope, sources }) => ({
          scope,
          metrics: sources.flatMap((source) => metricsOf(source, round)),
        })),
      })),
    );
  });
}

function metricsOf({ metric, series, isSplit }: Source, round: Round): MetricData[] {
  const points = series.map((next) => next(round)).filter((point) => point !== undefined);
  const groups = isSplit ? points.map((point) => [point]) : [points];
  return groups.map((dataPoints) => ({ ...metric, dataPoints }) as MetricData);
}

const units = ['', '1', 'By', 's', 'ms', '{request}', '{request}/s', '%', 'KiBy', 'furlong', '{datapoint}', 'a/b/c'];

function sourceOf(generator: Generator, name: string): Source {
  const { random } = generator;
  const descriptor = { name, description: '', unit: random.pick(units), valueType: valueType.double };
  const aggregationTemporality = random.pick([temporality.delta, temporality.cumulative]);
  const isDelta = aggregationTemporality === temporality.delta;
  const many = <T>(make: (attributes: Attributes) => T): T[] =>
    Array.from({ length: 1 + random.below(3) }, (_, index) => make({ ...pointAttributes(random), series: index }));
  const empty = { descriptor, dataPoints: [] };
  switch (random.below(5)) {
    case 0:
      return {
        metric: { ...empty, dataPointType: pointType.gauge },
        series: many((attributes) => gauge(generator, attributes)),
        isSplit: false,
      };
    case 1: {
      const isMonotonic = random.chance(0.7);
      return {
        metric: { ...empty, dataPointType: pointType.sum, aggregationTemporality, isMonotonic },
        series: many((attributes) => (isDelta ? delta(generator, attributes) : counter(generator, attributes))),
        isSplit: true,
      };
    }
    case 2:
      return {
        metric: { ...empty, dataPointType: pointType.histogram, aggregationTemporality },
        series: many((attributes) => explicitHistograms(generator, attributes, isDelta)),
        isSplit: false,
      };
    case 3:
      return {
        metric: {
          ...empty,
          dataPointType: pointType.exponentialHistogram,
          aggregationTemporality: temporality.delta,
        },
        series: many((attributes) => exponentialHistograms(generator, attributes)),
        isSplit: false,
      };
    default:
      return {
        metric: { ...empty, dataPointType: pointType.summary },
        series: many((attributes) => summary(generator, attributes)),
        isSplit: true,
      };
  }
}

const unset: HrTime = [0, 0];

function gauge({ random }: Generator, attributes: Attributes): NextPoint {
  const extremes = [
    0,
    -0,
    1.5,
    -3,
    2 ** 60,
    2n ** 62n + 1n,
    -(2n ** 63n),
    Number.NaN,
    Number.POSITIVE_INFINITY,
    1e-300,
  ];
  return ({ time }) => ({
    startTime: unset,
    endTime: hrTime(time),
    attributes,
    ...(random.chance(0.05)
      ? { value: undefined, flags: noRecordedValue }
      : { value: (random.chance(0.5) ? random.pick(extremes) : (random.next() - 0.5) * 1e6) as never }),
  });
}

function delta({ random }: Generator, attributes: Attributes): NextPoint {
  const as = random.chance(0.3) ? { 'datadog.metric.as_type': random.pick(['rate', 'Rate', 'count', 'other']) } : {};
  return ({ time }) => ({
    startTime: random.chance(0.2) ? unset : hrTime(time - random.pick([10_000, 9_970, 10_300, 60_000, -5000])),
    endTime: hrTime(time),
    attributes: { ...attributes, ...as },
    value: random.pick([0, 5, 2.5, -1, 2n ** 60n, Number.NaN]) as never,
  });
}

function counter({ random, starts }: Generator, attributes: Attributes): NextPoint {
  let startTime = random.chance(0.3) ? unset : hrTime(random.pick(starts));
  let value = random.below(1000);
  return ({ time }) => {
    if (random.chance(0.1)) return undefined;
    value += random.pick([0, 1, 17, 0.5]);
    let endTime = hrTime(time);
    if (random.chance(0.1)) value = random.below(10);
    if (random.chance(0.1)) startTime = hrTime(time - 1000);
    if (random.chance(0.05)) startTime = endTime;
    if (random.chance(0.1)) endTime = hrTime(time - random.pick([10_000, 60_000]));
    return { startTime, endTime, attributes, value: (random.chance(0.05) ? Number.NaN : value) as never };
  };
}

function summary({ random, starts }: Generator, attributes: Attributes): NextPoint {
  let startTime = random.chance(0.3) ? unset : hrTime(random.pick(starts));
  let [count, sum] = [random.below(100), random.next() * 100];
  return ({ time }) => {
    count += random.below(5);
    sum += random.next() * 10;
    if (startTime !== unset && random.chance(0.1)) {
      startTime = hrTime(time - 1000);
      [count, sum] = [random.below(5), random.next()];
    }
    const quantiles = [0, 0.00001, 0.5, 0.99, 1].map((quantile) => ({
      quantile,
      value: random.chance(0.1) ? Number.NaN : random.next() * 10,
    }));
    return { startTime, endTime: hrTime(time), attributes, value: { count, sum, quantiles } as never };
  };
}

const values: readonly AnyValue[] = [
  'x',
  '',
  'Ä ö:ü,1',
  5,
  -0.5,
  1e21,
  1e-7,
  2n ** 60n,
  true,
  ['a', 1, null, { b: [] }],
  { z: 1, a: 'q"', m: { y: 0.5, b: false } },
  new Uint8Array([1, 2, 255]),
  null,
];

function pointAttributes(random: Random): Attributes {
  const attributes: Record<string, AnyValue> = {};
  for (let left = random.below(4); left > 0; left--) attributes[`a${random.below(5)}`] = random.pick(values);
  return attributes;
}

const resourceKeys =
  `host datadog.host.name host.id host.name k8s.node.name k8s.cluster.name cloud.account.id cloud.region
  service.name service.version service.namespace service.instance.id deployment.environment deployment.environment.name
  container.id container.name container.image.name container.image.tag container.image.tags container.runtime
  cloud.availability_zone aws.ecs.task.family aws.ecs.task.arn aws.ecs.cluster.arn aws.ecs.task.revision
  aws.ecs.container.arn k8s.container.name k8s.deployment.name k8s.replicaset.name k8s.statefulset.name
  k8s.daemonset.name k8s.job.name k8s.cronjob.name k8s.namespace.name k8s.pod.name k8s.pod.uid tags.datadoghq.com/env
  app.kubernetes.io/name app.kubernetes.io/part-of datadog.container.tag.team datadog.container.tag.image_name env
  service kube_service pod_name process.executable.name process.executable.path process.command process.command_line
  os.type faas.name faas.instance faas.version azure.resource_group.name something.else process.owner`.split(/\s+/);

const choices: Readonly<Record<string, readonly string[]>> = {
  'cloud.provider': ['aws', 'gcp', 'azure', 'other'],
  'cloud.platform': [
    'gcp_cloud_run',
    'gcp_cloud_functions',
    'azure.functions',
    'azure_functions',
    'azure.app_service',
    'azure.container_apps',
    'aws_ecs',
  ],
  'aws.ecs.launchtype': ['fargate', 'ec2'],
};

function resourceAttributes(random: Random): Attributes {
  const attributes: Record<string, AnyValue> = {};
  const density = random.pick([0.05, 0.2, 0.6]);
  for (const key of resourceKeys) if (random.chance(density)) attributes[key] = `${key} ${random.below(10)}`;
  for (const [key, of] of Object.entries(choices)) if (random.chance(0.3)) attributes[key] = random.pick(of);
  if (random.chance(0.1)) attributes['host.name'] = random.pick(['localhost', 'a.b.c.d', '127.0.0.1', '']);
  if (random.chance(0.1)) attributes['container.image.tags'] = ['v1', 'latest'];
  if (random.chance(0.05)) attributes['host'] = 42;
  if (random.chance(0.05)) attributes['host.id'] = 42;
  if (random.chance(0.05)) attributes['service.name'] = '';
  if (random.chance(0.05)) attributes['gcp.cloud_run.job.execution'] = '';
  return shuffled(random, attributes);
}

const shuffled = (random: Random, attributes: Record<string, AnyValue>): Attributes =>
  Object.fromEntries(
    Object.entries(attributes)
      .map((entry) => ({ entry, rank: random.next() }))
      .sort((a, b) => a.rank - b.rank)
      .map(({ entry }) => entry),
  );

const scopeOf = (random: Random, index: number): Scope => ({
  name: index === 0 && random.chance(0.3) ? '' : `scope ${index}`,
  ...(random.chance(0.5) ? { version: '1.0' } : {}),
  ...(random.chance(0.3) ? { attributes: { 'scope.attribute': random.pick(values) } } : {}),
});
