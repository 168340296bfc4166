import type { Attributes, DataPoint, MetricData, MetricsBatch, ResourceMetrics } from '@millrace/core';
import { hrTime, metricsBatch, noRecordedValue, pointType, temporality, valueType } from '@millrace/core';

/** What a test says of a process: values by metric, or by metric and attribute; 'ended' ends the series. */
export type Reading = number | bigint | 'ended';
export interface Seen {
  readonly pid: number;
  readonly group?: string;
  /** The second its counters began. */
  readonly born?: number;
  readonly values: { readonly [metric: string]: Reading | { readonly [attribute: string]: Reading } };
}

type Kind = 'gauge' | 'level' | 'counter' | 'delta';

/** Metrics as the procfs receiver has them, and some of other kinds. The attribute that tells a metric's points apart. */
const declared: Readonly<Record<string, { kind: Kind; unit: string; double?: true; attribute?: string }>> = {
  'process.memory.pss': { kind: 'level', unit: 'By' },
  'process.memory.usage': { kind: 'level', unit: 'By' },
  'process.cpu.time': { kind: 'counter', unit: 's', double: true, attribute: 'cpu.mode' },
  'process.cpu.utilization': { kind: 'gauge', unit: '1', double: true, attribute: 'cpu.mode' },
  'process.disk.io': { kind: 'counter', unit: 'By', attribute: 'disk.io.direction' },
  'process.uptime': { kind: 'gauge', unit: 's', double: true },
  'app.priority': { kind: 'gauge', unit: '1' },
  'app.requests': { kind: 'delta', unit: '{request}' },
};

const scope = Object.freeze({ name: 'test' });
const noAttributes: Attributes = Object.freeze({});
const templates = new Map<string, Omit<MetricData, 'dataPoints'>>();
const interned = new Map<string, Attributes>();

function template(name: string): Omit<MetricData, 'dataPoints'> {
  let known = templates.get(name);
  if (!known) {
    const { kind, unit, double } = declared[name]!;
    const descriptor = Object.freeze({ name, unit, description: '', valueType: double ? valueType.double : valueType.int });
    known =
      kind === 'gauge'
        ? { descriptor, dataPointType: pointType.gauge }
        : ({
            descriptor,
            dataPointType: pointType.sum,
            aggregationTemporality: kind === 'delta' ? temporality.delta : temporality.cumulative,
            isMonotonic: kind !== 'level',
          } as Omit<MetricData, 'dataPoints'>);
    templates.set(name, known);
  }
  return known;
}

const intern = (attributes: Attributes): Attributes => {
  const key = JSON.stringify(attributes);
  const known = interned.get(key) ?? Object.freeze(attributes);
  interned.set(key, known);
  return known;
};

/** One scrape, `second` seconds after the epoch. Objects are shared between scrapes as the host shares them. */
export function scrape(second: number, processes: readonly Seen[]): MetricsBatch {
  const endTime = hrTime(second * 1000);
  return metricsBatch(
    processes.map(({ pid, group, born = 0, values }): ResourceMetrics => {
      const startTime = hrTime(born * 1000);
      const point = (attributes: Attributes, value: Reading): DataPoint<number | bigint> => ({
        startTime,
        endTime,
        attributes,
        ...(value === 'ended' ? { value: undefined, flags: noRecordedValue } : { value }),
      });
      const metrics = Object.entries(values).map(([name, value]) => ({
        ...template(name),
        dataPoints:
          typeof value === 'object'
            ? Object.entries(value).map(([is, one]) => point(intern({ [declared[name]!.attribute!]: is }), one))
            : [point(noAttributes, value)],
      })) as MetricData[];
      const attributes = intern({ 'process.pid': pid, ...(group === undefined ? {} : { 'process.group': group }) });
      return { resource: { attributes }, scopeMetrics: [{ scope, metrics }] };
    }),
  );
}

/** Processes 1, 2, 3, … with these sizes. */
export const sized = (...sizes: readonly number[]): Seen[] =>
  sizes.map((size, index) => ({ pid: index + 1, values: { 'process.memory.pss': size } }));

/** The same batch as it would come out of a decoder: no object is shared with any other batch. */
export const decoded = (batch: MetricsBatch): MetricsBatch => structuredClone(batch);
