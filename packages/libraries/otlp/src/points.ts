import type {
  DataPoint,
  Exemplar,
  ExponentialHistogram,
  Histogram,
  NumberPoint,
  Summary,
  ValueType,
} from '@millrace/core';
import { valueType } from '@millrace/core';
import { writeCount } from './resource.ts';
import { fitsInt64, rememberedAttributes, writeKnownAttributes, writeId } from './values.ts';
import type { Writer } from '@millrace/protobuf';

// opentelemetry/proto/metrics/v1/metrics.proto
const pointTag = { startTime: 0x11, time: 0x19, count: 0x21, sum: 0x29 } as const;
const numberTag = { asDouble: 0x21, exemplars: 0x2a, asInt: 0x31, attributes: 0x3a, flags: 0x40 } as const;
const histogramTag = {
  counts: 0x32,
  bounds: 0x3a,
  exemplars: 0x42,
  attributes: 0x4a,
  flags: 0x50,
  min: 0x59,
  max: 0x61,
} as const;
const exponentialTag = {
  attributes: 0x0a,
  scale: 0x30,
  zeroCount: 0x39,
  positive: 0x42,
  negative: 0x4a,
  flags: 0x50,
  exemplars: 0x5a,
  min: 0x61,
  max: 0x69,
  zeroThreshold: 0x71,
} as const;
const bucketsTag = { offset: 0x08, counts: 0x12 } as const;
const summaryTag = { quantiles: 0x32, attributes: 0x3a, flags: 0x40 } as const;
const quantileTag = { quantile: 0x09, value: 0x11 } as const;
const exemplarTag = { time: 0x11, asDouble: 0x19, spanId: 0x22, traceId: 0x2a, asInt: 0x31, attributes: 0x3a } as const;

const writeNumberAttributes = rememberedAttributes(numberTag.attributes);
const writeHistogramAttributes = rememberedAttributes(histogramTag.attributes);
const writeExponentialAttributes = rememberedAttributes(exponentialTag.attributes);

/** OTLP says per point whether its value is an int64: what `valueType` calls one and is none goes as the double it is. */
export const goesAsInt = (value: number | bigint, type: ValueType): boolean =>
  (typeof value === 'bigint' || type === valueType.int) && fitsInt64(value);

export function writeNumberPoint(writer: Writer, point: NumberPoint, type: ValueType): void {
  const { value } = point;
  writeCount(writer, numberTag.flags, point.flags);
  writeNumberAttributes(writer, point.attributes);
  writeExemplars(writer, numberTag.exemplars, exemplarsOf(point, type));
  if (value !== undefined) {
    if (goesAsInt(value, type)) {
      writer.fixed64(value);
      writer.tag(numberTag.asInt);
    } else {
      writer.double(Number(value));
      writer.tag(numberTag.asDouble);
    }
  }
  writeTimes(writer, point);
}

export function writeHistogramPoint(writer: Writer, point: DataPoint<Histogram>, type: ValueType): void {
  const { value } = point;
  if (value) {
    writeDouble(writer, histogramTag.max, value.max);
    writeDouble(writer, histogramTag.min, value.min);
  }
  writeCount(writer, histogramTag.flags, point.flags);
  writeHistogramAttributes(writer, point.attributes);
  writeExemplars(writer, histogramTag.exemplars, exemplarsOf(point, type));
  if (value) {
    writeDoubles(writer, histogramTag.bounds, value.buckets.boundaries);
    writeFixeds(writer, histogramTag.counts, value.buckets.counts);
    writeDouble(writer, pointTag.sum, value.sum);
    writeFixed(writer, pointTag.count, value.count);
  }
  writeTimes(writer, point);
}

export function writeExponentialPoint(writer: Writer, point: DataPoint<ExponentialHistogram>, type: ValueType): void {
  const { value } = point;
  if (value) {
    if (value.zeroThreshold) writeDouble(writer, exponentialTag.zeroThreshold, value.zeroThreshold);
    writeDouble(writer, exponentialTag.max, value.max);
    writeDouble(writer, exponentialTag.min, value.min);
  }
  writeExemplars(writer, exponentialTag.exemplars, exemplarsOf(point, type));
  writeCount(writer, exponentialTag.flags, point.flags);
  if (value) {
    writeBuckets(writer, exponentialTag.negative, value.negative);
    writeBuckets(writer, exponentialTag.positive, value.positive);
    writeFixed(writer, exponentialTag.zeroCount, value.zeroCount);
    writeSigned(writer, exponentialTag.scale, value.scale);
    writeDouble(writer, pointTag.sum, value.sum);
    writeFixed(writer, pointTag.count, value.count);
  }
  writeTimes(writer, point);
  writeExponentialAttributes(writer, point.attributes);
}

