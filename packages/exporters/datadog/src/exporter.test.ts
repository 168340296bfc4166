import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { describeError, resolveConfig, systemClock, tracesBatch } from '@millrace/core';
import { manualClock, testContext } from '@millrace/core/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { gauges, logs, mixed, record } from '../testdata/batches.ts';
import { errorOf, key, kindOf, setup, toFake } from '../testdata/exporter.ts';
import type { Behaviour } from '../testdata/fake-intake.ts';
import { status, take } from '../testdata/fake-intake.ts';
import { datadog } from './exporter.ts';

const { intake, exporter, close } = setup();
afterEach(close);

test.each([
  ['v2', 'protobuf', 'zstd'],
  ['v2', 'protobuf', 'gzip'],
  ['v2', 'json', 'deflate'],
  ['v2', 'json', 'none'],
  ['v1', 'json', 'deflate'],
  ['v1', 'json', undefined],
  ['v2', 'protobuf', undefined],
] as const)('metrics with %s, %s, %s', async (api, encoding, compression) => {
  const fake = await intake();
  const out = exporter(
    toFake(fake, { metrics: { endpoint: fake.url, api, encoding, ...(compression && { compression }) } }),
  );
  await out.consume(mixed({ points: 3, time: Date.now() }));
  expect(fake.violations).toEqual([]);
  expect(fake.received.map(({ path, headers }) => [path, headers['content-encoding']])).toEqual([
    [`/api/${api}/series`, compression === 'none' ? undefined : (compression ?? (api === 'v1' ? 'deflate' : 'zstd'))],
    ['/api/beta/sketches', compression === 'none' ? undefined : (compression ?? (api === 'v1' ? 'deflate' : 'zstd'))],
  ]);
  expect(fake.taken(key, `/api/${api}/series`).size).toBe(3);
  expect(fake.taken(key, '/api/beta/sketches').size).toBe(3);
  expect(fake.doubles()).toEqual([]);
});

test('logs', async () => {
  const fake = await intake();
  await exporter(toFake(fake)).consume(logs([record('one'), record('two')]));
  expect(fake.violations).toEqual([]);
  expect(fake.received).toHaveLength(1);
  expect([...fake.taken(key, '/api/v2/logs').values()]).toMatchObject([
    { value: { message: 'one' } },
    { value: { message: 'two' } },
  ]);
});

test('nothing is sent for nothing', async () => {
  const fake = await intake();
  const out = exporter(toFake(fake));
  await out.consume(gauges({ points: 0, time: Date.now() }));
  await out.consume(logs([]));
  expect(fake.received).toEqual([]);
});

test('each account gets everything, with its key', async () => {
  const [main, other] = [await intake(), await intake(['first-key', 'second-key'])];
  const input = toFake(main, { additional_endpoints: { [other.url]: ['first-key', 'second-key'] } });
  await exporter(input).consume(gauges({ points: 10, time: Date.now() }));
  expect([...main.violations, ...other.violations]).toEqual([]);
  expect(
    [
      main.taken(key, '/api/v2/series'),
      other.taken('first-key', '/api/v2/series'),
      other.taken('second-key', '/api/v2/series'),
    ].map(({ size }) => size),
  ).toEqual([10, 10, 10]);
});

test('tags of the config and the host are in everything', async () => {
  const fake = await intake();
  const out = exporter(toFake(fake, { tags: ['team:a'], hostname: 'named' }));
  const batch = gauges({ points: 1, time: Date.now() });
  const nowhere = {
    ...batch,
    resourceMetrics: batch.resourceMetrics.map((one) => ({ ...one, resource: { attributes: {} } })),
  };
  await out.consume(nowhere);
  await out.consume(logs([record('one')], {}));
  const [series] = fake.taken(key, '/api/v2/series').keys();
  expect(series).toMatch(/[{,]team:a[,}].*@named /);
  const [log] = fake.taken(key, '/api/v2/logs').values();
  expect(log).toMatchObject({ value: { ddtags: 'team:a', hostname: 'named' } });
});

describe('large batches', () => {
  test('of metrics that hardly compress are within both limits', { timeout: 30_000 }, async () => {
    const fake = await intake();
    const out = exporter(toFake(fake));
    const attributes = () => ({ id: randomBytes(60).toString('base64') });
    await out.consume(gauges({ points: 40_000, time: Date.now(), value: Math.random, attributes }));
    expect(fake.violations).toEqual([]);
    expect(fake.taken(key, '/api/v2/series').size).toBe(40_000);
    expect(Math.max(...fake.received.map(({ sent }) => sent))).toBeGreaterThan(250_000);
  });

  test('of metrics that compress well are as large as may be before', { timeout: 30_000 }, async () => {
    const fake = await intake();
    await exporter(toFake(fake)).consume(gauges({ points: 100_000, time: Date.now(), value: () => 1 }));
    expect(fake.violations).toEqual([]);
    expect(fake.taken(key, '/api/v2/series').size).toBe(100_000);
    expect(Math.max(...fake.received.map(({ raw }) => raw.length))).toBeGreaterThan(5_200_000);
  });

  test('of logs', { timeout: 30_000 }, async () => {
    const fake = await intake();
    const context = testContext({ clock: systemClock });
    const out = exporter(toFake(fake), context);
    const records = Array.from({ length: 3_000 }, (_, index) =>
      record(`${index} ${'x'.repeat(index % 5 === 0 ? 20_000 : 10)}`),
    );
    await out.consume(
      logs([...records, record('y'.repeat(3_000_000)), record('z', { attributes: { all: 'z'.repeat(6_000_000) } })]),
    );
    expect(fake.violations).toEqual([]);
    expect(fake.taken(key, '/api/v2/logs').size).toBe(3_001);
    expect(context.counts).toEqual({ millrace_truncated_items: 1, 'millrace_dropped_items too_large': 1 });
  });
});

