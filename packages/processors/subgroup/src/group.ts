import type {
  Attributes,
  GaugeMetric,
  HrTime,
  MetricData,
  MetricDescriptor,
  Resource,
  SumMetric,
} from '@millrace/core';
import { pointType, temporality, valueType } from '@millrace/core';
import { addDoubles, addIntegers } from './number.ts';

/**
 * How the values of a subgroup's processes become one. `counter`: what all of them have ever done, so that it does not go
 * down when one exits; `sum` and `max`: over those that are there.
 */
export type Aggregation = 'counter' | 'sum' | 'max';

/** Which gauges mean something together. */
const gauges: Readonly<Record<string, Aggregation>> = {
  'process.cpu.utilization': 'sum',
  'process.memory.utilization': 'sum',
  'process.state': 'sum',
  'process.memory.smaps.age': 'max',
  'process.unix.file_descriptor.utilization': 'max',
};

export function aggregationOf(metric: MetricData): Aggregation | undefined {
  const { name } = metric.descriptor;
  if (!name.startsWith('process.') || name.startsWith(prefix)) return undefined;
  if (metric.dataPointType === pointType.gauge) return gauges[name];
  if (metric.dataPointType !== pointType.sum || metric.aggregationTemporality !== temporality.cumulative)
    return undefined;
  return metric.isMonotonic ? 'counter' : 'sum';
}

const prefix = 'process.group.';

/** Where a process belongs: its group, its subgroup, and what else keeps sums apart, such as its host. */
export interface Place {
  readonly key: string;
  /** The part of the key that is not group and subgroup. */
  readonly sumBy: string;
  readonly resource: Resource;
}

/** One series of a subgroup. */
export interface Slot {
  readonly aggregation: Aggregation;
  readonly attributes: Attributes;
  /** The oldest start among the processes of the batch that it came with. */
  startTime: HrTime;
  createdIn: number;
  readonly add: (a: number | bigint, b: number | bigint) => number | bigint;
  /** Of a counter: what processes did that are no longer there. */
  retained: number | bigint;
  readonly integer: boolean;
  /** Over the processes that are there; `exact` instead where it goes beyond what a number can hold. */
  total: number;
  exact: bigint | undefined;
  /** How many values are in it. */
  parts: number;
  /** How many processes have a value now. */
  live: number;
  /** The batch that last changed it. */
  touched: number;
  /** What was sent last. */
  sent: number | bigint | undefined;
  /** Sent, and not ended since. */
  showing: boolean;
}

export interface GroupMetric {
  readonly template: Omit<GaugeMetric, 'dataPoints'> | Omit<SumMetric, 'dataPoints'>;
  slots: Slot[];
}

/** Members are generic so that this file need not know what else is remembered of them. */
export interface Group<Member> {
  readonly place: Place;
  readonly members: Set<Member>;
  readonly metrics: Map<string, GroupMetric>;
  readonly startTime: HrTime;
  /** Of the newest points. */
  time: HrTime;
  touched: number;
  sentOldest: boolean;
}

export const createGroup = <Member>(place: Place, startTime: HrTime, time: HrTime): Group<Member> => ({
  place,
  members: new Set(),
  metrics: new Map(),
  startTime,
  time,
  touched: 0,
  sentOldest: false,
});

const templates = new Map<string, GroupMetric['template']>();

const metricKeys = new WeakMap<MetricDescriptor, string>();

/** The metric of a group that sums this one. All groups share one descriptor. */
export function groupMetric(group: Group<unknown>, metric: MetricData): GroupMetric {
  const { descriptor, dataPointType } = metric;
  let key = metricKeys.get(descriptor);
  if (key === undefined) {
    key = `${descriptor.name} ${descriptor.unit} ${descriptor.valueType} ${dataPointType}`;
    metricKeys.set(descriptor, key);
  }
  let own = group.metrics.get(key);
  if (!own) {
    let template = templates.get(key);
    if (!template) templates.set(key, (template = groupTemplate(metric)));
    group.metrics.set(key, (own = { template, slots: [] }));
  }
  return own;
}

function groupTemplate({ dataPoints: _members, ...metric }: MetricData): GroupMetric['template'] {
  const { name, description, unit, valueType: type } = metric.descriptor;
  const how = gauges[name] === 'max' ? 'The greatest' : 'The sum';
  const descriptor: MetricDescriptor = Object.freeze({
    name: prefix + name.slice('process.'.length),
    description: `${how} over the processes of the subgroup. ${description}`.trim(),
    unit,
    valueType: type,
  });
  return { ...metric, descriptor } as GroupMetric['template'];
}

export function createSlot(
  { metric, attributes, startTime }: { metric: MetricData; attributes: Attributes; startTime: HrTime },
  aggregation: Aggregation,
): Slot {
  const integer = metric.descriptor.valueType === valueType.int;
  return {
    aggregation,
    attributes,
    startTime,
    createdIn: 0,
    add: integer ? addIntegers : addDoubles,
    retained: 0,
    integer,
    total: Number.NaN,
    exact: undefined,
    parts: 0,
    live: 0,
    touched: 0,
    sent: undefined,
    showing: false,
  };
}
