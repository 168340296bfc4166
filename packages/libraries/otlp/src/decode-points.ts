import type {
  Attributes,
  DataPoint,
  Exemplar,
  ExponentialHistogram,
  Histogram,
  HrTime,
  NumberPoint,
  Summary,
} from '@millrace/core';
import { noRecordedValue } from '@millrace/core';
import type { Cursor } from './cursor.ts';
import { decodeAttributes, joined, noAttributes } from './attributes.ts';

/** What the points of one metric are read with, and what came up in it. */
export interface PointReader {
  readonly cursor: Cursor;
  integers: number;
  doubles: number;
  /** Whether it has both: integers become bigints. */
  mixed: boolean;
}

const unknownTime: HrTime = [0, 0];

function integer(reader: PointReader): number | bigint {
  reader.integers++;
  const value = reader.cursor.sfixed64();
  return reader.mixed ? BigInt(value) : value;
}

function double(reader: PointReader): number {
  reader.doubles++;
  return reader.cursor.double();
}

export function decodeNumberPoint(reader: PointReader, end: number): NumberPoint {
  const { cursor } = reader;
  let startTime = unknownTime;
  let endTime = unknownTime;
  let attributes = noAttributes;
  let value: number | bigint | undefined;
  let flags: number | undefined;
  let exemplars: Exemplar[] | undefined;
  while (cursor.at < end) {
    const tag = cursor.varint();
    switch (tag) {
      case 0x11:
        startTime = cursor.startTime();
        break;
      case 0x19:
        endTime = cursor.endTime();
        break;
      case 0x21:
        value = double(reader);
        break;
      case 0x2a:
        (exemplars ??= []).push(decodeExemplar(reader, cursor.end()));
        break;
      case 0x31:
        value = integer(reader);
        break;
      case 0x3a:
        attributes = joined(attributes, decodeAttributes(cursor, end, tag));
        break;
      case 0x40:
        flags = cursor.uint32() || undefined;
        break;
      default:
        cursor.skip(tag);
    }
  }
  return { startTime, endTime, attributes, value: present(value, flags), flags, exemplars };
}

/** OTLP says that a value is to be ignored where the flags say that there is none. */
const present = <Value>(value: Value, flags: number | undefined): Value | undefined =>
  flags !== undefined && (flags & noRecordedValue) !== 0 ? undefined : value;

export function decodeHistogramPoint(reader: PointReader, end: number): DataPoint<Histogram> {
  const { cursor } = reader;
  let startTime = unknownTime;
  let endTime = unknownTime;
  let attributes = noAttributes;
  let count: number | bigint = 0;
  let sum: number | undefined;
  let min: number | undefined;
  let max: number | undefined;
  const boundaries: number[] = [];
  const counts: (number | bigint)[] = [];
  let flags: number | undefined;
  let exemplars: Exemplar[] | undefined;
  while (cursor.at < end) {
    const tag = cursor.varint();
    switch (tag) {
      case 0x11:
        startTime = cursor.startTime();
        break;
      case 0x19:
        endTime = cursor.endTime();
        break;
      case 0x21:
        count = cursor.fixed64();
        break;
      case 0x29:
        sum = cursor.double();
        break;
      case 0x31:
        counts.push(cursor.fixed64());
        break;
      case 0x32:
        for (const stop = cursor.end(); cursor.at < stop; ) counts.push(cursor.fixed64());
        break;
      case 0x39:
        boundaries.push(cursor.double());
        break;
      case 0x3a:
        for (const stop = cursor.end(); cursor.at < stop; ) boundaries.push(cursor.double());
        break;
      case 0x42:
        (exemplars ??= []).push(decodeExemplar(reader, cursor.end()));
        break;
      case 0x4a:
        attributes = joined(attributes, decodeAttributes(cursor, end, tag));
        break;
      case 0x50:
        flags = cursor.uint32() || undefined;
        break;
      case 0x59:
        min = cursor.double();
        break;
      case 0x61:
        max = cursor.double();
        break;
      default:
        cursor.skip(tag);
    }
  }
  const value = { count, sum, min, max, buckets: { boundaries, counts } };
  return { startTime, endTime, attributes, value: present(value, flags), flags, exemplars };
}

