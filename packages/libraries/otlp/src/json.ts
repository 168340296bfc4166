import type {
  AnyValue,
  Attributes,
  DataPoint,
  Exemplar,
  HrTime,
  LogRecord,
  LogsBatch,
  MetricData,
  MetricsBatch,
  Resource,
  Scope,
  ValueType,
} from '@millrace/core';
import { nanoseconds, pointType } from '@millrace/core';
import { goesAsInt } from './points.ts';
import { fitsInt64, isList } from './values.ts';

// OTLP/JSON is protobuf's JSON with two differences: ids are in hex, and enums are numbers.
// https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding

type Json = string | number | boolean | readonly Json[] | { readonly [key: string]: Json | undefined };

/** An ExportMetricsServiceRequest as OTLP/JSON. */
export const encodeMetricsJson = ({ resourceMetrics }: MetricsBatch): string =>
  JSON.stringify({
    resourceMetrics: resourceMetrics.map(({ resource, scopeMetrics }) => ({
      resource: resourceJson(resource),
      scopeMetrics: scopeMetrics.map(({ scope, metrics }) => ({
        scope: scopeJson(scope),
        metrics: metrics.map(metricJson),
        schemaUrl: scope.schemaUrl,
      })),
      schemaUrl: resource.schemaUrl,
    })),
  });

/** An ExportLogsServiceRequest as OTLP/JSON. */
export const encodeLogsJson = ({ resourceLogs }: LogsBatch): string =>
  JSON.stringify({
    resourceLogs: resourceLogs.map(({ resource, scopeLogs }) => ({
      resource: resourceJson(resource),
      scopeLogs: scopeLogs.map(({ scope, logRecords }) => ({
        scope: scopeJson(scope),
        logRecords: logRecords.map(recordJson),
        schemaUrl: scope.schemaUrl,
      })),
      schemaUrl: resource.schemaUrl,
    })),
  });

const resourceJson = ({ attributes, droppedAttributesCount }: Resource): Json => ({
  attributes: attributesJson(attributes),
  droppedAttributesCount,
});

const scopeJson = ({ name, version, attributes, droppedAttributesCount }: Scope): Json => ({
  name,
  version,
  attributes: attributes && attributesJson(attributes),
  droppedAttributesCount,
});

const dataKeys = {
  [pointType.gauge]: 'gauge',
  [pointType.sum]: 'sum',
  [pointType.histogram]: 'histogram',
  [pointType.exponentialHistogram]: 'exponentialHistogram',
  [pointType.summary]: 'summary',
} as const;

const metricJson = (metric: MetricData): Json => ({
  name: metric.descriptor.name,
  description: metric.descriptor.description,
  unit: metric.descriptor.unit,
  metadata: metric.descriptor.metadata && attributesJson(metric.descriptor.metadata),
  [dataKeys[metric.dataPointType]]: {
    dataPoints: pointsJson(metric),
    aggregationTemporality: 'aggregationTemporality' in metric ? metric.aggregationTemporality + 1 : undefined,
    isMonotonic: metric.dataPointType === pointType.sum ? metric.isMonotonic : undefined,
  },
});

function pointsJson(metric: MetricData): Json {
  const type = metric.descriptor.valueType;
  switch (metric.dataPointType) {
    case pointType.gauge:
    case pointType.sum:
      return metric.dataPoints.map((point) => ({ ...pointJson(point, type), ...numberJson(point.value, type) }));
    case pointType.histogram:
      return metric.dataPoints.map((point) => ({
        ...pointJson(point, type),
        ...(point.value && {
          ...statisticsJson(point.value),
          bucketCounts: point.value.buckets.counts.map(String),
          explicitBounds: point.value.buckets.boundaries.map(double),
        }),
      }));
    case pointType.exponentialHistogram:
      return metric.dataPoints.map((point) => ({
        ...pointJson(point, type),
        ...(point.value && {
          ...statisticsJson(point.value),
          scale: point.value.scale,
          zeroCount: String(point.value.zeroCount),
          zeroThreshold: optionalDouble(point.value.zeroThreshold),
          positive: bucketsJson(point.value.positive),
          negative: bucketsJson(point.value.negative),
        }),
      }));
    case pointType.summary:
      return metric.dataPoints.map((point) => ({
        ...pointJson(point, type),
        ...(point.value && {
          ...statisticsJson(point.value),
          quantileValues: point.value.quantiles.map(({ quantile, value }) => ({
            quantile: double(quantile),
            value: double(value),
          })),
        }),
      }));
  }
}

