import { readFileSync } from 'node:fs';
import type { Attributes, Batch, InputOf, ResourceBatch } from '@millrace/core';
import {
  encodedBatch,
  endSeries,
  isEnded,
  logsBatch,
  mergeBatches,
  metricsBatch,
  pointType,
  profilesBatch,
  resolveConfig,
  spanKind,
  temporality,
  tracesBatch,
  valueType,
} from '@millrace/core';
import { sink, testContext } from '@millrace/core/testing';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import attributes from './index.ts';

type Input = InputOf<typeof attributes.config>;

function start(input: Input) {
  const next = sink();
  const processor = attributes.create(resolveConfig(attributes.config, input), testContext(), next);
  return async (batch: Batch): Promise<Batch> => {
    await processor.consume(batch);
    return next.batches.at(-1)!;
  };
}

const times = { startTime: [0, 0], endTime: [1, 0] } as const;
const descriptor = (name: string) => ({ name, description: '', unit: '1', valueType: valueType.double });
const histogram = { count: 1, buckets: { boundaries: [], counts: [1] } };
const resource = { attributes: { 'service.name': 'shop' } };
const scope = { name: 'lib', version: '1.0' };

const metrics = metricsBatch(
  [
    {
      resource,
      scopeMetrics: [
        {
          scope,
          metrics: [
            {
              descriptor: descriptor('a'),
              dataPointType: pointType.gauge,
              dataPoints: [
                { ...times, attributes: { id: 1 }, value: 1 },
                { ...times, attributes: { id: 2 }, value: 2 },
              ],
            },
            {
              descriptor: descriptor('b'),
              dataPointType: pointType.histogram,
              aggregationTemporality: temporality.delta,
              dataPoints: [{ ...times, attributes: { id: 3 }, value: histogram }],
            },
          ],
        },
      ],
    },
  ],
  { tenant: ['x'] },
);
const logs = logsBatch([
  {
    resource,
    scopeLogs: [
      {
        scope,
        logRecords: [
          { observedTime: [1, 0], attributes: { id: 1 }, severityNumber: 9, severityText: 'INFO', body: 'started' },
          { observedTime: [1, 0], attributes: { id: 2 }, severityNumber: 17, body: 'failed', traceId: '0af7' },
        ],
      },
    ],
  },
]);
const span = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', ...times };
const traces = tracesBatch([
  {
    resource,
    scopeSpans: [
      {
        scope,
        spans: [
          {
            ...span,
            name: 'GET /',
            kind: spanKind.server,
            attributes: { id: 1 },
            events: [{ name: 'event', time: [1, 0], attributes: { id: 'of the event' } }],
            links: [{ traceId: span.traceId, spanId: span.spanId, attributes: { id: 'of the link' } }],
          },
          { ...span, name: 'SELECT', kind: spanKind.client, attributes: { id: 2 } },
        ],
      },
    ],
  },
]);

/** The attributes of all points, records and spans. */
function attributesIn(batch: Batch): Attributes[] {
  if (batch.signal === 'metrics')
    return batch.resourceMetrics.flatMap(({ scopeMetrics }) =>
      scopeMetrics.flatMap((one) =>
        one.metrics.flatMap(({ dataPoints }) => dataPoints.map((point) => point.attributes)),
      ),
    );
  if (batch.signal === 'logs')
    return batch.resourceLogs.flatMap(({ scopeLogs }) =>
      scopeLogs.flatMap((one) => one.logRecords.map((record) => record.attributes)),
    );
  if (batch.signal === 'traces')
    return batch.resourceSpans.flatMap(({ scopeSpans }) =>
      scopeSpans.flatMap((one) => one.spans.map((each) => each.attributes)),
    );
  return [];
}

const mark: Input = { actions: [{ action: 'insert', key: 'mark', value: true }] };

describe.each([metrics, logs, traces])('$signal', (batch) => {
  it('get the attributes, and keep the rest', async () => {
    const passed = await start(mark)(batch);
    expect(attributesIn(passed)).toEqual(attributesIn(batch).map((one) => ({ ...one, mark: true })));
    const undone = await start({ actions: [{ action: 'delete', key: 'mark' }] })(passed);
    expect(undone).toEqual(batch);
    expect(passed.metadata).toBe(batch.metadata);
  });

  it('are the same batch if nothing changes', async () => {
    expect(await start({ actions: [{ action: 'update', key: 'mark', value: 1 }] })(batch)).toBe(batch);
    expect(await start({ ...mark, exclude: { services: ['shop'] } })(batch)).toBe(batch);
  });
});