export function decodeExponentialPoint(reader: PointReader, end: number): DataPoint<ExponentialHistogram> {
  const { cursor } = reader;
  let startTime = unknownTime;
  let endTime = unknownTime;
  let attributes = noAttributes;
  let count: number | bigint = 0;
  let sum: number | undefined;
  let min: number | undefined;
  let max: number | undefined;
  let scale = 0;
  let zeroCount: number | bigint = 0;
  let zeroThreshold: number | undefined;
  let positive = noBuckets;
  let negative = noBuckets;
  let flags: number | undefined;
  let exemplars: Exemplar[] | undefined;
  while (cursor.at < end) {
    const tag = cursor.varint();
    switch (tag) {
      case 0x0a:
        attributes = joined(attributes, decodeAttributes(cursor, end, tag));
        break;
      case 0x11:
        startTime = cursor.startTime();
        break;
      case 0x19:
        endTime = cursor.endTime();
        break;
      case 0x21:
        count = cursor.fixed64();
        break;
      case 0x29:
        sum = cursor.double();
        break;
      case 0x30:
        scale = cursor.sint32();
        break;
      case 0x39:
        zeroCount = cursor.fixed64();
        break;
      case 0x42:
        positive = decodeBuckets(cursor, cursor.end(), positive);
        break;
      case 0x4a:
        negative = decodeBuckets(cursor, cursor.end(), negative);
        break;
      case 0x50:
        flags = cursor.uint32() || undefined;
        break;
      case 0x5a:
        (exemplars ??= []).push(decodeExemplar(reader, cursor.end()));
        break;
      case 0x61:
        min = cursor.double();
        break;
      case 0x69:
        max = cursor.double();
        break;
      case 0x71:
        zeroThreshold = cursor.double();
        break;
      default:
        cursor.skip(tag);
    }
  }
  const value = { count, sum, min, max, scale, zeroCount, zeroThreshold, positive, negative };
  return { startTime, endTime, attributes, value: present(value, flags), flags, exemplars };
}

type Buckets = ExponentialHistogram['positive'];
const noBuckets: Buckets = { offset: 0, bucketCounts: [] };

function decodeBuckets(cursor: Cursor, end: number, before: Buckets): Buckets {
  let { offset } = before;
  const bucketCounts = [...before.bucketCounts];
  while (cursor.at < end) {
    const tag = cursor.varint();
    if (tag === 0x08) offset = cursor.sint32();
    else if (tag === 0x10) bucketCounts.push(cursor.uint64());
    else if (tag === 0x12) for (const stop = cursor.end(); cursor.at < stop; ) bucketCounts.push(cursor.uint64());
    else cursor.skip(tag);
  }
  return { offset, bucketCounts };
}

export function decodeSummaryPoint({ cursor }: PointReader, end: number): DataPoint<Summary> {
  let startTime = unknownTime;
  let endTime = unknownTime;
  let attributes = noAttributes;
  let count: number | bigint = 0;
  let sum = 0;
  const quantiles: Summary['quantiles'][number][] = [];
  let flags: number | undefined;
  while (cursor.at < end) {
    const tag = cursor.varint();
    switch (tag) {
      case 0x11:
        startTime = cursor.startTime();
        break;
      case 0x19:
        endTime = cursor.endTime();
        break;
      case 0x21:
        count = cursor.fixed64();
        break;
      case 0x29:
        sum = cursor.double();
        break;
      case 0x32:
        quantiles.push(decodeQuantile(cursor, cursor.end()));
        break;
      case 0x3a:
        attributes = joined(attributes, decodeAttributes(cursor, end, tag));
        break;
      case 0x40:
        flags = cursor.uint32() || undefined;
        break;
      default:
        cursor.skip(tag);
    }
  }
  return { startTime, endTime, attributes, value: present({ count, sum, quantiles }, flags), flags };
}

function decodeQuantile(cursor: Cursor, end: number): Summary['quantiles'][number] {
  let quantile = 0;
  let value = 0;
  while (cursor.at < end) {
    const tag = cursor.varint();
    if (tag === 0x09) quantile = cursor.double();
    else if (tag === 0x11) value = cursor.double();
    else cursor.skip(tag);
  }
  return { quantile, value };
}

function decodeExemplar(reader: PointReader, end: number): Exemplar {
  const { cursor } = reader;
  let time = unknownTime;
  let value: number | bigint = 0;
  let filteredAttributes: Attributes | undefined;
  let traceId: string | undefined;
  let spanId: string | undefined;
  while (cursor.at < end) {
    const tag = cursor.varint();
    switch (tag) {
      case 0x11:
        time = cursor.time();
        break;
      case 0x19:
        value = double(reader);
        break;
      case 0x22:
        spanId = cursor.id();
        break;
      case 0x2a:
        traceId = cursor.id();
        break;
      case 0x31:
        value = integer(reader);
        break;
      case 0x3a:
        filteredAttributes = joined(filteredAttributes, decodeAttributes(cursor, end, tag));
        break;
      default:
        cursor.skip(tag);
    }
  }
  return { time, value, filteredAttributes, traceId, spanId };
}
