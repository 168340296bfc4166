import { readFileSync } from 'node:fs';
import type { Attributes, Batch, InputOf, MetricsBatch, ResourceBatch, SumMetric } from '@millrace/core';
import {
  encodedBatch,
  logsBatch,
  mergeBatches,
  metricsBatch,
  PermanentError,
  profilesBatch,
  resolveConfig,
  tracesBatch,
} from '@millrace/core';
import { checkDefinition, manualClock, render, sink, testContext } from '@millrace/core/testing';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import count from './index.ts';

type Input = InputOf<typeof count.config>;

describe('the contract', () => {
  for (const { name, run } of checkDefinition(count)) it(name, run);
});

const times = { startTime: [1, 0], endTime: [2, 0] } as const;
const scope = { name: 'test', attributes: { of: 'scope', team: 'blue' } };

const gauge = (name: string, ...points: Attributes[]) =>
  ({
    descriptor: { name, description: '', unit: '1', valueType: 0 },
    dataPointType: 2,
    dataPoints: points.map((attributes) => ({ ...times, attributes, value: 1 })),
  }) as const;
const shop = { attributes: { 'service.name': 'shop', zone: 1 } };
const cart = { attributes: { 'service.name': 'cart' } };

const metrics = metricsBatch([
  { resource: shop, scopeMetrics: [{ scope, metrics: [gauge('a', { env: 'prod' }, { env: 'dev' }), gauge('b', {})] }] },
  { resource: cart, scopeMetrics: [{ scope, metrics: [gauge('a', { env: 'prod' })] }] },
]);

const resourceLogs = (resource: typeof cart, ...records: { attributes: Attributes; severityNumber?: number }[]) => ({
  resource,
  scopeLogs: [{ scope, logRecords: records.map((record) => ({ observedTime: [1, 0] as const, ...record })) }],
});
const logs = logsBatch([
  resourceLogs(
    shop,
    { attributes: { env: 'prod' }, severityNumber: 17 },
    { attributes: { env: 'prod' }, severityNumber: 9 },
    { attributes: { env: 'dev' } },
    { attributes: {} },
    { attributes: { env: 7 } },
    { attributes: { env: 7n } },
  ),
  resourceLogs(cart, { attributes: { env: 'prod' }, severityNumber: 21 }),
]);

const event = (name: string) => ({ name, time: [1, 0] as const, attributes: { kind: name } });
const span = (name: string, ...events: string[]) =>
  ({
    ...times,
    name,
    kind: 2,
    traceId: '1',
    spanId: '2',
    attributes: { route: name },
    events: events.map(event),
  }) as const;
const traces = tracesBatch([
  { resource: shop, scopeSpans: [{ scope, spans: [span('x', 'e', 'f'), span('y'), span('x', 'e')] }] },
]);

async function counted(input: Input, batch: Batch): Promise<string[]> {
  const next = sink();
  const connector = count.create(resolveConfig(count.config, input), testContext(), new Map([['metrics', next]]));
  await connector.consume(batch);
  return next.batches.flatMap((one) => render(one).trimEnd().split('\n'));
}

const inShop = (attributes: string) => `{service.name="shop",zone=1|${attributes}}`;
const inCart = (attributes: string) => `{service.name="cart"|${attributes}}`;

