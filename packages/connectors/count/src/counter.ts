import type { Subject } from '@millrace/conditions';
import type { AnyValue, Attributes, HrTime, MetricDescriptor, SumMetric } from '@millrace/core';
import { attributesKey, pointType, temporality, valueType } from '@millrace/core';
import type { Counted, Section } from './config.ts';
import { sections } from './config.ts';

/** One metric of the config. */
export interface Counter {
  readonly section: Section;
  /** Whether all items of a resource are counted alike, so that their number is enough. */
  readonly wholesale: boolean;
  /** Whether the subject meets one of its conditions. */
  counts(subject: Subject): boolean;
  /** The series in which the subject is counted; undefined if it lacks one of its attributes. */
  seriesOf(item: Attributes, subject: Subject): Series | undefined;
  metric(tally: Tally, times: Window): SumMetric;
}

export interface Series {
  /** The same for the same attributes. */
  readonly key: string;
  readonly attributes: Attributes;
}

/** How many, by the key of the series. */
export type Tally = Map<string, { readonly series: Series; items: number }>;

export interface Window {
  readonly startTime: HrTime;
  readonly endTime: HrTime;
}

/** So many sets of attributes are remembered, so that consumers can cache what they derive from them. */
const setsKept = 10_000;

const noAttributes: Series = { key: '', attributes: Object.freeze({}) };

export function createCounter(
  section: Section,
  name: string,
  { description, conditions, attributes }: Counted,
): Counter {
  const descriptor: MetricDescriptor = { name, description, unit: sections[section].unit, valueType: valueType.int };
  const sets = new Map<string, Series>();

  function remembered(attributes: Attributes): Series {
    const key = attributesKey(attributes);
    const known = sets.get(key);
    if (known) return known;
    if (sets.size >= setsKept) sets.clear();
    const series = { key, attributes };
    sets.set(key, series);
    return series;
  }

  return {
    section,
    wholesale: attributes.length === 0 && conditions.every(({ needs }) => needs !== 'item'),
    counts: (subject) => conditions.length === 0 || conditions.some((condition) => condition.test(subject)),
    seriesOf(item, { scope, resource }) {
      if (attributes.length === 0) return noAttributes;
      const found: Record<string, AnyValue> = {};
      for (const { key, default_value: otherwise } of attributes) {
        const value = item[key] ?? scope?.attributes?.[key] ?? resource?.attributes[key] ?? otherwise;
        if (value === undefined) return undefined;
        found[key] = typeof value === 'bigint' ? smallest(value) : value;
      }
      return remembered(found);
    },
    metric: (tally, times) => ({
      descriptor,
      dataPointType: pointType.sum,
      aggregationTemporality: temporality.delta,
      isMonotonic: true,
      dataPoints: [...tally.values()].map(({ series, items }) => ({
        ...times,
        attributes: series.attributes,
        value: items,
      })),
    }),
  };
}

/** OTLP has one kind of integer: the same one is to be the same attribute, however it was carried. */
const smallest = (value: bigint): number | bigint => (Number.isSafeInteger(Number(value)) ? Number(value) : value);
