import {
  type AnyValue,
  type Attributes,
  attributesKey,
  type HrTime,
  itemCount,
  type LogsBatch,
  type MetricData,
  type MetricsBatch,
  type Signal,
} from '@millrace/core';
import { gathered, type Point } from './gathered.ts';
import type { Report } from './report.ts';

/** What is known of a resource: the newest of each of its metrics. */
export interface ResourceState {
  readonly attributes: Attributes;
  readonly metrics: ReadonlyMap<string, MetricData>;
}

export interface LogLine {
  readonly timeMs: number;
  readonly severity: string;
  readonly body: AnyValue;
  readonly eventName: string | undefined;
  readonly attributes: Attributes;
  readonly resource: Attributes;
}

/** What the reports of one cluster say, put together: each holds what one scrape has read, and series that ended. */
export interface ClusterState {
  readonly name: string;
  readonly cursor: bigint;
  /** When the service took the newest, and the newest with metrics; milliseconds since the epoch, by its clock. */
  readonly timeMs: number;
  /** Longer than this after `timeMs` there should have been another. */
  readonly expectedWithinMs: number;
  readonly resources: readonly ResourceState[];
  /** The newest log records, the oldest first. */
  readonly logs: readonly LogLine[];
  /** How many items came with the newest report of each signal. */
  readonly items: ReadonlyMap<Signal, number>;
}

export interface ClusterRecorder {
  take(report: Report): void;
  /** What the next report with metrics does not have is gone: one that said so may have been missed. */
  renew(): void;
  state(): ClusterState;
}

const keptLogs = 20;
/** What is not in any report for so long is not shown any more: a report with its end may have been missed. */
const forgottenMs = 15 * 60_000;
const keptGaps = 4;

export function recordCluster(name: string): ClusterRecorder {
  const resources = new Map<
    string,
    { attributes: Attributes; metrics: Map<string, { data: MetricData; at: number }> }
  >();
  const items = new Map<Signal, number>();
  const gaps: number[] = [];
  let logs: LogLine[] = [];
  let [cursor, timeMs] = [0n, 0];
  let metricsTimeMs: number | undefined;
  let renewed = false;

  function takeMetrics(batch: MetricsBatch, now: number): void {
    if (renewed) resources.clear();
    renewed = false;
    for (const [key, { attributes, metrics }] of gathered(batch)) {
      const known = resources.get(key) ?? { attributes, metrics: new Map() };
      for (const [name, points] of metrics) {
        const left = points.live.length > 0 ? points.live : without(known.metrics.get(name)?.data, points.ended);
        const data = { ...points.metric, dataPoints: left } as MetricData;
        if (left.length === 0) known.metrics.delete(name);
        else known.metrics.set(name, { data, at: now });
      }
      resources.set(key, known);
    }
    for (const [key, { metrics }] of resources) {
      for (const [metric, { at }] of metrics) if (now - at > forgottenMs) metrics.delete(metric);
      if (metrics.size === 0) resources.delete(key);
    }
  }

  function takeLogs(batch: LogsBatch): void {
    const lines = batch.resourceLogs.flatMap(({ resource, scopeLogs }) =>
      scopeLogs.flatMap(({ logRecords }) =>
        logRecords.map(({ time, observedTime, severityText, severityNumber, body = null, eventName, attributes }) => ({
          timeMs: milliseconds(time ?? observedTime),
          severity: severityText ?? severityName(severityNumber),
          body,
          eventName,
          attributes,
          resource: resource.attributes,
        })),
      ),
    );
    logs = [...logs, ...lines].slice(-keptLogs);
  }

  return {
    take({ cursor: newCursor, timeMs: newTime, batch }) {
      [cursor, timeMs] = [newCursor, newTime];
      items.set(batch.signal, itemCount(batch));
      if (batch.signal === 'logs') takeLogs(batch);
      if (batch.signal !== 'metrics') return;
      if (metricsTimeMs !== undefined && newTime > metricsTimeMs) gaps.push(newTime - metricsTimeMs);
      if (gaps.length > keptGaps) gaps.shift();
      metricsTimeMs = newTime;
      takeMetrics(batch, newTime);
    },
    renew: () => void (renewed = true),
    state: () => ({
      name,
      cursor,
      timeMs: metricsTimeMs ?? timeMs,
      expectedWithinMs: gaps.length === 0 ? 90_000 : Math.max(5_000, Math.max(...gaps) * 2.5 + 1_000),
      resources: [...resources.values()].map(({ attributes, metrics }) => ({
        attributes,
        metrics: new Map([...metrics].map(([metric, { data }]) => [metric, data])),
      })),
      logs,
      items,
    }),
  };
}

const without = (metric: MetricData | undefined, ended: ReadonlySet<string>): readonly Point[] =>
  (metric?.dataPoints as readonly Point[] | undefined)?.filter((one) => !ended.has(attributesKey(one.attributes))) ??
  [];

const milliseconds = ([seconds, nanos]: HrTime): number => seconds * 1000 + nanos / 1e6;

/** https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber */
const severityName = (number: number | undefined): string =>
  number === undefined || number < 1
    ? ''
    : (['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'][Math.floor((number - 1) / 4)] ?? '');
