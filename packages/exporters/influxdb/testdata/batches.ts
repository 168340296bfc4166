import type {
  Attributes,
  DataPoint,
  HrTime,
  MetricData,
  MetricsBatch,
  NumberPoint,
  PointType,
  Scope,
} from '@millrace/core';
import { metricsBatch, pointType, temporality, valueType } from '@millrace/core';

export const second = 1_784_500_000;
export const time: HrTime = [second, 123_456_789];

interface MetricOptions {
  readonly unit?: string;
  readonly type?: PointType;
  readonly int?: boolean;
  readonly monotonic?: boolean;
  readonly delta?: boolean;
}

/** Points of one value each, or with attributes. */
export function metric(
  name: string,
  points: readonly (unknown | readonly [unknown, Attributes])[],
  { unit = '1', type = pointType.gauge, int = false, monotonic = true, delta = false }: MetricOptions = {},
): MetricData {
  const dataPoints = points.map((point): DataPoint<unknown> => {
    const [value, attributes] = Array.isArray(point) ? (point as [unknown, Attributes]) : [point, {}];
    return { startTime: [second - 60, 0], endTime: time, attributes, value };
  });
  return {
    descriptor: { name, description: '', unit, valueType: int ? valueType.int : valueType.double },
    dataPointType: type,
    dataPoints,
    ...(type !== pointType.gauge &&
      type !== pointType.summary && { aggregationTemporality: delta ? temporality.delta : temporality.cumulative }),
    ...(type === pointType.sum && { isMonotonic: monotonic }),
  } as MetricData;
}

export const batch = (
  metrics: readonly MetricData[],
  { resource = {}, scope = { name: '' } }: { resource?: Attributes; scope?: Scope } = {},
): MetricsBatch => metricsBatch([{ resource: { attributes: resource }, scopeMetrics: [{ scope, metrics }] }]);

/** A gauge with so many points, each a series of its own. */
export const gauges = (points: number, name = 'load'): MetricsBatch =>
  batch([
    metric(
      name,
      Array.from({ length: points }, (_, index) => [index, { series: `s${index}` }] as const),
    ),
  ]);

export const at = (point: NumberPoint, endTime: HrTime): NumberPoint => ({ ...point, endTime });