describe('answers', () => {
  test.each([
    [status(408), 'retry'],
    [status(429, { headers: { 'retry-after': '7' } }), 'throttle 7000'],
    [status(429, { headers: { 'x-ratelimit-reset': '9' } }), 'throttle 9000'],
    [status(500), 'retry'],
    [status(503), 'retry'],
    [status(400), 'permanent'],
    [status(403), 'permanent'],
    [status(307, { headers: { location: '/api/v1/series' } }), 'permanent'],
    [{ kind: 'reset' }, 'retry'],
    [{ kind: 'garbage' }, 'retry'],
    [{ kind: 'half' }, 'retry'],
  ] as const)('%j: %s', async (behaviour, want) => {
    const fake = await intake();
    fake.behave = () => behaviour;
    expect(kindOf(await errorOf(exporter(toFake(fake)).consume(gauges({ points: 1, time: Date.now() }))))).toBe(want);
    expect(fake.received).toHaveLength(1);
  });

  test('too large, says the server: in halves until it takes them', async () => {
    const fake = await intake();
    fake.behave = ({ pieces }) => (pieces.length > 30 ? status(413) : take);
    await exporter(toFake(fake)).consume(gauges({ points: 100, time: Date.now() }));
    expect(fake.received.map(({ pieces }) => pieces.length)).toEqual([100, 50, 25, 25, 50, 25, 25]);
    expect(fake.taken(key, '/api/v2/series').size).toBe(100);
    expect(fake.doubles()).toEqual([]);
  });

  test('nothing is small enough for it: counted', async () => {
    const fake = await intake();
    fake.behave = () => status(413);
    const context = testContext({ clock: systemClock });
    await exporter(toFake(fake), context).consume(gauges({ points: 3, time: Date.now() }));
    expect(context.counts).toEqual({ 'millrace_dropped_items too_large': 3 });
  });

  test('taken with errors: counted, and said once', async () => {
    const fake = await intake();
    fake.behave = () => status(202, { body: `{"errors":["no such metric for ${key}"]}` });
    const context = testContext({ clock: systemClock });
    const out = exporter(toFake(fake), context);
    for (const _ of [1, 2]) await out.consume(gauges({ points: 1, time: Date.now() }));
    expect(fake.received).toHaveLength(2);
    expect(context.counts).toEqual({ 'millrace_dropped_items rejected_by_backend': 2 });
    expect(context.lines).toMatchObject([
      {
        level: 'warn',
        message: 'Datadog took a request, but not all of it.',
        fields: { error: 'no such metric for [redacted]' },
      },
    ]);
  });

  test('errors of any length are cut, and not within a key', async () => {
    const fake = await intake();
    fake.behave = () =>
      status(202, { body: JSON.stringify({ errors: [`${'y'.repeat(250)}${key}`, 'y'.repeat(50_000)] }) });
    const context = testContext({ clock: systemClock });
    await exporter(toFake(fake), context).consume(gauges({ points: 1, time: Date.now() }));
    expect(context.lines).toMatchObject([{ fields: { error: expect.stringMatching(/^y{250}\[redac…$/) } }]);
  });

  test('a hanging request ends with its signal', async () => {
    const fake = await intake();
    fake.behave = () => ({ kind: 'hang' });
    const late = AbortSignal.timeout(50);
    const error = await errorOf(exporter(toFake(fake)).consume(gauges({ points: 1, time: Date.now() }), late));
    expect(kindOf(error)).toBe('retry');
    expect(describeError(error)).toContain('/api/v2/series: no answer: ');
  });

  test('traces are not for Datadog', async () => {
    const traces = tracesBatch([
      {
        resource: { attributes: {} },
        scopeSpans: [
          {
            scope: { name: '' },
            spans: [{ traceId: '', spanId: '', name: '', kind: 0, startTime: [0, 0], endTime: [0, 0], attributes: {} }],
          },
        ],
      },
    ]);
    expect(kindOf(await errorOf(exporter(toFake(await intake())).consume(traces)))).toBe('permanent');
  });
});

describe('the key', () => {
  const echoes: readonly Behaviour[] = [
    ...[202, 302, 400, 403, 408, 413, 429, 500].map((code) =>
      status(code, {
        headers: { 'retry-after': key, location: `https://else.example/?api_key=${key}`, 'x-key': key },
        body: code % 2 ? `${'x'.repeat(240)}${key}${'y'.repeat(200)}` : `{"errors":["the key ${key} is wrong"]}`,
      }),
    ),
    { kind: 'reset' },
    { kind: 'garbage' },
    { kind: 'half' },
    { kind: 'hang' },
  ];

  test.each(echoes)('is in no error and no line of the log: %j', async (behaviour) => {
    const fake = await intake();
    fake.behave = () => behaviour;
    const context = testContext({ clock: systemClock });
    const out = exporter({ ...toFake(fake), host_metadata: { enabled: true } }, context);
    await out.start?.();
    const errors: unknown[] = [];
    const signal = AbortSignal.timeout(200);
    await out.consume(mixed({ points: 2, time: Date.now() }), signal).catch((error: unknown) => errors.push(error));
    await out.consume(logs([record('one')]), signal).catch((error: unknown) => errors.push(error));
    await out.shutdown?.(AbortSignal.timeout(50));
    const said = inspect([errors, context.lines], { depth: Infinity, showHidden: true, maxStringLength: Infinity });
    expect(said).not.toContain(key.slice(0, 8));
    expect(said).not.toContain(
      Buffer.from(key)
        .toString('hex')
        .replace(/(..)(?!$)/g, '$1 ')
        .slice(0, 40),
    );
  });

  test('that is wrong: a warning, and the data shows it', async () => {
    const fake = await intake(['another-key']);
    const context = testContext({ clock: systemClock });
    const out = exporter(toFake(fake), context);
    await out.start?.();
    await expect
      .poll(() => context.lines)
      .toMatchObject([
        { level: 'warn', message: 'Datadog does not know the API key.', fields: { endpoint: fake.url } },
      ]);
    const error = await errorOf(out.consume(gauges({ points: 1, time: Date.now() })));
    expect([kindOf(error), error.message]).toEqual([
      'permanent',
      `${fake.url}/api/v2/series: HTTP status 403: Forbidden`,
    ]);
  });

  test('that is wrong, with fail_on_invalid_key: no start', async () => {
    const fake = await intake(['another-key']);
    const error = await errorOf(exporter(toFake(fake, { api: { key, fail_on_invalid_key: true } })).start!());
    expect([kindOf(error), error.message]).toEqual(['permanent', `${fake.url} does not know the API key`]);
  });

  test('that cannot be checked, with fail_on_invalid_key: the start is tried again', async () => {
    const fake = await intake();
    fake.behave = () => status(500);
    const out = exporter(toFake(fake, { api: { key, fail_on_invalid_key: true } }));
    expect(kindOf(await errorOf(out.start!()))).toBe('retry');
    fake.behave = () => take;
    await out.start!();
    expect(fake.received.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /api/v1/validate',
      'GET /api/v1/validate',
    ]);
    expect(fake.violations).toEqual([]);
  });

  test('that cannot be checked, without it: nobody cares', async () => {
    const fake = await intake();
    fake.behave = ({ path }) => (path === '/api/v1/validate' ? { kind: 'reset' } : take);
    const context = testContext({ clock: systemClock });
    const out = exporter(toFake(fake), context);
    await out.start?.();
    await out.consume(gauges({ points: 1, time: Date.now() }));
    expect(context.lines).toEqual([]);
  });
});

