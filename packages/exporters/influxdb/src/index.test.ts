import type { ServerResponse } from 'node:http';
import type { Batch, InputOf, ThrottleError } from '@millrace/core';
import { describeError, isPermanent, profilesBatch, resolveConfig } from '@millrace/core';
import { testContext } from '@millrace/core/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { gauges } from '../testdata/batches.ts';
import { type FakeServer, reply, startFakeServer } from '../testdata/fake-server.ts';
import { numberName } from './line/escape.ts';
import { writeUrl } from './place.ts';
import influxdb from './index.ts';

type Input = InputOf<typeof influxdb.config>;

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of open.splice(0).reverse()) await stop();
});

async function serve(answer: (response: ServerResponse, lines: readonly string[]) => void): Promise<FakeServer> {
  const server = await startFakeServer(({ lines }, response) => answer(response, lines));
  open.push(() => server.stop());
  return server;
}

function exporter(input: Input) {
  const context = testContext();
  const made = influxdb.create(resolveConfig(influxdb.config, input), context);
  open.push(() => made.shutdown!(AbortSignal.timeout(1000)));
  return {
    send: (batch: Batch, signal?: AbortSignal) => made.consume(batch, signal),
    drops: context.dropped,
    lines: context.lines,
  };
}

const errorOf = (sending: Promise<void>): Promise<Error> =>
  sending.then(
    () => expect.unreachable('It was taken.'),
    (error: unknown) => error as Error,
  );

describe('the request', () => {
  const url = (input: Input, precision: 'ns' | 'us' = 'ns'): string =>
    String(writeUrl(resolveConfig(influxdb.config, input), precision));

  test.each<[Input, string]>([
    [
      { endpoint: 'http://h:8086', org: 'my org', bucket: 'b/c' },
      'http://h:8086/api/v2/write?org=my+org&bucket=b%2Fc&precision=ns',
    ],
    [{ endpoint: 'https://h/', bucket: 'b' }, 'https://h/api/v2/write?bucket=b&precision=ns'],
    [{ endpoint: 'https://h/influx/write?x=1', bucket: 'b' }, 'https://h/influx/write?x=1&bucket=b&precision=ns'],
    [{ endpoint: 'http://h', v1_compatibility: { enabled: true, db: 'd' } }, 'http://h/write?db=d&precision=ns'],
    [
      {
        endpoint: 'http://h',
        v1_compatibility: {
          enabled: true,
          db: 'd',
          retention_policy: 'r p',
          consistency: 'all',
          username: 'u',
          password: 'p',
        },
      },
      'http://h/write?db=d&rp=r+p&consistency=all&precision=ns',
    ],
  ])('%j goes to %s', (input, wanted) => expect(url(input)).toBe(wanted));

  test('microseconds have another name in InfluxDB 1', () => {
    expect(url({ endpoint: 'http://h', bucket: 'b' }, 'us')).toContain('precision=us');
    expect(url({ endpoint: 'http://h', v1_compatibility: { enabled: true, db: 'd' } }, 'us')).toContain('precision=u');
  });

  test('says who writes in a header', async () => {
    const { endpoint, requests } = await serve((response) => reply(response, 204));
    await exporter({ endpoint, bucket: 'b', token: 'tok', headers: { 'X-Extra': '1' } }).send(gauges(1));
    const v1 = { enabled: true, db: 'd', username: 'me', password: 'pw' };
    await exporter({ endpoint, v1_compatibility: v1, compression: 'none' }).send(gauges(1));
    const [second, first] = requests.map(({ request }) => request).reverse();
    expect(first!.headers).toMatchObject({ authorization: 'Token tok', 'x-extra': '1', 'content-encoding': 'gzip' });
    expect(second!.headers.authorization).toBe(`Basic ${btoa('me:pw')}`);
    expect(second!.headers).not.toHaveProperty('content-encoding');
    expect(second!.url).not.toMatch(/me|pw/);
  });
});

