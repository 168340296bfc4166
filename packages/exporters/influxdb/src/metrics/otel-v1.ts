import type { DataPoint, MetricData, NumberPoint, Scope } from '@millrace/core';
import { isEnded, pointType, temporality, valueText, valueType } from '@millrace/core';
import { keyText, measurementText, nameCache, numberName } from '../line/escape.ts';
import type { Lines } from '../line/lines.ts';
import { bucketsOf } from './buckets.ts';
import type { Distribution } from './distribution.ts';
import type { WriteMetrics } from './schema.ts';
import { hasStart } from './schema.ts';

const keyOf = nameCache(keyText);
const measurementOf = nameCache(measurementText);

const typeNames = {
  [pointType.gauge]: 'gauge',
  [pointType.sum]: 'sum',
  [pointType.histogram]: 'histogram',
  [pointType.exponentialHistogram]: 'exponentialhistogram',
  [pointType.summary]: 'summary',
} as const;
const temporalityNames = {
  [temporality.unspecified]: 'unspecified',
  [temporality.delta]: 'delta',
  [temporality.cumulative]: 'cumulative',
} as const;

/**
 * A measurement for each metric with its unit and type; the fields say temporality and number type, so it takes deltas.
 * https://github.com/influxdata/influxdb-observability/blob/main/otel2influx/metrics_otel_v1.go
 */
export const otelV1: WriteMetrics = ({ resource, scopeMetrics }, { lines, tags, drop }) => {
  const tagsOf = tags.of(resource.attributes);
  for (const { scope, metrics } of scopeMetrics) {
    const fields = scopeFields(scope);
    for (const metric of metrics) {
      const { name, unit } = metric.descriptor;
      if (name === '') {
        drop(metric.dataPoints.length, 'no_name');
        continue;
      }
      const measurement = measurementOf(`${name}_${unit}_${typeNames[metric.dataPointType]}`);
      const writeValue = valueWriter(metric, lines);
      for (const point of metric.dataPoints as readonly DataPoint<unknown>[]) {
        if (isEnded(point)) continue;
        lines.begin(measurement, tagsOf(point.attributes).bytes);
        if (writeValue(point)) {
          if (hasStart(metric, point)) lines.nanoseconds(keyOf('start_time_unix_nano'), point.startTime);
          for (const [key, text] of fields) lines.string(key, text);
        }
        lines.end(point.endTime, 1);
      }
    }
  }
};

/** Writes the value, and says whether there was one. */
function valueWriter(metric: MetricData, lines: Lines): (point: DataPoint<unknown>) => boolean {
  const isGauge = metric.dataPointType === pointType.gauge;
  if (isGauge || metric.dataPointType === pointType.sum) {
    const kind = isGauge
      ? ''
      : `_${temporalityNames[metric.aggregationTemporality]}_${metric.isMonotonic ? 'monotonic' : 'nonmonotonic'}`;
    const isInt = ({ value }: NumberPoint): boolean =>
      typeof value === 'bigint' || (metric.descriptor.valueType === valueType.int && Number.isInteger(value));
    return (point) => {
      const one = point as NumberPoint;
      const key = keyOf(`value${kind}_${isInt(one) ? 'int' : 'double'}`);
      return lines.number(key, one.value!, metric.descriptor.valueType);
    };
  }
  const prefix = 'aggregationTemporality' in metric ? temporalityNames[metric.aggregationTemporality] : 'quantile';
  return (point) => {
    const value = point.value as Distribution;
    if ('quantiles' in value)
      for (const { quantile, value: at } of value.quantiles)
        lines.float(keyOf(`${prefix}_${numberName(quantile)}`), at);
    else
      for (const { bound, count } of bucketsOf(value)) lines.unsigned(keyOf(`${prefix}_${numberName(bound)}`), count);
    if (value.sum !== undefined) lines.float(keyOf('sum'), value.sum);
    if ('min' in value && value.min !== undefined) lines.float(keyOf('min'), value.min);
    if ('max' in value && value.max !== undefined) lines.float(keyOf('max'), value.max);
    return lines.unsigned(keyOf('count'), value.count);
  };
}

/** What a scope says of itself, as strings. */
function scopeFields({ name, version, attributes = {} }: Scope): readonly (readonly [Uint8Array, string])[] {
  const fields: [string, string][] = [
    ['telemetry.sdk.name', name],
    ['telemetry.sdk.version', version ?? ''],
    ...Object.entries(attributes).map(([key, value]): [string, string] => [key, valueText(value)]),
  ];
  return fields.filter(([key, text]) => key !== '' && text !== '').map(([key, text]) => [keyOf(key), text]);
}
