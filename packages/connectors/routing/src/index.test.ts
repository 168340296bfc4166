import { readFileSync } from 'node:fs';
import type {
  Attributes,
  Batch,
  InputOf,
  LogsBatch,
  MetricsBatch,
  ResourceBatch,
  Span,
  TracesBatch,
} from '@millrace/core';
import {
  encodedBatch,
  logsBatch,
  mergeBatches,
  metricsBatch,
  partsOf,
  PermanentError,
  profilesBatch,
  resolveConfig,
  tracesBatch,
} from '@millrace/core';
import { checkDefinition, sink, testContext } from '@millrace/core/testing';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import routing from './index.ts';

type Input = InputOf<typeof routing.config>;
type Rows = Input['table'];

describe('the contract', () => {
  const config = { table: [{ condition: 'attributes["a"] == "b"', pipelines: ['metrics/contract'] }] };
  for (const { name, run } of checkDefinition(routing, { config })) it(name, run);
});

const resourceLogs = (attributes: Attributes, ...bodies: string[]): LogsBatch['resourceLogs'][number] => ({
  resource: { attributes },
  scopeLogs: [
    {
      scope: { name: 'test' },
      logRecords: bodies.map((body, index) => ({
        observedTime: [1, 0],
        body,
        attributes: {},
        severityNumber: index + 1,
      })),
    },
  ],
});
const logs = (attributes: Attributes, ...bodies: string[]): LogsBatch =>
  logsBatch([resourceLogs(attributes, ...bodies)]);

function bodies(batch: Batch): string[] {
  return (batch as LogsBatch).resourceLogs.flatMap((one) =>
    one.scopeLogs.flatMap((scope) => scope.logRecords.map((record) => String(record.body))),
  );
}

/** Routes to logs/a, logs/b, logs/c, metrics/a and traces/a. */
function router(table: Rows, defaults: string[] = []) {
  const nexts = new Map(['logs/a', 'logs/b', 'logs/c', 'metrics/a', 'traces/a'].map((id) => [id, sink()] as const));
  const context = testContext({ id: 'routing/x' });
  const config = resolveConfig(routing.config, { table, default_pipelines: defaults });
  const connector = routing.create(config, context, nexts);
  const got = (): Record<string, string[][]> =>
    Object.fromEntries(
      [...nexts].filter(([, { batches }]) => batches.length > 0).map(([id, { batches }]) => [id, batches.map(bodies)]),
    );
  return { connector, nexts, got, dropped: context.dropped };
}

const env = (value: string) => `attributes["env"] == "${value}"`;
const threeEnvs = logsBatch([
  resourceLogs({ env: 'prod' }, 'p1', 'p2'),
  resourceLogs({ env: 'dev' }, 'd1'),
  resourceLogs({ env: 'prod' }, 'p3'),
  resourceLogs({}, 'x1', 'x2', 'x3'),
]);

