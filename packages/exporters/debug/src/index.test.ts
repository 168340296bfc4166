import { readFileSync } from 'node:fs';
import type { AnyValue, Batch, InputOf, MetricData } from '@millrace/core';
import {
  encodedBatch,
  endSeries,
  hrTime,
  itemCount,
  logsBatch,
  metricsBatch,
  noRecordedValue,
  pointType,
  profilesBatch,
  resolveConfig,
  spanKind,
  spanStatus,
  temporality,
  tracesBatch,
  valueType,
} from '@millrace/core';
import { manualClock, testContext } from '@millrace/core/testing';
import { encodeProfiles } from '@millrace/otlp-profiles';
import { fromStacks } from '@millrace/pprof';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import debug from './index.ts';

type Input = InputOf<typeof debug.config>;

function start(input: Input) {
  const clock = manualClock();
  const context = testContext({ clock });
  return { clock, lines: context.lines, exporter: debug.create(resolveConfig(debug.config, input), context) };
}

async function written(verbosity: NonNullable<Input['verbosity']>, batch: Batch): Promise<string> {
  const { exporter, lines } = start({ verbosity });
  await exporter.consume(batch);
  return `${lines.map(({ level, message, fields }) => [level, JSON.stringify(fields), message.trimEnd()].join(' ')).join('\n')}\n`;
}

const at = { startTime: hrTime(Date.UTC(2026, 0, 1)), endTime: [1767225610, 123_456_789] as const };
const descriptor = (name: string, unit: string, type: 'int' | 'double' = 'double') => ({
  name,
  unit,
  description: `About ${name}.`,
  valueType: valueType[type],
});
const sum = {
  dataPointType: pointType.sum,
  aggregationTemporality: temporality.cumulative,
  isMonotonic: true,
} as const;

const all: MetricData[] = [
  {
    descriptor: descriptor('process.disk.io', 'By', 'int'),
    ...sum,
    dataPoints: [
      {
        ...at,
        attributes: { 'disk.io.direction': 'read' },
        value: 2n ** 63n - 1n,
        exemplars: [
          {
            time: at.endTime,
            value: 7,
            traceId: '0af7651916cd43dd8448eb211c80319c',
            spanId: 'b7ad6b7169203331',
            filteredAttributes: { user: 'a b' },
          },
        ],
      },
      { ...at, attributes: { 'disk.io.direction': 'write' }, value: undefined, flags: noRecordedValue },
    ],
  },
  {
    descriptor: descriptor('process.cpu.utilization', '1'),
    dataPointType: pointType.gauge,
    dataPoints: [{ ...at, attributes: {}, value: 0.25 }],
  },
  {
    descriptor: descriptor('http.duration', 's'),
    dataPointType: pointType.histogram,
    aggregationTemporality: temporality.delta,
    dataPoints: [
      {
        ...at,
        attributes: {},
        value: { count: 6n, sum: 4.5, max: 2, buckets: { boundaries: [0.1, 1], counts: [1, 2n, 3] } },
      },
      { ...at, attributes: { empty: true }, value: { count: 0, buckets: { boundaries: [], counts: [] } } },
    ],
  },
  {
    descriptor: descriptor('size', ''),
    dataPointType: pointType.exponentialHistogram,
    aggregationTemporality: temporality.cumulative,
    dataPoints: [
      {
        ...at,
        attributes: {},
        value: {
          count: 4,
          sum: 10,
          scale: 3,
          zeroCount: 1,
          zeroThreshold: 0.001,
          positive: { offset: -2, bucketCounts: [1, 0, 2n] },
          negative: { offset: 0, bucketCounts: [] },
        },
      },
    ],
  },
  {
    descriptor: descriptor('gc', 's'),
    dataPointType: pointType.summary,
    dataPoints: [
      {
        ...at,
        attributes: {},
        value: {
          count: 2,
          sum: 3,
          quantiles: [
            { quantile: 0.5, value: 1 },
            { quantile: 0.99, value: 2 },
          ],
        },
      },
    ],
  },
];

