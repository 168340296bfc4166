import type { Batch, HrTime, InputOf, LogRecord } from '@millrace/core';
import { describeError, isPermanent, logsBatch, metricsBatch, pointType, resolveConfig } from '@millrace/core';
import { seeded, testContext } from '@millrace/core/testing';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { batch, gauges, metric, second } from '../testdata/batches.ts';
import { hasInfluxd, type Influxd, startInfluxd } from '../testdata/influxd.ts';
import { changedValue, changedKey, changedMeasurement, nastyText } from '../testdata/nasty.ts';
import influxdb from './index.ts';

if (!hasInfluxd)
  console.error('!!! There is no influxd, so nothing is read back. Debian has it: apt-get install influxdb');

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of open.splice(0)) await stop();
});

type Input = InputOf<typeof influxdb.config>;

function exporterTo({ endpoint }: Influxd, { v1_compatibility = {}, ...input }: Partial<Input> = {}) {
  const v1 = { enabled: true, db: 'test', ...v1_compatibility };
  const context = testContext();
  const config = resolveConfig(influxdb.config, { endpoint, v1_compatibility: v1, ...input });
  const exporter = influxdb.create(config, context);
  open.push(() => exporter.shutdown!(AbortSignal.timeout(1000)));
  return { send: (sent: Batch) => exporter.consume(sent), drops: context.dropped, lines: context.lines };
}

const errorOf = (sending: Promise<void>): Promise<Error> =>
  sending.then(
    () => expect.unreachable('It was taken.'),
    (error: unknown) => error as Error,
  );