describe.each<[string, Input['include'] & object, Record<string, number[]>]>([
  ['services', { services: ['shop'] }, { metrics: [1, 2, 3], logs: [1, 2], traces: [1, 2] }],
  ['resources', { resources: [{ key: 'service.name', value: 'bank' }] }, { metrics: [], logs: [], traces: [] }],
  ['libraries', { libraries: [{ name: 'lib', version: '1.0' }] }, { metrics: [1, 2, 3], logs: [1, 2], traces: [1, 2] }],
  ['attributes', { attributes: [{ key: 'id', value: 2 }] }, { metrics: [2], logs: [2], traces: [2] }],
  ['metric_names', { metric_names: ['b'] }, { metrics: [3], logs: [], traces: [] }],
  ['span_names', { match_type: 'regexp', span_names: ['^GET'] }, { metrics: [], logs: [], traces: [1] }],
  ['span_kinds', { span_kinds: ['SPAN_KIND_CLIENT'] }, { metrics: [], logs: [], traces: [2] }],
  ['log_bodies', { log_bodies: ['failed'] }, { metrics: [], logs: [2], traces: [] }],
  ['log_severity_texts', { log_severity_texts: ['INFO'] }, { metrics: [], logs: [1], traces: [] }],
  ['log_severity_number', { log_severity_number: { min: 13 } }, { metrics: [], logs: [2], traces: [] }],
  ['log_severity_number by name', { log_severity_number: { min: 'WARN' } }, { metrics: [], logs: [2], traces: [] }],
])('include and exclude by %s', (_name, block, want) => {
  const marked = (batch: Batch) =>
    attributesIn(batch).flatMap((one) => (one['mark'] === true ? [one['id'] as number] : []));

  it.each([metrics, logs, traces])('$signal', async (batch) => {
    expect(marked(await start({ ...mark, include: block })(batch))).toEqual(want[batch.signal]);
    const others = attributesIn(batch).flatMap(({ id }) => (want[batch.signal]!.includes(id as number) ? [] : [id]));
    expect(marked(await start({ ...mark, exclude: block })(batch))).toEqual(others);
  });
});

it('leaves the attributes of events and links alone, as the collector does', async () => {
  const passed = (await start(mark)(traces)) as typeof traces;
  const [before, after] = [traces, passed].map((batch) => batch.resourceSpans[0]!.scopeSpans[0]!.spans[0]!);
  expect(after!.events).toBe(before!.events);
  expect(after!.links).toBe(before!.links);
});

it('ends a series under its new attributes', async () => {
  const ended = metricsBatch(metrics.resourceMetrics.map((one) => endSeries(one, [2, 0])));
  const passed = (await start(mark)(ended)) as typeof metrics;
  const points = passed.resourceMetrics[0]!.scopeMetrics[0]!.metrics.flatMap(({ dataPoints }) => [...dataPoints]);
  expect(points.every(isEnded)).toBe(true);
  expect(attributesIn(passed)).toEqual(attributesIn(metrics).map((one) => ({ ...one, mark: true })));
});

it('takes a header of the request', async () => {
  const pass = start({ actions: [{ action: 'insert', key: 'tenant', from_context: 'metadata.Tenant' }] });
  expect(attributesIn(await pass(metrics)).map(({ tenant }) => tenant)).toEqual(['x', 'x', 'x']);
  expect(await pass(logs)).toBe(logs);
});

it('does not decode what its resource excludes', async () => {
  const part = (service: string, batch: ResourceBatch): ResourceBatch => {
    const encoded: ResourceBatch = encodedBatch(batch.signal, {
      items: 2,
      bytes: 100,
      decode: () => (service === 'shop' ? (logs.resourceLogs as never) : expect.fail('it was decoded')),
      split: () => [{ resource: { attributes: { 'service.name': service } }, batch: encoded }],
      mapResources: () => undefined,
    }) as ResourceBatch;
    return encoded;
  };
  const bank = part('bank', logs);
  const next = sink();
  const config = resolveConfig(attributes.config, { ...mark, exclude: { services: ['bank'] } });
  const processor = attributes.create(config, testContext(), next);
  await processor.consume(bank);
  expect(next.batches).toEqual([bank]);
  await processor.consume(mergeBatches([bank, part('shop', logs)]));
  expect(next.items).toBe(6);
});

it('passes profiles on', async () => {
  const profiles = profilesBatch(new Uint8Array([1]), 1);
  expect(await start(mark)(profiles)).toBe(profiles);
});

describe('the config', () => {
  const check = (input: Input) => attributes.check?.(resolveConfig(attributes.config, input));

  it.each<[Input, (string | number)[], RegExp]>([
    [{ actions: [{ action: 'insert', key: 'a' }] }, ['actions', 0], /^The action insert needs one of value/],
    [{ ...mark, include: {} }, ['include'], /^There is no condition under include/],
    [
      { ...mark, exclude: { match_type: 'regexp', services: ['('] } },
      ['exclude', 'services', 0],
      /^Invalid regular expr/,
    ],
    [{ ...mark, include: { span_kinds: ['client'] } }, ['include', 'span_kinds', 0], /^client is not a kind of spans/],
  ])('%j', (input, path, message) => {
    expect(check(input)).toEqual([{ path, message: expect.stringMatching(message) as string }]);
  });

  it('of the example is valid', () => {
    const example = parse(readFileSync(new URL('../example.yaml', import.meta.url), 'utf8')) as {
      processors: { attributes: Input };
    };
    expect(check(example.processors.attributes)).toEqual([]);
  });
});