describe('where it goes', () => {
  it.each<[string, Rows, string[], Record<string, string[][]>, Record<string, number>]>([
    [
      'by resource, and the rest to the default',
      [
        { condition: env('prod'), pipelines: ['logs/a'] },
        { condition: env('dev'), pipelines: ['logs/b'] },
      ],
      ['logs/c'],
      { 'logs/a': [['p1', 'p2', 'p3']], 'logs/b': [['d1']], 'logs/c': [['x1', 'x2', 'x3']] },
      {},
    ],
    [
      'without a default the rest is dropped and counted',
      [{ condition: env('prod'), pipelines: ['logs/a'] }],
      [],
      { 'logs/a': [['p1', 'p2', 'p3']] },
      { unrouted: 4 },
    ],
    [
      'what several routes send to one pipeline is one batch, in its order',
      [
        { condition: 'attributes["env"] == nil', pipelines: ['logs/a'] },
        { condition: env('prod'), pipelines: ['logs/a'] },
      ],
      ['logs/b'],
      { 'logs/a': [['p1', 'p2', 'p3', 'x1', 'x2', 'x3']], 'logs/b': [['d1']] },
      {},
    ],
    [
      'a route to several pipelines gives all of them the same',
      [{ condition: 'attributes["env"] != nil', pipelines: ['logs/a', 'logs/b', 'logs/a'] }],
      ['logs/c'],
      { 'logs/a': [['p1', 'p2', 'd1', 'p3']], 'logs/b': [['p1', 'p2', 'd1', 'p3']], 'logs/c': [['x1', 'x2', 'x3']] },
      {},
    ],
    [
      'what a route moved, later routes do not see',
      [
        { condition: 'attributes["env"] != nil', pipelines: ['logs/a'] },
        { statement: 'route()', pipelines: ['logs/b'] },
      ],
      ['logs/c'],
      { 'logs/a': [['p1', 'p2', 'd1', 'p3']], 'logs/b': [['x1', 'x2', 'x3']] },
      {},
    ],
    [
      'what a route copied, later routes and the default do see',
      [
        { statement: 'route()', pipelines: ['logs/a'], action: 'copy' },
        { condition: env('prod'), pipelines: ['logs/b'], action: 'copy' },
        { condition: env('dev'), pipelines: ['logs/b'] },
      ],
      ['logs/c'],
      {
        'logs/a': [['p1', 'p2', 'd1', 'p3', 'x1', 'x2', 'x3']],
        'logs/b': [['p1', 'p2', 'd1', 'p3']],
        'logs/c': [['p1', 'p2', 'p3', 'x1', 'x2', 'x3']],
      },
      {},
    ],
    [
      'by record, then by resource',
      [
        { context: 'log', condition: 'severity_number < SEVERITY_NUMBER_TRACE2', pipelines: ['logs/a'] },
        { context: 'resource', condition: env('prod'), pipelines: ['logs/b'] },
      ],
      ['logs/c'],
      { 'logs/a': [['p1', 'd1', 'p3', 'x1']], 'logs/b': [['p2']], 'logs/c': [['x2', 'x3']] },
      {},
    ],
    [
      'a route of another signal does not concern it',
      [
        { condition: 'true', pipelines: ['metrics/a'] },
        { context: 'span', condition: 'name == "x"', pipelines: ['traces/a'] },
        { condition: env('dev'), pipelines: ['metrics/a', 'logs/a'] },
      ],
      ['logs/b', 'metrics/a'],
      { 'logs/a': [['d1']], 'logs/b': [['p1', 'p2', 'p3', 'x1', 'x2', 'x3']] },
      {},
    ],
  ])('%s', async (_, table, defaults, want, wantDropped) => {
    const { connector, got, dropped } = router(table, defaults);
    await connector.consume(threeEnvs);
    expect(got()).toEqual(want);
    expect(dropped).toEqual(wantDropped);
  });

  it('by the request that brought it', async () => {
    const { connector, got } = router(
      [
        { context: 'request', condition: 'request["X-Tenant"] == "acme"', pipelines: ['logs/a'] },
        { context: 'request', condition: 'request["X-Tenant"] == "ecorp"', pipelines: ['logs/b'] },
      ],
      ['logs/c'],
    );
    const from = (tenant: string, body: string) => logsBatch([resourceLogs({}, body)], { 'x-tenant': [tenant] });
    for (const [tenant, body] of [
      ['acme', '1'],
      ['ecorp', '2'],
      ['other', '3'],
    ] as const)
      await connector.consume(from(tenant, body));
    await connector.consume(logs({}, '4'));
    expect(got()).toEqual({ 'logs/a': [['1']], 'logs/b': [['2']], 'logs/c': [['3'], ['4']] });
  });
});

