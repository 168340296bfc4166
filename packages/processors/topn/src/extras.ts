import type { Attributes, HrTime, MetricData, MetricDescriptor, Scope, ScopeMetrics } from '@millrace/core';
import { pointType, valueType } from '@millrace/core';
import type { Member } from './entities.ts';

/** What the processor says of an entity beside what the entity says itself. */
const scope: Scope = Object.freeze({ name: '@millrace/processor-topn' });
const noAttributes: Attributes = Object.freeze({});

const rank: MetricDescriptor = Object.freeze({
  name: 'topn.rank',
  description: 'The place of the entity among the kept ones of its group; 1 has the most.',
  unit: '1',
  valueType: valueType.int,
});

const otherCount: MetricDescriptor = Object.freeze({
  name: 'topn.other.size',
  description: 'Entities that are summed up in this one.',
  unit: '{entity}',
  valueType: valueType.int,
});

export interface Share {
  readonly measured: number;
  readonly descriptor: MetricDescriptor;
}

export const shareOf = (metric: string, measured: number): Share => ({
  measured,
  descriptor: Object.freeze({
    name: `${metric}.percent_of_group`,
    description: `How much of the group's ${metric} is the entity's.`,
    unit: '%',
    valueType: valueType.double,
  }),
});

export interface Moment {
  readonly startTime: HrTime;
  readonly endTime: HrTime;
}

export const rankMetric = (value: number, moment: Moment): MetricData => gauge(rank, value, moment);
export const countMetric = (value: number, moment: Moment): MetricData => gauge(otherCount, value, moment);

type Measures = readonly (number | undefined)[];

/** None where a value is not known or the group has nothing to share. */
export function shareMetrics(
  shares: readonly Share[],
  of: { own: Measures; whole: Measures },
  moment: Moment,
): MetricData[] {
  return shares.flatMap(({ measured, descriptor }) => {
    const own = of.own[measured];
    const whole = of.whole[measured];
    if (own === undefined || whole === undefined || !(whole > 0)) return [];
    return [gauge(descriptor, (own / whole) * 100, moment)];
  });
}

/** The sum of each measure over those of whom it is known. */
export function totals(members: readonly Member[], count: number): Measures {
  return Array.from({ length: count }, (_, index) => {
    let total: number | undefined;
    for (const {
      readings: { measures },
    } of members)
      if (measures[index] !== undefined) total = (total ?? 0) + measures[index];
    return total;
  });
}

export const scoped = (metrics: readonly MetricData[]): ScopeMetrics[] =>
  metrics.length > 0 ? [{ scope, metrics }] : [];

const gauge = (descriptor: MetricDescriptor, value: number, moment: Moment): MetricData => ({
  descriptor,
  dataPointType: pointType.gauge,
  dataPoints: [{ ...moment, attributes: noAttributes, value }],
});
