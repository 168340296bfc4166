import { type Attributes, type DataPoint, type MetricData, type NumberPoint, pointType } from '@millrace/core';
import { harmless } from './harmless.ts';
import type { ResourceState } from './cluster-state.ts';
import { count, inUnit, percent, unknown, type Value } from './units.ts';

/** The value of one series, as a reader wants to see it. */
export interface Reading {
  readonly metric: string;
  readonly attributes: Attributes;
  readonly text: string;
  /** To order by: the value; of a distribution its count. */
  readonly size: number;
}

export function readingsOf({ metrics }: ResourceState): Reading[] {
  return [...metrics.values()].flatMap((metric) =>
    (metric.dataPoints as readonly DataPoint<unknown>[]).map(({ attributes }, at) => ({
      metric: metric.descriptor.name,
      attributes,
      ...readingOf(metric, at),
    })),
  );
}

function readingOf(metric: MetricData, at: number): Pick<Reading, 'text' | 'size'> {
  const { name, unit } = metric.descriptor;
  if (metric.dataPointType === pointType.gauge || metric.dataPointType === pointType.sum) {
    const { value } = metric.dataPoints[at]!;
    const ratio = unit === '1' && /utilization|ratio/.test(name);
    return { text: ratio ? percent(value) : inUnit(value, unit), size: Number(value ?? Number.NaN) };
  }
  const { value } = metric.dataPoints[at]!;
  if (!value) return { text: unknown, size: Number.NaN };
  const mean = value.sum === undefined || Number(value.count) === 0 ? undefined : value.sum / Number(value.count);
  const of = mean === undefined ? '' : `, mean ${inUnit(mean, unit)}`;
  return { text: `${count(value.count)} values${of}`, size: Number(value.count) };
}

/** `{cpu=0, state=idle}`; empty for none. */
export function attributesText(attributes: Attributes): string {
  const pairs = Object.entries(attributes).filter(([, value]) => value !== undefined);
  return pairs.length === 0 ? '' : `{${pairs.map(([key, value]) => `${harmless(key)}=${shown(value)}`).join(', ')}}`;
}

export function shown(value: unknown): string {
  if (value === undefined || value === null) return unknown;
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (typeof value === 'object')
    return harmless(JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? String(one) : one)));
  return harmless(String(value as string | number | bigint | boolean));
}

/** The series of a metric whose values are numbers; none where there is no such metric. */
export function pointsOf({ metrics }: ResourceState, name: string): readonly NumberPoint[] {
  const metric = metrics.get(name);
  if (metric?.dataPointType !== pointType.gauge && metric?.dataPointType !== pointType.sum) return [];
  return metric.dataPoints;
}

/** The value of the series with these attributes, or of the only one. Undefined where there is none. */
export function valueOf(resource: ResourceState, name: string, wanted: Attributes = {}): Value {
  const entries = Object.entries(wanted);
  const point = pointsOf(resource, name).find(({ attributes }) =>
    entries.every(([key, value]) => attributes[key] === value),
  );
  return point?.value;
}