it.each<[string, Input, Batch, string[]]>([
  [
    'metrics by default',
    {},
    metrics,
    [
      `metric.count${inCart('')} 1 {metric}`,
      `metric.count${inShop('')} 2 {metric}`,
      `metric.datapoint.count${inCart('')} 1 {datapoint}`,
      `metric.datapoint.count${inShop('')} 3 {datapoint}`,
    ],
  ],
  [
    'logs by default',
    {},
    logs,
    [`log.record.count${inCart('')} 1 {record}`, `log.record.count${inShop('')} 6 {record}`],
  ],
  [
    'traces by default',
    {},
    traces,
    [`trace.span.count${inShop('')} 3 {span}`, `trace.span.event.count${inShop('')} 3 {event}`],
  ],
  ['nothing of an empty section', { logs: {} }, logs, []],
  [
    'other sections still by default',
    { logs: {}, spans: {} },
    traces,
    [`trace.span.event.count${inShop('')} 3 {event}`],
  ],
  [
    'under the names given',
    { logs: { one: {}, two: { description: 'Two.' } } },
    logs,
    [
      `one${inCart('')} 1 {record}`,
      `one${inShop('')} 6 {record}`,
      `two${inCart('')} 1 {record}`,
      `two${inShop('')} 6 {record}`,
    ],
  ],
  [
    'what meets one of the conditions',
    { logs: { bad: { conditions: ['severity_number >= SEVERITY_NUMBER_FATAL', 'severity_number == 17'] } } },
    logs,
    [`bad${inCart('')} 1 {record}`, `bad${inShop('')} 1 {record}`],
  ],
  [
    'all of a resource that meets a condition',
    { logs: { carts: { conditions: ['resource.attributes["service.name"] == "cart"'] } } },
    logs,
    [`carts${inCart('')} 1 {record}`],
  ],
  [
    'by attributes, integers alike in both forms',
    { logs: { by_env: { attributes: [{ key: 'env' }] } } },
    logs,
    [
      `by_env${inCart('env="prod"')} 1 {record}`,
      `by_env${inShop('env="dev"')} 1 {record}`,
      `by_env${inShop('env="prod"')} 2 {record}`,
      `by_env${inShop('env=7')} 2 {record}`,
    ],
  ],
  [
    'by attributes with a default, that of a scope and that of a resource',
    {
      datapoints: { d: { attributes: [{ key: 'env', default_value: 'none' }, { key: 'team' }, { key: 'zone' }] } },
      metrics: {},
    },
    metrics,
    [
      `d${inShop('env="dev",team="blue",zone=1')} 1 {datapoint}`,
      `d${inShop('env="none",team="blue",zone=1')} 1 {datapoint}`,
      `d${inShop('env="prod",team="blue",zone=1')} 1 {datapoint}`,
    ],
  ],
  [
    'conditions and attributes together',
    {
      spans: { s: { conditions: ['name == "x"'], attributes: [{ key: 'route' }] } },
      spanevents: { e: { conditions: ['span.name == "x" and attributes["kind"] == "e"'] } },
    },
    traces,
    [`e${inShop('')} 2 {event}`, `s${inShop('route="x"')} 2 {span}`],
  ],
  [
    'metrics by name',
    { metrics: { a: { conditions: ['name == "a"'] } }, datapoints: {} },
    metrics,
    [`a${inCart('')} 1 {metric}`, `a${inShop('')} 1 {metric}`],
  ],
])('counts %s', async (_, input, batch, want) => {
  expect(await counted(input, batch)).toEqual(want);
});

it('gives delta sums of integers, and the resource as it came', async () => {
  const next = sink();
  const config = resolveConfig(count.config, { logs: { l: { description: 'Records.' } } });
  await count.create(config, testContext(), new Map([['metrics', next]])).consume(logs);
  const [one] = (next.batches[0] as MetricsBatch).resourceMetrics;
  expect(one!.resource).toBe(logs.resourceLogs[0]!.resource);
  expect(one!.scopeMetrics[0]).toMatchObject({
    scope: { name: '@millrace/connector-count' },
    metrics: [
      {
        descriptor: { name: 'l', description: 'Records.', unit: '{record}', valueType: 0 },
        dataPointType: 3,
        aggregationTemporality: 0,
        isMonotonic: true,
      },
    ],
  });
});