const odd: Record<string, AnyValue> = {
  text: 'two\nlines "quoted" \u001b[31m \u009b31m',
  bytes: new Uint8Array([1, 2, 255]),
  'no bytes': new Uint8Array(),
  big: -(2n ** 63n),
  nothing: null,
  list: [1, [2n, { deep: [true, null] }]],
  map: { 'a b': 1.5, c: {} },
  '': 'empty name',
};

const metrics = metricsBatch([
  {
    resource: {
      attributes: { 'process.pid': 42, 'process.command': 'a b' },
      schemaUrl: 'https://example.com/1',
      droppedAttributesCount: 2,
    },
    scopeMetrics: [
      {
        scope: { name: 'test', version: '1.0', attributes: { of: 'scope' }, schemaUrl: 'https://example.com/2' },
        metrics: all,
      },
    ],
  },
  { resource: { attributes: {} }, scopeMetrics: [{ scope: { name: '' }, metrics: all.slice(1, 2) }] },
]);

const logs = logsBatch([
  {
    resource: { attributes: { host: 'a' } },
    scopeLogs: [
      {
        scope: { name: 'test' },
        logRecords: [
          {
            time: at.startTime,
            observedTime: at.endTime,
            severityNumber: 17,
            severityText: 'ERROR',
            body: 'out of\nmemory',
            eventName: 'oom',
            attributes: odd,
            droppedAttributesCount: 1,
            traceId: '0af7651916cd43dd8448eb211c80319c',
            spanId: 'b7ad6b7169203331',
            flags: 1,
          },
          { observedTime: at.endTime, severityNumber: 9, body: odd, attributes: {} },
          { observedTime: at.endTime, attributes: {} },
        ],
      },
    ],
  },
]);

const ids = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
const traces = tracesBatch([
  {
    resource: { attributes: { 'service.name': 'shop' } },
    scopeSpans: [
      {
        scope: { name: 'http' },
        spans: [
          {
            ...ids,
            parentSpanId: '00f067aa0ba902b7',
            traceState: 'ot=th:0',
            flags: 0x101,
            name: 'GET /cart',
            kind: spanKind.server,
            ...at,
            attributes: odd,
            droppedAttributesCount: 1,
            events: [
              {
                name: 'exception',
                time: at.endTime,
                attributes: { 'exception.type': 'Error' },
                droppedAttributesCount: 2,
              },
              { name: 'two\nlines', time: at.endTime, attributes: {} },
            ],
            droppedEventsCount: 3,
            links: [{ ...ids, traceState: 'a=b', flags: 1, attributes: { of: 'link' }, droppedAttributesCount: 4 }],
            droppedLinksCount: 5,
            status: { code: spanStatus.error, message: 'out of\nmemory' },
          },
          { ...ids, name: '', kind: 77, ...at, attributes: {}, status: { code: 77 } },
          { ...ids, name: 'SELECT', kind: spanKind.client, ...at, attributes: {} },
        ],
      },
    ],
  },
]);
const encoded = encodeProfiles([
  {
    resource: { 'service.name': 'shop' },
    profile: fromStacks(
      [
        { frames: ['main', 'work', 'hash\u001b[31m'], values: [248, 2_480_000_000] },
        { frames: ['main', 'idle'], values: [2, 20_000_000] },
        { frames: Array.from({ length: 25 }, (_, depth) => `deep ${depth}`), values: [1, 10_000_000] },
        { frames: ['small'], values: [0, 1] },
      ],
      {
        sampleTypes: [
          { type: 'samples', unit: 'count' },
          { type: 'cpu', unit: 'nanoseconds' },
        ],
        timeNanos: 1_760_000_000_123_456_789n,
        durationNanos: 10_000_000_000n,
        periodType: { type: 'cpu', unit: 'nanoseconds' },
        period: 10_000_000,
      },
    ),
    attributes: { 'profile.name': 'process_cpu' },
  },
]);
const profiles = profilesBatch(encoded.request, encoded.samples);

describe.each(['basic', 'normal', 'detailed'] as const)('%s', (verbosity) => {
  it.each([metrics, logs, traces, profiles])('$signal', async (batch) => {
    await expect(await written(verbosity, batch)).toMatchFileSnapshot(`../testdata/${verbosity}-${batch.signal}.txt`);
  });
});