describe('what is passed on', () => {
  it('is the batch itself where all of it goes to a pipeline, and one object for pipelines that get the same', async () => {
    const { connector, nexts } = router(
      [
        { condition: env('prod'), pipelines: ['logs/a', 'logs/b'] },
        { condition: 'true', pipelines: ['logs/c'] },
      ],
      [],
    );
    const prod = logsBatch([resourceLogs({ env: 'prod' }, '1'), resourceLogs({ env: 'prod' }, '2')]);
    await connector.consume(prod);
    expect(nexts.get('logs/a')!.batches[0]).toBe(prod);
    await connector.consume(threeEnvs);
    expect(nexts.get('logs/a')!.batches[1]).toBe(nexts.get('logs/b')!.batches[1]);
  });

  it('has its metadata still', async () => {
    const metadata = { tenant: ['t'] };
    const { connector, nexts } = router(
      [{ context: 'log', condition: 'body == "p2"', pipelines: ['logs/a'] }],
      ['logs/b'],
    );
    await connector.consume(logsBatch(threeEnvs.resourceLogs, metadata));
    for (const id of ['logs/a', 'logs/b']) expect(nexts.get(id)!.batches[0]!.metadata).toBe(metadata);
  });

  it('stays bytes below the resource where conditions look no deeper', async () => {
    const { connector, nexts } = router(
      [
        { context: 'request', condition: 'request["x"] == "y"', pipelines: ['logs/c'] },
        { condition: env('prod'), pipelines: ['logs/a'] },
        { context: 'log', condition: 'resource.attributes["env"] == "dev"', pipelines: ['logs/b'] },
      ],
      ['logs/c'],
    );
    const sealed = (attributes: Attributes): ResourceBatch => encoded([{ attributes, batch: undefined }]);
    const parts = ['prod', 'dev', 'prod', 'other'].map((value) => ({
      attributes: { env: value },
      batch: sealed({ env: value }),
    }));
    await connector.consume(encoded(parts));
    expect(partsOf(nexts.get('logs/a')!.batches[0]!)).toEqual([parts[0]!.batch, parts[2]!.batch]);
    expect(nexts.get('logs/b')!.batches).toEqual([parts[1]!.batch]);
    expect(nexts.get('logs/c')!.batches).toEqual([parts[3]!.batch]);
  });

  it('keeps the seams of a merged batch that it takes apart', async () => {
    const { connector, nexts } = router([{ condition: env('prod'), pipelines: ['logs/a'] }], ['logs/b']);
    const [one, two, three] = [logs({ env: 'prod' }, '1'), logs({ env: 'dev' }, '2'), logs({ env: 'prod' }, '3')];
    await connector.consume(mergeBatches([one, two, three]));
    expect(partsOf(nexts.get('logs/a')!.batches[0]!)).toHaveLength(2);
  });
});

/** A batch that cannot be decoded, only split. */
function encoded(parts: readonly { attributes: Attributes; batch: ResourceBatch | undefined }[]): ResourceBatch {
  return encodedBatch('logs', {
    items: parts.length,
    bytes: 10,
    decode: () => {
      throw new Error('decoded');
    },
    split: () => parts.map(({ attributes, batch }) => ({ resource: { attributes }, batch: batch! })),
    mapResources: () => undefined,
  });
}

describe('items', () => {
  const times = { startTime: [1, 0], endTime: [2, 0] } as const;
  const gauge = (name: string, ...paths: string[]) =>
    ({
      descriptor: { name, description: '', unit: '1', valueType: 0 },
      dataPointType: 2,
      dataPoints: paths.map((path) => ({ ...times, attributes: { path }, value: 1 })),
    }) as const;
  const metrics = metricsBatch([
    {
      resource: { attributes: {} },
      scopeMetrics: [{ scope: { name: 's' }, metrics: [gauge('m', '/a', '/b'), gauge('n', '/a')] }],
    },
  ]);
  const points = (batch: Batch | undefined): string[] =>
    (batch as MetricsBatch | undefined)?.resourceMetrics.flatMap((one) =>
      one.scopeMetrics.flatMap((scope) =>
        scope.metrics.flatMap((metric) =>
          metric.dataPoints.map((point) => metric.descriptor.name + String(point.attributes['path'])),
        ),
      ),
    ) ?? [];

  it.each<[NonNullable<Rows[number]['context']>, string, string[]]>([
    ['datapoint', 'attributes["path"] == "/a"', ['m/a', 'n/a']],
    ['datapoint', 'metric.name == "m" and attributes["path"] == "/b"', ['m/b']],
    ['datapoint', 'attributes["path"] == "/c"', []],
    ['metric', 'name == "m"', ['m/a', 'm/b']],
    ['metric', 'true', ['m/a', 'm/b', 'n/a']],
  ])('of metrics: %s %s', async (context, condition, want) => {
    const { connector, nexts, dropped } = router([{ context, condition, pipelines: ['metrics/a'] }]);
    await connector.consume(metrics);
    expect(points(nexts.get('metrics/a')!.batches[0])).toEqual(want);
    expect(dropped['unrouted'] ?? 0).toBe(3 - want.length);
  });

  it('of a metric that stays whole are the same objects', async () => {
    const { connector, nexts } = router([
      { context: 'datapoint', condition: 'metric.name == "m"', pipelines: ['metrics/a'] },
    ]);
    await connector.consume(metrics);
    const [one] = (nexts.get('metrics/a')!.batches[0] as MetricsBatch).resourceMetrics;
    expect(one!.scopeMetrics[0]!.metrics).toEqual([metrics.resourceMetrics[0]!.scopeMetrics[0]!.metrics[0]]);
    expect(one!.scopeMetrics[0]!.metrics[0]).toBe(metrics.resourceMetrics[0]!.scopeMetrics[0]!.metrics[0]);
  });

  it('of traces', async () => {
    const span = (name: string): Span => ({ ...times, name, kind: 1, traceId: '1', spanId: '2', attributes: {} });
    const traces = tracesBatch([
      {
        resource: { attributes: {} },
        scopeSpans: [{ scope: { name: 's' }, spans: [span('a'), span('b'), span('a')] }],
      },
    ]);
    const { connector, nexts, dropped } = router([{ condition: 'span.name == "a"', pipelines: ['traces/a'] }]);
    await connector.consume(traces);
    const [got] = nexts.get('traces/a')!.batches as TracesBatch[];
    expect(got!.resourceSpans[0]!.scopeSpans[0]!.spans.map(({ name }) => name)).toEqual(['a', 'a']);
    expect(dropped).toEqual({ unrouted: 1 });
  });
});