it('gives each window of time once, and to no two counts the same end', async () => {
  const next = sink();
  const clock = manualClock(1_000_000);
  const connector = count.create(resolveConfig(count.config, {}), testContext({ clock }), new Map([['metrics', next]]));
  await clock.advance(1500);
  await connector.consume(logs);
  await connector.consume(logs);
  await clock.advance(500);
  await connector.consume(logs);
  const windows = next.batches.map((batch) => {
    const [point] = ((batch as MetricsBatch).resourceMetrics[0]!.scopeMetrics[0]!.metrics[0] as SumMetric).dataPoints;
    return [point!.startTime, point!.endTime];
  });
  expect(windows).toEqual([
    [
      [1000, 0],
      [1001, 500_000_000],
    ],
    [
      [1001, 500_000_000],
      [1001, 500_000_001],
    ],
    [
      [1001, 500_000_001],
      [1002, 0],
    ],
  ]);
});

it('gives one point a series where parts of a batch are of equal resources', async () => {
  const again = logsBatch([resourceLogs({ attributes: { ...cart.attributes } }, { attributes: {} })]);
  expect(await counted({}, mergeBatches([again, logs, again]))).toEqual([
    `log.record.count${inCart('')} 3 {record}`,
    `log.record.count${inShop('')} 6 {record}`,
  ]);
});

it('does not decode what it need not', async () => {
  const sealed = (attributes: Attributes, items: number): ResourceBatch =>
    encodedBatch('logs', {
      items,
      bytes: 10,
      decode: () => {
        throw new Error('decoded');
      },
      split: () => [{ resource: { attributes }, batch: sealed(attributes, items) }],
      mapResources: () => undefined,
    });
  const input = { logs: { all: {}, shops: { conditions: ['resource.attributes["service.name"] == "shop"'] } } };
  const batch = mergeBatches([sealed(shop.attributes, 1000), sealed(cart.attributes, 10)]);
  expect(await counted(input, batch)).toEqual([
    `all${inCart('')} 10 {record}`,
    `all${inShop('')} 1000 {record}`,
    `shops${inShop('')} 1000 {record}`,
  ]);
});

it('keeps the series right for more sets of attributes than it remembers', async () => {
  const many = Array.from({ length: 25_000 }, (_, index) => ({ attributes: { env: String(index % 12_500) } }));
  const lines = await counted(
    { logs: { l: { attributes: [{ key: 'env' }] } } },
    logsBatch([resourceLogs(cart, ...many)]),
  );
  expect(lines).toHaveLength(12_500);
  expect(lines.every((line) => line.endsWith(' 2 {record}'))).toBe(true);
});

it('passes a refusal on, after the other pipelines have the counts', async () => {
  const [one, two] = [sink(), sink()];
  const nexts = new Map([
    ['metrics/1', one],
    ['metrics/2', two],
  ]);
  const connector = count.create(resolveConfig(count.config, {}), testContext(), nexts);
  one.failures.push(new Error('full'));
  await expect(connector.consume(logs)).rejects.toMatchObject({ message: '1 of 2 consumers refused the batch' });
  expect(two.items).toBe(2);
  await expect(connector.consume(profilesBatch(new Uint8Array(), 1))).rejects.toThrow(PermanentError);
});

describe('the config', () => {
  it.each<[Input, (string | number)[], RegExp]>([
    [
      { logs: { l: { conditions: ['true', 'attribute["a"] == 1'] } } },
      ['logs', 'l', 'conditions', 1],
      /^column 1: a log has no attribute; /,
    ],
    [
      { metrics: { m: { conditions: ['attributes["a"] == 1'] } } },
      ['metrics', 'm', 'conditions', 0],
      /^column 1: a metric has no attributes of its own/,
    ],
    [{ spans: { '': {} } }, ['spans', ''], /^A metric needs a name\.$/],
  ])('%j', (input, path, message) => {
    expect(count.check!(resolveConfig(count.config, input))).toEqual([
      { path, message: expect.stringMatching(message) as string },
    ]);
  });

  it('of the example is valid', () => {
    const example = parse(readFileSync(new URL('../example.yaml', import.meta.url), 'utf8')) as {
      connectors: { count: Input };
    };
    expect(count.check!(resolveConfig(count.config, example.connectors.count))).toEqual([]);
  });
});
