import type { AnyValue, Attributes, Batch, LogRecord, MetricData } from '@millrace/core';
import { logsBatch, metricsBatch, pointType, resolveConfig, temporality, valueType } from '@millrace/core';
import { seeded } from '@millrace/core/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encoder } from '../../../packages/exporters/influxdb/src/encode.ts';
import influxdb from '../../../packages/exporters/influxdb/src/index.ts';
import {
  changedValue,
  changedKey,
  changedMeasurement,
  nastyText,
} from '../../../packages/exporters/influxdb/testdata/nasty.ts';
import { type Entry, hasReader, type Reader, startReader } from './index.ts';

if (!hasReader()) console.error('!!! The reader of line protocol is not built: node test/peers/influxdb/build.ts');

const seed = Number(process.env['SEED'] ?? 20_260_801);
const random = seeded(seed);
const text = (least = 0): string => nastyText(random, least);

const integers = [0, 1, -1, 2 ** 31, -(2 ** 53) + 1, 2 ** 53, 2n ** 63n - 1n, -(2n ** 63n), 9_007_199_254_740_993n];
const floats = [0, -0, 0.1, 1e21, 1.5e-7, 5e-324, Number.MAX_VALUE, -Number.MAX_VALUE, 123456789.125, 1 / 3];

const value = (): AnyValue =>
  random.pick<() => AnyValue>([
    () => text(),
    () => text(),
    () => random.pick(integers),
    () => random.pick(floats),
    () => random.next() < 0.5,
    () => null,
    () => [text(), 2n ** 60n],
  ])();

const attributes = (): Attributes =>
  Object.fromEntries(Array.from({ length: random.int(0, 5) }, () => [text(), value()]));

// What is expected, said in another way than it is written.

const shown = (of: AnyValue | undefined): string => {
  if (of === null || of === undefined) return '';
  if (typeof of === 'object') return `[${JSON.stringify((of as string[])[0])},${(of as bigint[])[1]}]`;
  return Object.is(of, -0) ? '-0' : String(of);
};

function expectedTags(...all: Attributes[]): Map<string, string> {
  const tags = new Map<string, string>();
  for (const one of all)
    for (const [key, of] of Object.entries(one))
      if (key !== '' && shown(of) !== '') tags.set(changedKey(key), changedValue(shown(of)));
  return tags;
}

const simple = ({ measurement, tags, fields, time }: Entry) => ({
  measurement,
  tags: Object.fromEntries(tags),
  fields: fields.map(({ key, kind, value: of }) => [key, kind, kind === 'float' ? Number(of) : of]),
  time,
});

const start = { seconds: 1_784_500_000 };
const moment = (): [number, number] => [
  start.seconds + random.int(0, 9),
  random.pick([0, 1, 999_999_999, random.int(0, 1e9)]),
];
const nanosOf = ([seconds, nanos]: readonly [number, number]): string =>
  String(BigInt(seconds) * 10n ** 9n + BigInt(nanos));

type Expected = ReturnType<typeof simple>;

function metricCase(): { batch: Batch; expected: Expected[] } {
  const expected: Expected[] = [];
  const resource = attributes();
  const scope = { name: random.next() < 0.5 ? '' : text(), version: text() };
  const scoped = { 'otel.library.name': scope.name, 'otel.library.version': scope.version };
  const metrics = Array.from({ length: random.int(1, 4) }, (): MetricData => {
    const name = text(1);
    const isInt = random.next() < 0.5;
    const isCounter = random.next() < 0.5;
    const dataPoints = Array.from({ length: random.int(1, 5) }, () => {
      const number = random.pick<number | bigint>(isInt ? integers : floats);
      const own = attributes();
      const endTime = moment();
      expected.push({
        measurement: changedMeasurement(name),
        tags: Object.fromEntries(expectedTags(resource, scoped, own)),
        fields: [
          [isCounter ? 'counter' : 'gauge', isInt ? 'int' : 'float', isInt ? String(BigInt(number)) : number],
          ...(isCounter ? [['start_time_unix_nano', 'int', '5000000007']] : []),
        ] as Expected['fields'],
        time: nanosOf(endTime),
      });
      return { startTime: [5, 7] as const, endTime, attributes: own, value: number };
    });
    const descriptor = { name, description: '', unit: '', valueType: isInt ? valueType.int : valueType.double };
    return isCounter
      ? {
          descriptor,
          dataPointType: pointType.sum,
          dataPoints,
          isMonotonic: true,
          aggregationTemporality: temporality.cumulative,
        }
      : { descriptor, dataPointType: pointType.gauge, dataPoints };
  });
  return {
    batch: metricsBatch([{ resource: { attributes: resource }, scopeMetrics: [{ scope, metrics }] }]),
    expected,
  };
}

function logCase(): { batch: Batch; expected: Expected[] } {
  const expected: Expected[] = [];
  const service = text(1);
  const logRecords = Array.from({ length: random.int(1, 5) }, (_, index): LogRecord => {
    const body = text();
    const severityText = text(1);
    const time = [start.seconds + index, random.int(0, 1e9)] as const;
    expected.push({
      measurement: 'logs',
      tags: Object.fromEntries(expectedTags({ 'service.name': service })),
      fields: [
        ['observed_time_unix_nano', 'int', '6000000000'],
        ['severity_text', 'string', severityText.toWellFormed()],
        ['body', 'string', body.toWellFormed()],
        ['attributes', 'string', JSON.stringify({ body }).toWellFormed()],
      ],
      time: nanosOf(time),
    });
    return { time, observedTime: [6, 0], severityText, body, attributes: { body } };
  });
  const resource = { attributes: { 'service.name': service } };
  return { batch: logsBatch([{ resource, scopeLogs: [{ scope: { name: '' }, logRecords }] }]), expected };
}

describe.runIf(hasReader())(`InfluxData's decoder (SEED=${seed})`, () => {
  let reader: Reader;
  beforeAll(() => {
    reader = startReader();
  });
  afterAll(() => reader?.stop());

  const drop = (): never => {
    throw new Error('Nothing is to be dropped.');
  };
  const config = resolveConfig(influxdb.config, { endpoint: 'http://x', bucket: 'b', payload_max_lines: 3 });
  const encode = encoder(config, { drop, now: () => 0 });

  test.each([
    ['metrics', 2000, metricCase],
    ['log records', 500, logCase],
  ] as const)(
    'reads the %s of %i random batches as they were',
    async (_name, batches, make) => {
      for (let index = 0; index < batches; index++) {
        const { batch, expected } = make();
        const parts = encode(batch);
        const entries: Entry[] = [];
        for (const { bytes, ends } of parts) {
          const read = await reader.read(bytes);
          expect(read).toHaveLength(ends.length);
          expect(read.length).toBeLessThanOrEqual(3);
          entries.push(...read);
        }
        expect(entries.map(simple)).toEqual(expected);
      }
    },
    120_000,
  );
});
