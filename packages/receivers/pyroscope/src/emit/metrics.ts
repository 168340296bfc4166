import {
  type Attributes,
  hrTime,
  type HrTime,
  type MetricData,
  type MetricDescriptor,
  noRecordedValue,
  type NumberPoint,
  pointType,
  temporality,
  valueType,
} from '@millrace/core';
import { type Int64, type Profile, ProfileError, type TopRow, type ValueType } from '@millrace/pprof';
import { type Functions, functionsOf, otherName, packageOf, type Views } from './functions.ts';
import { isSnapshot, unitOf } from './unit.ts';

/** The time that a profile covers. */
export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** Makes metrics of the profiles of one stream, the same attributes objects for the same functions. */
export interface MetricsMaker {
  make(views: Views, span: Span): readonly MetricData[];
  /** The end of what does not end by itself: what there is at a moment. */
  end(timeMs: number): readonly MetricData[];
}

interface MakerOptions {
  readonly limit: number;
  /** `profile.type` of every point. */
  readonly profileType: string;
  /** Sample types that make no metrics. */
  readonly leftOut: ReadonlySet<string>;
}

type Which = 'self' | 'total';
const descriptions = {
  self: 'What was spent in each function, and not in what it called.',
  total: 'What was spent in each function and in what it called.',
} as const;

/** Functions whose attributes are kept, for each that can be shown. */
const keptPerShown = 20;

export function metricsMaker({ limit, profileType, leftOut }: MakerOptions): MetricsMaker {
  let known = new Map<string, Attributes>();
  /** By descriptor, the gauges that have a value now. */
  const current = new Map<MetricDescriptor, ReadonlySet<Attributes>>();
  const descriptors = new Map<string, MetricDescriptor>();
  const otherAttributes: Attributes = Object.freeze({ 'code.function.name': otherName, 'profile.type': profileType });

  /** Those of gauges that have a value stay: their series go on by identity. */
  function forget(): void {
    const shown = new Set([...current.values()].flatMap((all) => [...all]));
    known = new Map([...known].filter(([, attributes]) => shown.has(attributes)));
  }

  function attributesOf(row: TopRow): Attributes {
    const key = `${row.name}\0${row.file}`;
    let attributes = known.get(key);
    if (!attributes) {
      const own = packageOf(row.name);
      attributes = Object.freeze({
        'code.function.name': row.name,
        ...(row.file !== '' && { 'code.file.path': row.file }),
        ...(own !== undefined && { 'code.package': own }),
        'profile.type': profileType,
      });
      known.set(key, attributes);
    }
    return attributes;
  }

  function descriptorOf(type: ValueType, which: Which): MetricDescriptor {
    const name = `profile.${type.type.toLowerCase().replaceAll(/[^a-z0-9_]/g, '_')}.${which}`;
    const unit = unitOf(type);
    const key = `${name} ${unit}`;
    let descriptor = descriptors.get(key);
    if (!descriptor) {
      descriptor = { name, description: descriptions[which], unit, valueType: valueType.int };
      descriptors.set(key, descriptor);
    }
    return descriptor;
  }

  function pointsOf({ rows, other }: Functions, which: Which, times: Times): NumberPoint[] {
    const points: NumberPoint[] = rows
      .filter((row) => row[which] !== 0)
      .map((row) => ({ ...times, attributes: attributesOf(row), value: int64(row[which]) }));
    if (which === 'self' && other !== 0) points.push({ ...times, attributes: otherAttributes, value: int64(other) });
    return points;
  }

  /** A gauge, with the ends of the series that were there and are not any more. */
  function gauge(descriptor: MetricDescriptor, points: NumberPoint[], times: Times): MetricData {
    const now = new Set(points.map(({ attributes }) => attributes));
    const ended = [...(current.get(descriptor) ?? [])].filter((attributes) => !now.has(attributes));
    current.set(descriptor, now);
    return {
      descriptor,
      dataPointType: pointType.gauge,
      dataPoints: [...points, ...ended.map((one) => endOf(one, times))],
    };
  }

  return {
    make(views, { startMs, endMs }) {
      if (known.size >= limit * keptPerShown) forget();
      const times = { startTime: hrTime(startMs), endTime: hrTime(endMs) };
      const metrics = measuredTypes(views.whole, leftOut).flatMap((index) => {
        const type = views.whole.sampleTypes[index]!;
        const functions = functionsOf(views, index, limit);
        return (['self', 'total'] as const).map((which): MetricData => {
          const descriptor = descriptorOf(type, which);
          const dataPoints = pointsOf(functions, which, times);
          if (isSnapshot(type.type)) return gauge(descriptor, dataPoints, times);
          const aggregationTemporality = temporality.delta;
          return { descriptor, dataPointType: pointType.sum, aggregationTemporality, isMonotonic: true, dataPoints };
        });
      });
      return metrics.filter(({ dataPoints }) => dataPoints.length > 0);
    },
    end(timeMs) {
      const times = { startTime: hrTime(timeMs), endTime: hrTime(timeMs) };
      const metrics = [...current].map(
        ([descriptor, all]): MetricData => ({
          descriptor,
          dataPointType: pointType.gauge,
          dataPoints: [...all].map((attributes) => endOf(attributes, times)),
        }),
      );
      current.clear();
      return metrics.filter(({ dataPoints }) => dataPoints.length > 0);
    },
  };
}

/** A view adds beyond 64 bits, and a point has no more. */
function int64(value: Int64): Int64 {
  if (typeof value === 'number' || BigInt.asIntN(64, value) === value) return value;
  throw new ProfileError(`The values of a function come to ${value}, which is no int64.`);
}

interface Times {
  readonly startTime: HrTime;
  readonly endTime: HrTime;
}

const endOf = (attributes: Attributes, times: Times): NumberPoint => ({
  ...times,
  attributes,
  value: undefined,
  flags: noRecordedValue,
});

/** Which values of the samples make metrics. A number of samples says nothing where they have a measure too. */
function measuredTypes({ sampleTypes }: Profile, leftOut: ReadonlySet<string>): number[] {
  return [...sampleTypes.keys()].filter((index) => {
    const { type } = sampleTypes[index]!;
    return !leftOut.has(type) && (type !== 'samples' || sampleTypes.length === 1);
  });
}