const pointJson = (point: DataPoint<unknown>, type: ValueType): { readonly [key: string]: Json | undefined } => ({
  attributes: attributesJson(point.attributes),
  startTimeUnixNano: point.startTime[0] === 0 && point.startTime[1] === 0 ? undefined : timeJson(point.startTime),
  timeUnixNano: timeJson(point.endTime),
  flags: point.flags || undefined,
  exemplars: point.exemplars?.map((exemplar) => exemplarJson(exemplar, type)),
});

const exemplarJson = ({ time, value, filteredAttributes, traceId, spanId }: Exemplar, type: ValueType): Json => ({
  filteredAttributes: filteredAttributes && attributesJson(filteredAttributes),
  timeUnixNano: timeJson(time),
  ...numberJson(value, type),
  traceId: id(traceId, 16),
  spanId: id(spanId, 8),
});

function numberJson(value: number | bigint | undefined, type: ValueType): { readonly [key: string]: Json } {
  if (value === undefined) return {};
  return goesAsInt(value, type) ? { asInt: integer(value) } : { asDouble: double(Number(value)) };
}

interface Statistics {
  readonly count: number | bigint;
  readonly sum?: number | undefined;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

const statisticsJson = ({ count, sum, min, max }: Statistics): { readonly [key: string]: Json | undefined } => ({
  count: String(count),
  sum: optionalDouble(sum),
  min: optionalDouble(min),
  max: optionalDouble(max),
});

const bucketsJson = (buckets: {
  readonly offset: number;
  readonly bucketCounts: readonly (number | bigint)[];
}): Json => ({
  offset: buckets.offset,
  bucketCounts: buckets.bucketCounts.map(String),
});

const recordJson = (record: LogRecord): Json => ({
  timeUnixNano: record.time && timeJson(record.time),
  observedTimeUnixNano: timeJson(record.observedTime),
  severityNumber: record.severityNumber,
  severityText: record.severityText,
  body: record.body === undefined ? undefined : valueJson(record.body),
  attributes: attributesJson(record.attributes),
  droppedAttributesCount: record.droppedAttributesCount,
  flags: record.flags,
  traceId: id(record.traceId, 16),
  spanId: id(record.spanId, 8),
  eventName: record.eventName,
});

const known = new WeakMap<Attributes, Json>();

function attributesJson(attributes: Attributes): Json {
  let json = known.get(attributes);
  if (!json) {
    json = Object.keys(attributes)
      .filter((key) => attributes[key] !== undefined)
      .map((key) => ({ key, value: valueJson(attributes[key] ?? null) }));
    known.set(attributes, json);
  }
  return json;
}

function valueJson(value: AnyValue): Json {
  if (value === null) return {};
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'bigint')
    return fitsInt64(value) ? { intValue: integer(value) } : { stringValue: String(value) };
  if (typeof value === 'number')
    return fitsInt64(value) && !Object.is(value, -0) ? { intValue: integer(value) } : { doubleValue: double(value) };
  if (value instanceof Uint8Array) return { bytesValue: Buffer.from(value).toString('base64') };
  if (isList(value)) return { arrayValue: { values: value.map(valueJson) } };
  return { kvlistValue: { values: attributesJson(value) } };
}

/** JSON has no NaN, no infinities and, in JavaScript's hands, no negative zero. */
const double = (value: number): Json => (Number.isFinite(value) && !Object.is(value, -0) ? value : text(value));
const text = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));
const optionalDouble = (value: number | undefined): Json | undefined =>
  value === undefined ? undefined : double(value);

/** Through bigint: a number from 10^21 on would be written with an exponent. */
const integer = (value: number | bigint): string => String(BigInt(value));

const timeJson = (time: HrTime): string => (time[0] >= 0 ? String(nanoseconds(time)) : '0');

const id = (digits: string | undefined, size: 8 | 16): string | undefined =>
  digits !== undefined && digits.length === size * 2 && /^[0-9a-f]+$/i.test(digits) ? digits : undefined;
