import type { GaugeMetric, HrTime, MetricDescriptor, Resource, ResourceMetrics } from '@millrace/core';
import { pointType, valueType } from '@millrace/core';
import type { FieldName, Message } from './message.ts';

const gauge = (name: FieldName, unit: string, description: string): MetricDescriptor =>
  Object.freeze({ name, unit, description, valueType: valueType.int });

const descriptors = [
  gauge('running', '{container}', 'Whether the container has a cgroup: 1 or 0.'),
  gauge('milli_cpu_usage', '{millicpu}', 'CPU used over the interval, in thousandths of a CPU.'),
  gauge('memory_total_mb', 'MiBy', 'Memory used, page cache included.'),
  gauge('memory_rss_mb', 'MiBy', 'Resident memory: anonymous and mapped files.'),
  gauge('memory_limit_mb', 'MiBy', 'The most memory that it may use.'),
  gauge('disk_usage_mb', 'MiBy', 'Used on the file system that the agent was given.'),
  gauge('disk_limit_mb', 'MiBy', 'Size of that file system.'),
  gauge('disk_read_kbps', 'KiBy/s', 'Read from block devices over the interval.'),
  gauge('disk_write_kbps', 'KiBy/s', 'Written to block devices over the interval.'),
  gauge('disk_read_iops', '{operation}/s', 'Reads from block devices over the interval.'),
  gauge('disk_write_iops', '{operation}/s', 'Writes to block devices over the interval.'),
  gauge('pids_current', '{task}', 'Processes and threads.'),
  gauge('pids_limit', '{task}', 'The most processes and threads that it may have.'),
  gauge('milli_cpu_limit', '{millicpu}', 'The most CPU that it may use, in thousandths of a CPU.'),
] as const;

const scope = Object.freeze({ name: '@millrace/receiver-mini-collector' });
const noAttributes = Object.freeze({});
/** Of a gauge, nobody knows since when. */
const unknownTime: HrTime = Object.freeze([0, 0] as const);

/** What cgroup v1 has for no limit, `2^63 - 1` rounded down to a page, in MiB; what agents make of `max` is greater. */
const unlimitedMemory = 8_796_093_022_207n;
const greatestInteger = 2n ** 63n - 1n;

export interface Emission {
  readonly resource: Resource;
  readonly time: HrTime;
  readonly unlimited: 'absent' | 'as_sent';
  /** Told of a value that no OTLP integer can hold. */
  drop(items: number, reason: string): void;
}

/** A gauge for every field but the time. */
export function metricsOf(message: Message, { resource, time, unlimited, drop }: Emission): ResourceMetrics {
  const metrics: GaugeMetric[] = [];
  for (const descriptor of descriptors) {
    const value = valueOf(descriptor.name as FieldName, message);
    if (value === undefined) continue;
    if (unlimited === 'absent' && isUnlimited(descriptor.name as FieldName, message)) continue;
    if (value > greatestInteger) {
      drop(1, 'beyond_int64');
      continue;
    }
    const point = { startTime: unknownTime, endTime: time, attributes: noAttributes, value: smallest(value) };
    metrics.push({ descriptor, dataPointType: pointType.gauge, dataPoints: [point] });
  }
  return { resource, scopeMetrics: [{ scope, metrics }] };
}

/** Undefined if the agent did not report it. */
function valueOf(name: FieldName, message: Message): bigint | undefined {
  const value = message[name];
  // Agents that know no CPU limit do not have the field; all others are zero where proto3 does not write them.
  if (value === undefined) return name === 'milli_cpu_limit' ? undefined : 0n;
  return value < 0n ? undefined : value;
}

/** The zeros of a container that is not running are no limits. */
function isUnlimited(name: FieldName, message: Message): boolean {
  if (name === 'memory_limit_mb') return (message.memory_limit_mb ?? 0n) >= unlimitedMemory;
  return name === 'pids_limit' && message.running === 1n && !message.pids_limit;
}

const smallest = (value: bigint): number | bigint => (value <= Number.MAX_SAFE_INTEGER ? Number(value) : value);
