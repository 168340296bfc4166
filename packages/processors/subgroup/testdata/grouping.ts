import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Attributes, Batch, InputOf, MetricData, NumberPoint, Resource, ResourceMetrics } from '@millrace/core';
import { endSeries, hrTime, metricsBatch, pointType, resolveConfig, temporality, valueType } from '@millrace/core';
import { manualClock, render, sink, testContext } from '@millrace/core/testing';
import { expect, onTestFinished } from 'vitest';
import subgroup from '../src/index.ts';

const noAttributes = {};
const user = { 'cpu.mode': 'user' };
export const second = 1000;
export const start = Date.UTC(2026, 0, 1);

interface Values {
  readonly rss?: number | bigint;
  readonly cpu?: number;
  readonly fds?: number;
}

const sum = (name: string, unit: string, type: 'int' | 'double') => ({
  descriptor: { name, unit, description: '', valueType: valueType[type] },
  dataPointType: pointType.sum,
  aggregationTemporality: temporality.cumulative,
});
const rss = { ...sum('process.memory.usage', 'By', 'int'), isMonotonic: false };
const cpu = { ...sum('process.cpu.time', 's', 'double'), isMonotonic: true };
const fds = {
  descriptor: {
    name: 'process.unix.file_descriptor.utilization',
    unit: '1',
    description: '',
    valueType: valueType.double,
  },
  dataPointType: pointType.gauge,
};
const uptime = { ...fds, descriptor: { ...fds.descriptor, name: 'process.uptime', unit: 's' } };

/** A process that started at the given second. */
export const processOf = (
  pid: number,
  name: string,
  { startedAt = 0, ...more }: Attributes & { startedAt?: number } = {},
): Resource => ({
  attributes: {
    'process.pid': pid,
    'process.executable.name': name,
    'process.creation.time': new Date(start + startedAt * second).toISOString(),
    ...more,
  },
});

export function entity(resource: Resource, at: number, values: Values): ResourceMetrics {
  const point = (value: number | bigint, attributes: Attributes): NumberPoint => ({
    startTime: hrTime(Date.parse(String(resource.attributes['process.creation.time']))),
    endTime: hrTime(start + at * second),
    attributes,
    value,
  });
  const metrics: MetricData[] = [];
  if (values.rss !== undefined) metrics.push({ ...rss, dataPoints: [point(values.rss, noAttributes)] });
  if (values.cpu !== undefined) metrics.push({ ...cpu, dataPoints: [point(values.cpu, user)] });
  if (values.fds !== undefined) metrics.push({ ...fds, dataPoints: [point(values.fds, noAttributes)] });
  metrics.push({ ...uptime, dataPoints: [point(at, noAttributes)] });
  return { resource, scopeMetrics: [{ scope: { name: 'test' }, metrics }] };
}

export const gone = (resource: Resource, at: number, values: Values): ResourceMetrics =>
  endSeries(entity(resource, at, values), hrTime(start + at * second));

export async function started(input: InputOf<typeof subgroup.config> = {}) {
  const next = sink();
  const clock = manualClock();
  const context = testContext({ clock });
  const processor = subgroup.create(resolveConfig(subgroup.config, input), context, next);
  await processor.start?.();
  return {
    clock,
    dropped: context.dropped,
    lines: context.lines,
    next,
    /** What comes out of a batch of these. */
    async take(...all: ResourceMetrics[]): Promise<string> {
      const before = next.batches.length;
      await processor.consume(metricsBatch(all));
      expect(next.batches.length).toBeLessThanOrEqual(before + 1);
      return next.batches[before] ? render(next.batches[before]) : '';
    },
    consume: (batch: Batch) => processor.consume(batch),
  };
}

/** The lines of one metric of sums, without what they have in common. */
export const valuesOf = (text: string, metric: string): string[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith(`process.group.${metric}{`))
    .map((line) => line.replace(/^.*?process\.subgroup="(.*?)".*\|(.*)\} (.*) \S+$/, '$1 $2 $3').replace('  ', ' '))
    .sort();

/** A file that goes when the test has ended. */
export function rulesFile(text: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'subgroup-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'rules.yaml');
  writeFileSync(file, text);
  return file;
}