describe.runIf(hasInfluxd)('with a real InfluxDB 1', () => {
  let server: Influxd;
  beforeAll(async () => {
    server = await startInfluxd();
    await server.query('create database test');
  });
  afterAll(() => server?.stop());

  const rows = async (measurement: string, db = 'test') =>
    (await server.query(`select * from "${measurement}"`, { db }))[0]?.rows;

  test('numbers of every kind come back with all their digits', async () => {
    const { send, drops } = exporterTo(server);
    const numbers = (values: readonly (number | bigint)[]) =>
      values.map((value, at) => [value, { at: `${at}` }] as const);
    const integers = [0, -1, 2 ** 53 + 2, 2n ** 63n - 1n, -(2n ** 63n)];
    const floats = [-0, 0.1, 1e21, 1.5e-7, 5e-324, Number.MAX_VALUE];
    await send(
      batch([
        metric('ints', numbers(integers), { int: true }),
        metric('floats', numbers([...floats, NaN, Infinity])),
        metric('large', numbers([2n ** 63n]), { int: true }),
      ]),
    );
    expect((await rows('ints'))?.map(({ gauge }) => BigInt(gauge!))).toEqual(integers.map(BigInt));
    expect((await rows('floats'))?.map(({ gauge }) => Number(gauge))).toEqual(floats);
    expect(await rows('large')).toBeUndefined();
    expect(drops).toEqual({ value_not_allowed: 3 });
  });

  test('what mini-collector wrote: one measurement, 13 fields, seconds', async () => {
    const { send, drops } = exporterTo(server, {
      metrics_schema: 'single-measurement',
      boolean_fields: ['running'],
      precision: 's',
    });
    const names = ['milli_cpu_usage', 'memory_total_mb', 'memory_rss_mb', 'memory_limit_mb', 'disk_usage_mb'];
    names.push('disk_limit_mb', 'disk_read_kbps', 'disk_write_kbps', 'disk_read_iops', 'disk_write_iops');
    names.push('pids_current', 'pids_limit');
    const resource = { environment: 'production', service: 'web', container: 'c0ffee', host: 'c0ffee', app: 'shop' };
    const fields = names.map((name, index) => metric(name, [index + 1], { int: true }));
    await send(batch([metric('running', [1], { int: true }), ...fields], { resource }));
    const row = Object.fromEntries(names.map((name, index) => [name, String(index + 1)]));
    const tags = Object.fromEntries(Object.entries(resource).map(([key, value]) => [key, `"${value}"`]));
    expect(await rows('metrics')).toEqual([{ time: `${second}000000000`, running: 'true', ...row, ...tags }]);
    const [types] = await server.query('show field keys from "metrics"', { db: 'test' });
    expect(new Set(types!.rows.map(({ fieldType }) => fieldType))).toEqual(new Set(['"boolean"', '"integer"']));
    expect(drops).toEqual({});
  });

  test.each([
    ['ns', '123456789'],
    ['us', '123456000'],
    ['ms', '123000000'],
    ['s', '000000000'],
  ] as const)('times in %s', async (precision, nanos) => {
    await exporterTo(server, { precision }).send(batch([metric(`times_${precision}`, [1])]));
    expect(await rows(`times_${precision}`)).toEqual([{ time: `${second}${nanos}`, gauge: '1' }]);
  });

  test('nasty names, tags and strings', async () => {
    const { send, drops } = exporterTo(server);
    const tags = {
      path: 'C:\\',
      inner: 'a\\,b\\ c\\=d',
      'k,e y=': 'v,a l=',
      quoted: '"x"',
      lines: 'a\nb\tc',
      zero: '\0',
      empty: '',
      time: 'reserved',
      emoji: '😀 é',
    };
    await send(batch([metric('na,s ty="x"', [[1, tags]]), metric('#no comment', [1]), metric('time', [2])]));
    const [row] = (await server.query('select * from /nast?y|na,s/', { db: 'test' }))[0]!.rows;
    expect(row).toMatchObject({
      path: '"C:\\\\ "',
      inner: '"a\\\\,b\\\\ c\\\\=d"',
      'k,e y=': '"v,a l="',
      quoted: '"\\"x\\""',
      lines: '"a\\\\nb\\\\tc"',
      zero: '"\\\\u0000"',
      time_: '"reserved"',
      emoji: '"😀 é"',
    });
    expect(row).not.toHaveProperty('empty');
    const names = (await server.query('show measurements', { db: 'test' }))[0]!.rows.map(({ name }) =>
      JSON.parse(name!),
    );
    expect(names).toEqual(expect.arrayContaining(['na,s ty="x"', '\\#no comment', 'time']));
    expect(drops).toEqual({});
  });

  test('random nasty measurements, tags and field keys', async () => {
    const random = seeded(Number(process.env['SEED'] ?? 7));
    const cases = Array.from({ length: 150 }, (_, index) => {
      const entries = Array.from({ length: random.int(0, 5) }, () => [nastyText(random), nastyText(random)] as const);
      return {
        measurement: `nasty${index}${nastyText(random)}`,
        field: `f${nastyText(random)}`,
        tags: Object.fromEntries(entries),
      };
    });
    for (const { measurement, field, tags } of cases) {
      const { send } = exporterTo(server, { metrics_schema: 'single-measurement', measurement });
      await send(batch([metric(field, [[1.5, tags]])]));
      const [found] = (await rows(changedMeasurement(measurement).replace(/[\\"]/g, '\\$&')))!;
      const wanted = Object.entries(tags).flatMap(([key, value]) =>
        key === '' || value === '' ? [] : [[changedKey(key), JSON.stringify(changedValue(value))]],
      );
      const { time: _time, [changedKey(field)]: value, ...rest } = found!;
      expect({ value, rest, tags }).toEqual({ value: '1.5', rest: Object.fromEntries(wanted), tags });
    }
  }, 60_000);

  test('log records, whatever is in them, and those of one moment too', async () => {
    const time: HrTime = [second, 999_999_999];
    const bodies = [
      'plain',
      'two\nlines\r\n',
      'back\\slash\\',
      '"quoted"',
      '\\"',
      '',
      'a=b,c=d e\\n',
      '\0',
      'logs,a=b body="x" 1',
    ];
    const logRecords = bodies.map((body): LogRecord => ({ time, observedTime: [0, 0], body, attributes: { body } }));
    const resource = { attributes: { 'service.name': 'shop' } };
    await exporterTo(server, { precision: 's' }).send(
      logsBatch([{ resource, scopeLogs: [{ scope: { name: '' }, logRecords }] }]),
    );
    const found = (await rows('logs'))!;
    expect(found.map(({ body }) => JSON.parse(body!) as string)).toEqual(bodies);
    expect(found.map(({ attributes }) => JSON.parse(JSON.parse(attributes!) as string))).toEqual(
      bodies.map((body) => ({ body })),
    );
    expect(found[1]!['time']).toBe(`${second + 1}000000000`);
  });

  test('a conflict of field types costs only the points that have it, in a request and after it', async () => {
    const { send, drops, lines } = exporterTo(server);
    const mixed = [1.5, [2n, { k: 'a' }], [3n, { k: 'b' }]];
    await send(batch([metric('conflict', mixed), metric('bystander', [1])]));
    await send(batch([metric('conflict', mixed), metric('bystander', [1])]));
    expect(await rows('conflict')).toHaveLength(1);
    expect(await rows('bystander')).toHaveLength(1);
    expect(drops).toEqual({ rejected_by_backend: 4 });
    expect(lines).toHaveLength(1);
    expect(lines[0]!.message).toBe('The server has rejected a part of a request.');
    expect(lines[0]!.fields).toMatchObject({ rejected: 2, said: expect.stringContaining('type conflict') });
  });

  test('a database that is not there is tried again, as it may come', async () => {
    const { send } = exporterTo(server, { v1_compatibility: { db: 'later' } });
    const sent = gauges(3);
    const error = await errorOf(send(sent));
    expect(isPermanent(error)).toBe(false);
    expect(error.message).toMatch(
      /\/write: HTTP status 404: what to write to is not there: database not found: "later"/,
    );
    await server.query('create database later');
    await send(sent);
    expect(await rows('load', 'later')).toHaveLength(3);
  });

  test('InfluxDB 1.6 has no /api/v2/write: that is said', async () => {
    const config = resolveConfig(influxdb.config, { endpoint: server.endpoint, bucket: 'test', token: 'SECRET-TOKEN' });
    const exporter = influxdb.create(config, testContext());
    open.push(() => exporter.shutdown!(AbortSignal.timeout(1000)));
    const error = await errorOf(exporter.consume(gauges(1)));
    expect(isPermanent(error)).toBe(true);
    expect(error.message).toMatch(/the server has no such path \(v1_compatibility/);
  });

  test('a retention policy, whole requests with and without gzip, and parts', async () => {
    await server.query('create retention policy short on test duration 1h replication 1');
    const short = exporterTo(server, { v1_compatibility: { retention_policy: 'short' } });
    await short.send(gauges(1, 'old'));
    expect(short.drops).toEqual({ rejected_by_backend: 1 });
    for (const compression of ['gzip', 'none'] as const) {
      const { send } = exporterTo(server, { compression, payload_max_lines: 700, payload_max_bytes: 20_000 });
      await send(gauges(2000, `parts_${compression}`));
      expect(await rows(`parts_${compression}`)).toHaveLength(2000);
    }
  });

  test('histograms and summaries as the Telegraf schemas have them', async () => {
    const histogram = {
      count: 6,
      sum: 10.5,
      min: 0.1,
      max: 7,
      buckets: { boundaries: [0.5, 1, 5], counts: [1, 2, 0, 3] },
    };
    const summary = {
      count: 5,
      sum: 7,
      quantiles: [
        { quantile: 0.5, value: 1 },
        { quantile: 0.99, value: NaN },
      ],
    };
    const both = [
      metric('latency', [[histogram, { le: 'own' }]], { type: pointType.histogram }),
      metric('rpc', [summary], { type: pointType.summary }),
    ];
    const start_time_unix_nano = `${second - 60}000000000`;
    await exporterTo(server).send(batch(both));
    expect(await rows('latency')).toEqual([
      {
        time: `${second}123456789`,
        '0.5': '1',
        '1': '3',
        '5': '3',
        count: '6',
        sum: '10.5',
        min: '0.1',
        max: '7',
        le: '"own"',
        start_time_unix_nano,
      },
    ]);
    expect(await rows('rpc')).toEqual([
      { time: `${second}123456789`, '0.5': '1', count: '5', sum: '7', start_time_unix_nano },
    ]);
    await exporterTo(server, { metrics_schema: 'telegraf-prometheus-v2' }).send(batch(both));
    const found = (await rows('prometheus'))!.map(({ time: _time, start_time_unix_nano: _start, ...rest }) => rest);
    expect(found).toHaveLength(6);
    expect(found).toEqual(
      expect.arrayContaining([
        { le: '"own"', latency_count: '6', latency_sum: '10.5', latency_min: '0.1', latency_max: '7' },
        { le: '"0.5"', latency_bucket: '1' },
        { le: '"1"', latency_bucket: '3' },
        { le: '"5"', latency_bucket: '3' },
        { rpc_count: '5', rpc_sum: '7' },
        { quantile: '"0.5"', rpc: '1' },
      ]),
    );
  });

  test('ended series write nothing', async () => {
    const { send, drops } = exporterTo(server);
    const ended = metric('ended', [undefined]);
    const dataPoints = ended.dataPoints.map((point) => ({ ...point, flags: 1 }));
    await send(
      metricsBatch([
        {
          resource: { attributes: {} },
          scopeMetrics: [{ scope: { name: '' }, metrics: [{ ...ended, dataPoints } as never] }],
        },
      ]),
    );
    expect(await rows('ended')).toBeUndefined();
    expect(drops).toEqual({});
  });
});

describe.runIf(hasInfluxd)('with a real InfluxDB 1 that asks who writes', () => {
  let server: Influxd;
  const admin = { user: 'admin:admin-password' };
  beforeAll(async () => {
    server = await startInfluxd({ auth: true });
    await server.query("create user admin with password 'admin-password' with all privileges");
    await server.query('create database test', admin);
    await server.query("create user writer with password 'wr:iter-pässword'", admin);
    await server.query("create user reader with password 'reader-password'", admin);
    await server.query('grant write on test to writer', admin);
    await server.query('grant read on test to reader', admin);
  });
  afterAll(() => server?.stop());

  const send = (username: string, password: string): Promise<void> =>
    exporterTo(server, { v1_compatibility: { username, password } }).send(gauges(1));

  test('a user with a password', async () => {
    await send('writer', 'wr:iter-pässword');
    const [found] = await server.query('select * from load', { db: 'test', ...admin });
    expect(found!.rows).toHaveLength(1);
  });

  test.each([
    ['no user', '', '', /401: the server does not know who writes/],
    ['a wrong password', 'writer', 'wrong-password', /401: the server does not know who writes/],
    ['a user who may not', 'reader', 'reader-password', /403: the user or token may not write there/],
  ])('%s', async (_name, username, password, said) => {
    const error = await errorOf(send(username, password));
    expect(isPermanent(error)).toBe(true);
    expect(error.message).toMatch(said);
    expect(describeError(error)).not.toContain('-password');
  });
});