describe('a refusal', () => {
  it('by one pipeline is told to the sender, and nothing is counted as dropped', async () => {
    const { connector, nexts, got, dropped } = router([
      { condition: env('prod'), pipelines: ['logs/a'] },
      { condition: env('dev'), pipelines: ['logs/b'] },
    ]);
    nexts.get('logs/a')!.failures.push(new Error('full'));
    await expect(connector.consume(threeEnvs)).rejects.toMatchObject({
      message: '1 of 2 consumers refused the batch',
      errors: [expect.objectContaining({ message: 'full' })],
    });
    expect(dropped).toEqual({});
    await connector.consume(threeEnvs);
    expect(got()).toEqual({ 'logs/a': [['p1', 'p2', 'p3']], 'logs/b': [['d1'], ['d1']] });
    expect(dropped).toEqual({ unrouted: 3 });
  });

  it('of profiles is for good', async () => {
    const { connector } = router([{ condition: 'true', pipelines: ['logs/a'] }]);
    await expect(connector.consume(profilesBatch(new Uint8Array(), 1))).rejects.toThrow(PermanentError);
  });
});

it('says which pipelines do not begin with it', () => {
  expect(() => router([{ condition: 'true', pipelines: ['logs/a', 'logs/z'] }], ['metrics/z'])).toThrow(
    'The connector routing/x routes to logs/z, metrics/z, which do not begin with it: name routing/x among the receivers of each. Pipelines that begin with it: logs/a, logs/b, logs/c, metrics/a, traces/a.',
  );
});

describe('the config', () => {
  it.each<[Rows[number], (string | number)[], RegExp]>([
    [{ pipelines: ['logs'] }, ['table', 0], /^A route has either a condition or a statement\.$/],
    [
      { condition: 'true', statement: 'route()', pipelines: ['logs'] },
      ['table', 0],
      /either a condition or a statement/,
    ],
    [
      { condition: 'attribute["x"] == 1', pipelines: ['logs'] },
      ['table', 0, 'condition'],
      /^column 1: a resource has no attribute; /,
    ],
    [{ statement: 'route() if true', pipelines: ['logs'] }, ['table', 0, 'statement'], /^column 9: /],
    [
      { condition: 'log.body == "x"', pipelines: ['logs/a', 'metrics/a'] },
      ['table', 0, 'pipelines', 1],
      /^A condition with the context log is about logs, and leads to no pipeline of metrics\.$/,
    ],
    [{ condition: 'spanevent.name == "x"', pipelines: ['traces'] }, ['table', 0, 'pipelines', 0], /is about no signal/],
    [
      { condition: 'true', pipelines: ['profiles'] },
      ['table', 0, 'pipelines', 0],
      /^"profiles" is no pipeline that can be routed to/,
    ],
  ])('%j', (row, path, message) => {
    const config = resolveConfig(routing.config, { table: [row] });
    expect(routing.check!(config)).toContainEqual({ path, message: expect.stringMatching(message) as string });
  });

  it('of the example is valid', () => {
    const example = parse(readFileSync(new URL('../example.yaml', import.meta.url), 'utf8')) as {
      connectors: { routing: Input };
    };
    expect(routing.check!(resolveConfig(routing.config, example.connectors.routing))).toEqual([]);
  });
});
