import type { AnyValue, DataPoint, MetricData } from '@millrace/core';
import { nanoseconds, pointType, valueType } from '@millrace/core';
import type { Level, Subject } from './subject.ts';

/** Undefined and null are nil. */
export type Value = AnyValue | undefined;

export interface Field {
  read(subject: Subject): Value;
  /** Whether a key may follow. */
  readonly keyed?: boolean;
}

const field = (read: Field['read']): Field => ({ read });
const map = (read: Field['read']): Field => ({ read, keyed: true });

const kinds = ['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'];

/** By OTTL's names. As there, a text or number that OTLP leaves out where it is empty or 0 is empty or 0, not nil. */
export const fields: Readonly<Record<Exclude<Level, 'request'>, Readonly<Record<string, Field>>>> = {
  resource: {
    attributes: map(({ resource }) => resource?.attributes as Value),
    schema_url: field(({ resource }) => resource?.schemaUrl ?? ''),
    dropped_attributes_count: field(({ resource }) => resource?.droppedAttributesCount ?? 0),
  },
  scope: {
    attributes: map(({ scope }) => scope?.attributes as Value),
    name: field(({ scope }) => scope?.name),
    version: field(({ scope }) => scope?.version ?? ''),
    schema_url: field(({ scope }) => scope?.schemaUrl ?? ''),
  },
  span: {
    attributes: map(({ span }) => span?.attributes as Value),
    name: field(({ span }) => span?.name),
    kind: field(({ span }) => span?.kind),
    'kind.string': field(({ span }) => kinds[span?.kind ?? 0]),
    'kind.deprecated_string': field(({ span }) => `SPAN_KIND_${(kinds[span?.kind ?? 0] ?? '').toUpperCase()}`),
    'status.code': field(({ span }) => span?.status?.code ?? 0),
    'status.message': field(({ span }) => span?.status?.message ?? ''),
    'trace_id.string': field(({ span }) => span?.traceId ?? ''),
    'span_id.string': field(({ span }) => span?.spanId ?? ''),
    'parent_span_id.string': field(({ span }) => span?.parentSpanId ?? ''),
    trace_state: field(({ span }) => span?.traceState ?? ''),
    start_time_unix_nano: field(({ span }) => span && nanoseconds(span.startTime)),
    end_time_unix_nano: field(({ span }) => span && nanoseconds(span.endTime)),
    dropped_attributes_count: field(({ span }) => span?.droppedAttributesCount ?? 0),
    dropped_events_count: field(({ span }) => span?.droppedEventsCount ?? 0),
    dropped_links_count: field(({ span }) => span?.droppedLinksCount ?? 0),
  },
  spanevent: {
    attributes: map(({ event }) => event?.attributes as Value),
    name: field(({ event }) => event?.name),
    time_unix_nano: field(({ event }) => event && nanoseconds(event.time)),
    dropped_attributes_count: field(({ event }) => event?.droppedAttributesCount ?? 0),
  },
  metric: {
    name: field(({ metric }) => metric?.descriptor.name),
    description: field(({ metric }) => metric?.descriptor.description),
    unit: field(({ metric }) => metric?.descriptor.unit),
    type: field(({ metric }) => metric && typeNumbers[metric.dataPointType]),
    is_monotonic: field(({ metric }) => (metric && 'isMonotonic' in metric ? metric.isMonotonic : undefined)),
    aggregation_temporality: field(({ metric }) =>
      metric && 'aggregationTemporality' in metric ? metric.aggregationTemporality + 1 : undefined,
    ),
  },
  datapoint: {
    attributes: map(({ point }) => point?.attributes as Value),
    value_int: field(({ point, metric }) => numberValue(point, metric, 'int')),
    value_double: field(({ point, metric }) => numberValue(point, metric, 'double')),
    count: field(({ point }) => distribution(point)?.count),
    sum: field(({ point }) => distribution(point)?.sum),
    flags: field(({ point }) => point?.flags ?? 0),
    time_unix_nano: field(({ point }) => point && nanoseconds(point.endTime)),
    start_time_unix_nano: field(({ point }) => point && nanoseconds(point.startTime)),
  },
  log: {
    attributes: map(({ record }) => record?.attributes as Value),
    body: map(({ record }) => record?.body),
    'body.string': field(({ record }) => asText(record?.body)),
    severity_number: field(({ record }) => record?.severityNumber ?? 0),
    severity_text: field(({ record }) => record?.severityText ?? ''),
    event_name: field(({ record }) => record?.eventName ?? ''),
    'trace_id.string': field(({ record }) => record?.traceId ?? ''),
    'span_id.string': field(({ record }) => record?.spanId ?? ''),
    flags: field(({ record }) => record?.flags ?? 0),
    time_unix_nano: field(({ record }) => (record?.time ? nanoseconds(record.time) : 0)),
    observed_time_unix_nano: field(({ record }) => record && nanoseconds(record.observedTime)),
    dropped_attributes_count: field(({ record }) => record?.droppedAttributesCount ?? 0),
  },
};

const typeNumbers = {
  [pointType.gauge]: 1,
  [pointType.sum]: 2,
  [pointType.histogram]: 3,
  [pointType.exponentialHistogram]: 4,
  [pointType.summary]: 5,
} as const;

function numberValue(
  point: DataPoint<unknown> | undefined,
  metric: MetricData | undefined,
  type: 'int' | 'double',
): Value {
  const value = point?.value;
  if (typeof value === 'bigint') return type === 'int' ? value : undefined;
  if (typeof value !== 'number') return undefined;
  return metric?.descriptor.valueType === valueType[type] ? value : undefined;
}

/** Histograms of both kinds and summaries count and add up. */
function distribution(point: DataPoint<unknown> | undefined): { count?: number | bigint; sum?: number } | undefined {
  const value = point?.value;
  return typeof value === 'object' && value !== null ? value : undefined;
}

/** As OTTL makes texts of values: maps and lists as JSON, bytes as hex. Nil has none. */
export function asText(value: Value): string | undefined {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'object') return String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'bigint' ? String(part) : part instanceof Uint8Array ? Buffer.from(part).toString('base64') : part,
  );
}