describe('the answer', () => {
  test.each<[number, string, 'permanent' | 'retry' | 'throttle', RegExp]>([
    [400, '{"code":"invalid","message":"unable to parse \'x\': missing fields"}', 'permanent', /400: unable to parse/],
    [
      401,
      '{"code":"unauthorized","message":"unauthorized access"}',
      'permanent',
      /does not know who writes.*unauthorized access/,
    ],
    [403, '{"error":"no"}', 'permanent', /may not write there/],
    [404, '{"code":"not found","message":"bucket \\"b\\" not found"}', 'retry', /what to write to is not there/],
    [404, '404 page not found', 'permanent', /no such path/],
    [302, '', 'permanent', /redirects/],
    [429, '', 'throttle', /429/],
    [503, '', 'throttle', /503/],
    [500, '{"error":"timeout"}', 'retry', /500: timeout/],
    [408, '', 'retry', /408/],
  ])('%i %s: %s', async (status, body, wanted, said) => {
    const { endpoint } = await serve((response) => reply(response, status, body, { 'retry-after': '7' }));
    const error = await errorOf(exporter({ endpoint, bucket: 'b' }).send(gauges(1)));
    expect(error.message).toMatch(said);
    expect(error.message).toContain(`${endpoint}/api/v2/write: HTTP status ${status}`);
    expect(isPermanent(error)).toBe(wanted === 'permanent');
    if (wanted === 'throttle') expect((error as ThrottleError).retryAfterMs).toBe(7000);
  });

  test.each<[string, number, string, number]>([
    ['InfluxDB 1', 400, '{"error":"partial write: field type conflict: input field \\"v\\" dropped=2"}', 2],
    [
      'InfluxDB 1, lines it cannot parse',
      400,
      '{"error":"partial write: unable to parse \'a\': x\\nunable to parse \'b\': y dropped=1"}',
      3,
    ],
    [
      'InfluxDB 2',
      422,
      '{"code":"unprocessable entity","message":"failure writing points to database: partial write: points beyond retention policy dropped=4"}',
      4,
    ],
    [
      'InfluxDB 3',
      400,
      '{"error":"partial write of line protocol occurred","data":[{"line_number":1},{"line_number":2}]}',
      2,
    ],
  ])('a part is taken: %s', async (_name, status, body, dropped) => {
    const { endpoint, requests } = await serve((response) => reply(response, status, body));
    const { send, drops, lines } = exporter({ endpoint, bucket: 'b' });
    await send(gauges(5));
    await send(gauges(5));
    expect(requests).toHaveLength(2);
    expect(drops).toEqual({ rejected_by_backend: 2 * dropped });
    expect(lines).toHaveLength(1);
  });

  test('what is too large is halved, and a single line that is too large is dropped', async () => {
    const taken: string[] = [];
    const { endpoint } = await serve((response, lines) => {
      if (lines.length > 2 || lines.some((line) => line.includes('s3 '))) return reply(response, 413);
      taken.push(...lines);
      return reply(response, 204);
    });
    const { send, drops } = exporter({ endpoint, bucket: 'b' });
    await send(gauges(9));
    expect(taken.map((line) => /s(\d)/.exec(line)![1])).toEqual(['0', '1', '2', '4', '5', '6', '7', '8']);
    expect(drops).toEqual({ line_too_long: 1 });
  });

  test('parts that are refused for good cost only themselves, unless all are', async () => {
    const { endpoint } = await serve((response, lines) =>
      reply(response, lines[0]!.includes('s2 ') ? 400 : 204, 'bad lines'),
    );
    const { send, drops } = exporter({ endpoint, bucket: 'b', payload_max_lines: 2 });
    await send(gauges(5));
    expect(drops).toEqual({ rejected_by_backend: 2 });
    const mixed = await serve((response, lines) => reply(response, lines[0]!.includes('s0 ') ? 413 : 400));
    const lost = exporter({ endpoint: mixed.endpoint, bucket: 'b', payload_max_lines: 1 });
    expect(isPermanent(await errorOf(lost.send(gauges(2))))).toBe(true);
    expect(lost.drops).toEqual({});
    const all = await serve((response) => reply(response, 400, 'bad lines'));
    const refused = exporter({ endpoint: all.endpoint, bucket: 'b', payload_max_lines: 2 });
    expect(isPermanent(await errorOf(refused.send(gauges(5))))).toBe(true);
    expect(all.requests).toHaveLength(3);
    expect(refused.drops).toEqual({});
  });

  test('a retry sends only what is left', async () => {
    let requests = 0;
    const taken: string[] = [];
    const { endpoint } = await serve((response, lines) => {
      if (++requests === 2) return reply(response, 503);
      taken.push(...lines);
      return reply(response, 204);
    });
    const { send } = exporter({ endpoint, bucket: 'b', payload_max_lines: 2 });
    const batch = gauges(6);
    expect(isPermanent(await errorOf(send(batch)))).toBe(false);
    await send(batch);
    expect(requests).toBe(4);
    expect(taken).toHaveLength(6);
    expect(new Set(taken).size).toBe(6);
  });

  test('secrets are not shown, though the server repeats them', async () => {
    const secrets = ['token-SECRET', 'header-SECRET'];
    const { endpoint } = await serve((response) => reply(response, 403, `no: Token ${secrets.join(' ')}`));
    const { send } = exporter({ endpoint, bucket: 'b', token: secrets[0]!, headers: { 'x-key': secrets[1]! } });
    expect((await errorOf(send(gauges(1)))).message).not.toMatch(/SECRET/);
    const v1 = { enabled: true, db: 'd', username: 'the-user', password: 'pass-SECRET' };
    const echo = await serve((response) =>
      reply(response, 401, `the-user pass-SECRET ${btoa('the-user:pass-SECRET')}`),
    );
    const error = describeError(
      await errorOf(exporter({ endpoint: echo.endpoint, v1_compatibility: v1 }).send(gauges(1))),
    );
    expect(error).not.toMatch(/SECRET|U0VDUkVU/);
    const half = await serve((response) => reply(response, 500, `${'y'.repeat(250)}token-SECRET`));
    const cut = await errorOf(
      exporter({ endpoint: half.endpoint, bucket: 'b', token: 'token-SECRET' }).send(gauges(1)),
    );
    expect(cut.message).toMatch(/y{250}\[redac…$/);
    const query = await serve((response) => reply(response, 401, 'no database the-db for p-SECRET'));
    const inQuery = `${query.endpoint}/write?db=the-db&p=p-SECRET`;
    expect((await errorOf(exporter({ endpoint: inQuery, bucket: 'b' }).send(gauges(1)))).message).toMatch(
      /no database the-db for \[redacted\]$/,
    );
  });

  test('no answer, and profiles', async () => {
    const server = await serve((response) => response.destroy());
    const { send } = exporter({ endpoint: server.endpoint, bucket: 'b' });
    expect(await errorOf(send(gauges(1)))).toMatchObject({
      name: 'NoAnswer',
      message: `${server.endpoint}/api/v2/write: no answer`,
    });
    expect(isPermanent(await errorOf(send(profilesBatch(new Uint8Array(2), 1))))).toBe(true);
  });
});

test('check', () => {
  const problems = (input: Input): string =>
    influxdb.check!(resolveConfig(influxdb.config, input))
      .map(({ path, message }) => `${path.join('.')}: ${message}`)
      .join('\n');
  const v1 = { enabled: true, db: 'd' };
  expect(problems({ endpoint: 'http://h', bucket: 'b' })).toBe('');
  expect(problems({ endpoint: 'http://h', v1_compatibility: v1 })).toBe('');
  expect(problems({ endpoint: 'h:8086', bucket: 'b' })).toMatch(/^endpoint: .*begins with http/);
  expect(problems({ endpoint: 'http://me:pw@h', bucket: 'b' })).toMatch(/^endpoint: .*no user and no password/);
  expect(problems({ endpoint: 'http://me:pw@h', bucket: 'b' })).not.toMatch(/me:pw/);
  expect(problems({ endpoint: 'http://h' })).toMatch(/^: A bucket is needed/);
  expect(problems({ endpoint: 'http://h', bucket: 'b', v1_compatibility: { db: 'd' } })).toMatch(
    /^v1_compatibility.db: .*enabled/,
  );
  expect(problems({ endpoint: 'http://h', v1_compatibility: { enabled: true } })).toMatch(
    /^v1_compatibility: .*needs db/,
  );
  expect(problems({ endpoint: 'http://h', token: 't', v1_compatibility: v1 })).toMatch(/^token: /);
  expect(problems({ endpoint: 'http://h', v1_compatibility: { ...v1, password: 'p' } })).toMatch(/needs a username/);
  expect(problems({ endpoint: 'http://h', bucket: 'b', boolean_fields: ['x'] })).toMatch(/^boolean_fields: /);
  expect(problems({ endpoint: 'http://h', bucket: 'b', span_dimensions: ['a', 'b', 'a'] })).toMatch(
    /^span_dimensions.2: "a" is there twice/,
  );
});

test.each([
  [0.005, '0.005'],
  [1e-7, '0.0000001'],
  [1.25e-9, '0.00000000125'],
  [-1.5e-7, '-0.00000015'],
  [1e21, '1000000000000000000000'],
  [1.25e22, '12500000000000000000000'],
  [10, '10'],
])('%d as a name is %s', (value, wanted) => expect(numberName(value)).toBe(wanted));