export function writeSummaryPoint(writer: Writer, point: DataPoint<Summary>): void {
  const { value } = point;
  writeCount(writer, summaryTag.flags, point.flags);
  writeNumberAttributes(writer, point.attributes);
  if (value) {
    for (let index = value.quantiles.length - 1; index >= 0; index--) {
      const mark = writer.length;
      writeDouble(writer, quantileTag.value, value.quantiles[index]!.value);
      writeDouble(writer, quantileTag.quantile, value.quantiles[index]!.quantile);
      writer.message(summaryTag.quantiles, mark);
    }
    writeDouble(writer, pointTag.sum, value.sum);
    writeFixed(writer, pointTag.count, value.count);
  }
  writeTimes(writer, point);
}

interface TypedExemplars {
  readonly exemplars: readonly Exemplar[];
  readonly type: ValueType;
}

const exemplarsOf = (point: DataPoint<unknown>, type: ValueType): TypedExemplars | undefined =>
  point.exemplars && { exemplars: point.exemplars, type };

function writeExemplars(writer: Writer, tag: number, typed: TypedExemplars | undefined): void {
  if (!typed) return;
  for (let index = typed.exemplars.length - 1; index >= 0; index--) {
    const { time, value, filteredAttributes, traceId, spanId } = typed.exemplars[index]!;
    const mark = writer.length;
    if (filteredAttributes) writeKnownAttributes(writer, exemplarTag.attributes, filteredAttributes);
    if (goesAsInt(value, typed.type)) {
      writer.fixed64(value);
      writer.tag(exemplarTag.asInt);
    } else writeDouble(writer, exemplarTag.asDouble, Number(value));
    writeId(writer, exemplarTag.traceId, { digits: traceId, size: 16 });
    writeId(writer, exemplarTag.spanId, { digits: spanId, size: 8 });
    writer.time(time);
    writer.tag(exemplarTag.time);
    writer.message(tag, mark);
  }
}

function writeTimes(writer: Writer, { startTime, endTime }: DataPoint<unknown>): void {
  writer.time(endTime);
  writer.tag(pointTag.time);
  if (startTime[0] === 0 && startTime[1] === 0) return;
  writer.time(startTime);
  writer.tag(pointTag.startTime);
}

function writeDouble(writer: Writer, tag: number, value: number | undefined): void {
  if (value === undefined) return;
  writer.double(value);
  writer.tag(tag);
}

function writeFixed(writer: Writer, tag: number, value: number | bigint): void {
  writer.fixed64(value);
  writer.tag(tag);
}

/** A sint32, in zigzag. */
function writeSigned(writer: Writer, tag: number, value: number): void {
  writer.varint(((value << 1) ^ (value >> 31)) >>> 0);
  writer.tag(tag);
}

function writeDoubles(writer: Writer, tag: number, values: readonly number[]): void {
  if (values.length === 0) return;
  const mark = writer.length;
  for (let index = values.length - 1; index >= 0; index--) writer.double(values[index]!);
  writer.message(tag, mark);
}

function writeFixeds(writer: Writer, tag: number, values: readonly (number | bigint)[]): void {
  if (values.length === 0) return;
  const mark = writer.length;
  for (let index = values.length - 1; index >= 0; index--) writer.fixed64(values[index]!);
  writer.message(tag, mark);
}

function writeBuckets(writer: Writer, tag: number, { offset, bucketCounts }: ExponentialHistogram['positive']): void {
  if (offset === 0 && bucketCounts.length === 0) return;
  const mark = writer.length;
  for (let index = bucketCounts.length - 1; index >= 0; index--) {
    const count = bucketCounts[index]!;
    if (typeof count === 'bigint') writer.varint64(count);
    else writer.varint(count);
  }
  if (bucketCounts.length > 0) writer.message(bucketsTag.counts, mark);
  writeSigned(writer, bucketsTag.offset, offset);
  writer.message(tag, mark);
}