describe('host metadata', () => {
  test('is sent at the start and every half hour, and costs no data when it fails', async () => {
    const fake = await intake();
    fake.behave = ({ path }) => (path === '/intake/' ? status(500) : take);
    const clock = manualClock(Date.now());
    const context = testContext({ clock });
    const out = exporter(
      toFake(fake, { host_metadata: { enabled: true, tags: ['rack:7'] }, tags: ['team:a'] }),
      context,
    );
    const told = () => fake.received.filter(({ path }) => path === '/intake/');
    await out.start?.();
    await expect
      .poll(() => context.lines)
      .toMatchObject([{ level: 'warn', message: 'Datadog could not be told of this host.' }]);
    await out.consume(gauges({ points: 1, time: Date.now() }));
    fake.behave = () => take;
    await clock.advance(29 * 60_000);
    expect(told()).toHaveLength(1);
    await clock.advance(60_000);
    await expect.poll(() => context.lines).toHaveLength(2);
    expect(told()).toHaveLength(2);
    expect(JSON.parse(told()[1]!.raw.toString())).toMatchObject({
      internalHostname: 'here',
      meta: { hostname: 'here' },
      'host-tags': { otel: ['team:a', 'rack:7'] },
    });
    expect(fake.violations).toEqual([]);
  });
});

test('shutdown without start, twice, and nothing after it', async () => {
  const out = exporter(toFake(await intake()));
  await out.shutdown?.(AbortSignal.timeout(100));
  await out.shutdown?.(AbortSignal.timeout(100));
  expect((await errorOf(out.consume(gauges({ points: 1, time: Date.now() })))).message).toContain('shut down');
});

test('diagnose asks each server once', async () => {
  const fake = await intake();
  const findings = await datadog.diagnose!(resolveConfig(datadog.config, toFake(fake)));
  expect(findings.map(({ level }) => level)).toEqual(['ok']);
});
