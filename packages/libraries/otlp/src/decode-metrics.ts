import type { Attributes, MetricData, ScopeMetrics, Temporality } from '@millrace/core';
import { pointType, valueType } from '@millrace/core';
import type { Cursor } from './cursor.ts';
import type { PointReader } from './decode-points.ts';
import {
  decodeExponentialPoint,
  decodeHistogramPoint,
  decodeNumberPoint,
  decodeSummaryPoint,
} from './decode-points.ts';
import { decodeAttributes, joined } from './attributes.ts';
import { decodeScope, emptyScope } from './decode-resource.ts';
import { internDescriptor } from './descriptors.ts';
import { rememberField } from './origins.ts';

const metricTag = 0x12;

/** A ScopeMetrics message that goes on to `end`. */
export function decodeScopeMetrics(cursor: Cursor, end: number): ScopeMetrics {
  const scope = emptyScope();
  const metrics: MetricData[] = [];
  while (cursor.at < end) {
    const tag = cursor.varint();
    if (tag === metricTag) metrics.push(decodeMetricField(cursor));
    else if (tag === 0x0a) decodeScope(cursor, cursor.end(), scope);
    else if (tag === 0x1a) scope.schemaUrl = cursor.text();
    else cursor.skip(tag);
  }
  return { scope, metrics };
}

/** From how many bytes on it is worth to remember what a metric was decoded from: about as many as ten points have. */
const remembered = 2048;

function decodeMetricField(cursor: Cursor): MetricData {
  const { bytes } = cursor;
  const start = cursor.at - 1;
  const metric = decodeMetric(cursor, cursor.end());
  // A tag may be written longer than needed: then the field began earlier.
  if (cursor.at - start >= remembered && bytes[start] === metricTag)
    rememberField(metric, bytes.subarray(start, cursor.at));
  return metric;
}

const unspecified = -1;

function decodeMetric(cursor: Cursor, end: number): MetricData {
  let name = '';
  let description = '';
  let unit = '';
  let metadata: Attributes | undefined;
  let data: Data | undefined;
  while (cursor.at < end) {
    const tag = cursor.varint();
    switch (tag) {
      case 0x0a:
        name = cursor.text();
        break;
      case 0x12:
        description = cursor.text();
        break;
      case 0x1a:
        unit = cursor.text();
        break;
      case 0x62:
        metadata = joined(metadata, decodeAttributes(cursor, end, tag));
        break;
      case 0x2a:
        data = decodeData(cursor, pointType.gauge);
        break;
      case 0x3a:
        data = decodeData(cursor, pointType.sum);
        break;
      case 0x4a:
        data = decodeData(cursor, pointType.histogram);
        break;
      case 0x52:
        data = decodeData(cursor, pointType.exponentialHistogram);
        break;
      case 0x5a:
        data = decodeData(cursor, pointType.summary);
        break;
      default:
        cursor.skip(tag);
    }
  }
  const type = data?.valueType ?? valueType.double;
  const descriptor = internDescriptor({ name, description, unit, valueType: type, metadata });
  const dataPoints = data?.dataPoints ?? [];
  const dataPointType = data?.type ?? pointType.gauge;
  const aggregationTemporality = data?.temporality ?? unspecified;
  switch (dataPointType) {
    case pointType.gauge:
    case pointType.summary:
      return { descriptor, dataPointType, dataPoints } as MetricData;
    case pointType.sum: {
      const isMonotonic = data?.isMonotonic ?? false;
      return { descriptor, dataPointType, dataPoints, aggregationTemporality, isMonotonic } as MetricData;
    }
    case pointType.histogram:
    case pointType.exponentialHistogram:
      return { descriptor, dataPointType, dataPoints, aggregationTemporality } as MetricData;
  }
}

interface Data {
  readonly type: MetricData['dataPointType'];
  readonly dataPoints: readonly unknown[];
  readonly valueType: 0 | 1;
  readonly temporality: Temporality;
  readonly isMonotonic: boolean;
}

const decoders = {
  [pointType.gauge]: decodeNumberPoint,
  [pointType.sum]: decodeNumberPoint,
  [pointType.histogram]: decodeHistogramPoint,
  [pointType.exponentialHistogram]: decodeExponentialPoint,
  [pointType.summary]: decodeSummaryPoint,
} as const;

/**
 * OTLP says for each number whether it is an integer, a descriptor for all. Where a metric mixes them it is one of doubles
 * and its integers are bigints, as these are always integers.
 */
function decodeData(cursor: Cursor, type: Data['type']): Data {
  const end = cursor.end();
  const { at } = cursor;
  const reader: PointReader = { cursor, integers: 0, doubles: 0, mixed: false };
  let data = decodePoints(reader, type, end);
  if (reader.integers > 0 && reader.doubles > 0) {
    cursor.at = at;
    reader.mixed = true;
    data = decodePoints(reader, type, end);
  }
  const isInt = reader.integers > 0 && reader.doubles === 0;
  return { ...data, valueType: isInt ? valueType.int : valueType.double };
}

function decodePoints(reader: PointReader, type: Data['type'], end: number): Omit<Data, 'valueType'> {
  const { cursor } = reader;
  const decodePoint = decoders[type];
  const dataPoints: unknown[] = [];
  let temporality: number = unspecified;
  let isMonotonic = false;
  while (cursor.at < end) {
    const tag = cursor.varint();
    if (tag === 0x0a) dataPoints.push(decodePoint(reader, cursor.end()));
    else if (tag === 0x10) temporality = cursor.int32() - 1;
    else if (tag === 0x18) isMonotonic = cursor.bool();
    else cursor.skip(tag);
  }
  return { type, dataPoints, temporality: temporality as Temporality, isMonotonic };
}