it('counts with the words of the collector', async () => {
  expect(await written('basic', metrics)).toBe('info {"resource metrics":2,"metrics":6,"data points":8} Metrics\n');
  expect(await written('basic', logs)).toBe('info {"resource logs":1,"log records":3} Logs\n');
  expect(await written('basic', traces)).toBe('info {"resource spans":1,"spans":3} Traces\n');
  expect(await written('basic', profiles)).toBe('info {"sample records":8} Profiles\n');
});

it('counts log records and spans without decoding them', async () => {
  const encoded = { items: 5, bytes: 100, decode: () => expect.fail('it was decoded'), mapResources: () => undefined };
  const split = () => [{ resource: { attributes: {} }, batch: traces }];
  expect(await written('basic', encodedBatch('logs', { ...encoded, split }))).toMatch(
    /"resource logs":1,"log records":5/,
  );
  expect(await written('basic', encodedBatch('traces', { ...encoded, split }))).toMatch(/"resource spans":1,"spans":5/);
});

it('has a line for each point, record and span, whatever is in them', async () => {
  for (const batch of [metrics, logs, traces]) {
    const [, ...lines] = (await written('normal', batch)).trimEnd().split('\n');
    expect(lines).toHaveLength(itemCount(batch));
  }
});

it.each(['normal', 'detailed'] as const)('never throws on odd values: %s', async (verbosity) => {
  const deep: { list: AnyValue[] } = { list: [] };
  deep.list.push(deep.list);
  const times = [
    [Number.NaN, 0],
    [2 ** 53, 5],
    [-1, 999_999_999],
  ] as const;
  const batch = metricsBatch([
    {
      resource: { attributes: { ...odd, deep: deep.list, absent: undefined } },
      scopeMetrics: [
        {
          scope: { name: 'x\ny' },
          metrics: times.map((endTime) => ({
            descriptor: descriptor('a{b}\n', '\u0000'),
            ...sum,
            dataPoints: [
              { startTime: endTime, endTime, attributes: odd, value: Number.NaN },
              { startTime: endTime, endTime, attributes: odd, value: undefined },
            ],
          })),
        },
      ],
    },
  ]);
  const text = await written(verbosity, batch);
  // oxlint-disable-next-line no-control-regex -- they must not reach a terminal.
  expect(text).not.toMatch(/[\0-\x09\x0b-\x1f\x7f-\x9f]/);
  const ended = metricsBatch(metrics.resourceMetrics.map((resource) => endSeries(resource, at.endTime)));
  expect(await written(verbosity, ended)).toMatch(verbosity === 'normal' ? /ended/ : /no recorded value/);
});

describe('sampling', () => {
  it.each<[Input, string]>([
    [{}, 'yyyyyyyy'],
    [{ sampling_thereafter: 0 }, 'yynnnnnn'],
    [{ sampling_initial: 1, sampling_thereafter: 3 }, 'ynnynnyn'],
    [{ sampling_initial: 0, sampling_thereafter: 2 }, 'nynynyny'],
  ])('%o', async (input, want) => {
    const { clock, exporter, lines } = start(input);
    for (let second = 0; second < 2; second++) {
      let seen = '';
      for (let call = 0; call < want.length; call++) {
        const before = lines.length;
        await exporter.consume(metrics);
        seen += lines.length > before ? 'y' : 'n';
      }
      expect(seen).toBe(want);
      await clock.advance(1000);
    }
  });
});

it('the example is a valid config', () => {
  const example = parse(readFileSync(new URL('../example.yaml', import.meta.url), 'utf8')) as {
    exporters: { debug: Input };
  };
  expect(resolveConfig(debug.config, example.exporters.debug)).toMatchObject({ verbosity: 'normal' });
});

it.each(['normal', 'detailed'] as const)('says why profiles cannot be read: %s', async (verbosity) => {
  const text = await written(verbosity, profilesBatch(Uint8Array.of(0x0a, 0x7f), 1));
  expect(text).toContain('These are no profiles: A field of 127 bytes is longer than what it is in, at byte 1');
});
