import { describeError, isPermanent, metricsBatch, resolveConfig, ThrottleError } from '@millrace/core';
import { afterEach, describe, expect, test } from 'vitest';
import { cleaner, type Input, pair } from '../testdata/exporter.ts';
import { reply, type Said } from '../testdata/fake-loki.ts';
import { logs, record } from '../testdata/logs.ts';
import loki from './index.ts';
import { pushUrl } from './send.ts';

const { add, clean } = cleaner();
afterEach(clean);

const lines = (count: number) => logs(Array.from({ length: count }, (_, at) => record(`l${at}`, at)));

const errorOf = (sending: Promise<void>): Promise<Error> =>
  sending.then(
    () => expect.unreachable('It was taken.'),
    (error: unknown) => error as Error,
  );

async function answering(
  said: Said | ((count: number, number: number) => Said | undefined),
  input: Partial<Input> = {},
  headers: Record<string, string> = {},
) {
  let number = 0;
  const made = await pair(
    { format: 'raw', ...input },
    {
      before({ lines: pushed, batch }, response, take) {
        const own = typeof said === 'function' ? said(pushed.length, number++) : said;
        for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
        reply(response, own ?? take(), batch !== undefined);
        return true;
      },
    },
  );
  add(made.stop);
  return made;
}

describe('the answer', () => {
  test.each<[number, string, 'permanent' | 'retry' | 'throttle', RegExp]>([
    [400, "couldn't parse labels: 1:2: parse error", 'permanent', /400: couldn't parse labels/],
    [401, 'no org id', 'permanent', /wants to know the tenant/],
    [403, '', 'permanent', /does not let us write/],
    [404, '404 page not found', 'permanent', /no such path/],
    [
      260,
      "ingestion blocked for user 'a' until '2027-01-01T00:00:00Z' with status code '260'",
      'permanent',
      /keep nothing/,
    ],
    [302, '', 'permanent', /redirects/],
    [
      429,
      'maximum active stream limit exceeded when trying to create stream {a="b"}',
      'throttle',
      /active stream limit/,
    ],
    [500, 'at least 1 live replicas required, could only find 0', 'throttle', /live replicas/],
    [503, '', 'throttle', /503/],
  ])('%i %s: %s', async (status, text, wanted, said) => {
    const headers = status >= 429 ? { 'retry-after': '7' } : {};
    const { send, server, dropped } = await answering({ status, text }, {}, headers);
    const error = await errorOf(send(lines(2)));
    expect(error.message).toMatch(said);
    expect(error.message).toContain(`${server.endpoint}/loki/api/v1/push: HTTP status ${status}`);
    expect(isPermanent(error)).toBe(wanted === 'permanent');
    if (error instanceof ThrottleError) expect(error.retryAfterMs).toBe(7000);
    expect(error instanceof ThrottleError).toBe(wanted === 'throttle');
    expect(dropped).toEqual({});
  });

  test('429 without a time is tried again when the queue likes', async () => {
    const { send } = await answering({ status: 429, text: 'x' });
    const error = await errorOf(send(lines(1)));
    expect([isPermanent(error), error instanceof ThrottleError]).toEqual([false, false]);
  });

  test.each<[string, string, Record<string, number>]>([
    [
      'one',
      'entry for stream \'{a="b"}\' has timestamp too old: 2020-01-01T00:00:00Z, oldest acceptable timestamp is: 2026-01-01T00:00:00Z',
      { greater_than_max_sample_age: 1 },
    ],
    [
      'several',
      "2 errors like: entry for stream '{a=\"b; 9 errors like this\"}' has timestamp too new: 2030-01-01T00:00:00Z; 1 errors like: max entry size '10' bytes exceeded for stream '{}' while adding an entry with length '12' bytes",
      { too_far_in_future: 2, line_too_long: 1 },
    ],
    [
      'structured metadata that is not allowed',
      "stream '{}' includes structured metadata, but this feature is disallowed. Please see `limits_config.allow_structured_metadata`",
      { disallowed_structured_metadata: 1 },
    ],
    [
      'an ingester',
      "entry with timestamp 2026-01-01 00:00:00 +0000 UTC ignored, reason: 'entry too far behind, entry timestamp is: 2026-01-01T00:00:00Z, oldest acceptable timestamp is: 2026-01-02T00:00:00Z',\nuser 'fake', total ignored: 3 out of 5 for stream: {a=\"b\"}",
      { too_far_behind: 3 },
    ],
    [
      'an old ingester',
      'entry with timestamp 2026-01-01 00:00:00 +0000 UTC ignored, reason: \'entry out of order\',\ntotal ignored: 1 out of 5 for stream: {a="b"}',
      { out_of_order: 1 },
    ],
    [
      'a whole stream',
      `stream '{exporter="OTLP", service_name="unknown_service"}' has label value too long: 'x'`,
      { label_value_too_long: 4 },
    ],
  ])('a part was taken: %s', async (_name, text, wanted) => {
    const { send, dropped, lines: logged, server } = await answering({ status: 400, text });
    const batch = lines(4);
    const other = record('other', 9, { severityNumber: 9 });
    const [resource] = batch.resourceLogs;
    await send({
      ...batch,
      resourceLogs: [
        ...batch.resourceLogs,
        { ...resource!, scopeLogs: [{ scope: { name: '' }, logRecords: [other] }] },
      ],
    });
    expect(dropped).toEqual(wanted);
    expect(logged).toHaveLength(1);
    expect(server.pushes).toHaveLength(1);
  });

  test('the OTLP endpoint says the same in a status', async () => {
    const text = '2 errors like: entry for stream \'{a="b"}\' has timestamp too old: x';
    const { send, dropped } = await answering({ status: 400, text }, { encoding: 'otlp', format: 'json' });
    await send(lines(3));
    expect(dropped).toEqual({ greater_than_max_sample_age: 2 });
    const gateway = await answering({ status: 400, text: '' }, { encoding: 'otlp' });
    expect(isPermanent(await errorOf(gateway.send(lines(3))))).toBe(true);
  });

  test('a record that spoils a request of the OTLP endpoint is found, and lost alone', async () => {
    const said = 'symbolizer lookup: normalization for label name "名" resulted in invalid name "_"';
    const { send, server, dropped } = await pair(
      { encoding: 'otlp' },
      {
        before({ batch }, response) {
          const spoilt = batch!.resourceLogs.some(({ scopeLogs }) =>
            scopeLogs.some(({ logRecords }) => logRecords.some(({ attributes }) => '名' in attributes)),
          );
          reply(response, spoilt ? { status: 400, text: said } : { status: 204, text: '' }, true);
          return true;
        },
      },
    );
    add(() => server.stop());
    await send(
      logs(Array.from({ length: 9 }, (_, at) => record(`l${at}`, at, { attributes: at === 4 ? { 名: 1 } : {} }))),
    );
    expect(dropped).toEqual({ invalid_attribute_name: 1 });
  });

  test('what is too large is halved, and a line that is too large alone is dropped', async () => {
    const { send, server, dropped } = await pair(
      { format: 'raw' },
      {
        before({ lines: pushed }, response, take) {
          const tooLarge = pushed.length > 2 || pushed.some(({ line }) => line === 'l3');
          reply(response, tooLarge ? { status: 413, text: 'request body too large' } : take(), false);
          return true;
        },
      },
    );
    add(() => server.stop());
    await send(lines(9));
    expect(server.kept.map(({ line }) => line)).toEqual(['l0', 'l1', 'l2', 'l4', 'l5', 'l6', 'l7', 'l8']);
    expect(dropped).toEqual({ request_too_large: 1 });
  });

  test.each([
    [
      "ingestion rate limit exceeded for user a (limit: 100 bytes/sec) while attempting to ingest '8' lines totaling '150' bytes, reduce",
      4,
    ],
    [
      "ingestion rate limit exceeded for user a (limit: 1000 bytes/sec) while attempting to ingest '8' lines totaling '150' bytes, reduce",
      8,
    ],
    [
      'Per stream rate limit exceeded (limit: 3MB/sec) while attempting to ingest for stream \'{a="b"}\' totaling 20MB, consider',
      4,
    ],
    [
      'Per stream rate limit exceeded (limit: 3MB/sec) while attempting to ingest for stream \'{a="b"}\' totaling 200KB, consider',
      8,
    ],
  ])('what is more than Loki takes in a second goes in halves: %s', async (text, next) => {
    const { send, server } = await answering((_count, number) => (number === 0 ? { status: 429, text } : undefined));
    const batch = lines(8);
    expect(isPermanent(await errorOf(send(batch)))).toBe(false);
    expect(server.pushes).toHaveLength(1);
    await send(batch);
    expect(server.pushes[1]!.lines).toHaveLength(next);
    expect(server.kept).toHaveLength(8);
  });

  test('a retry sends only what is left, byte for byte', async () => {
    const { send, server } = await answering(
      (_count, number) => (number === 1 ? { status: 503, text: '' } : undefined),
      {
        max_request_bytes: '200',
      },
    );
    const batch = lines(12);
    expect(isPermanent(await errorOf(send(batch)))).toBe(false);
    const before = server.pushes.at(-1)!.lines;
    await send(batch);
    expect(server.pushes[2]!.lines).toEqual(before);
    expect(server.kept.map(({ line }) => line)).toEqual(Array.from({ length: 12 }, (_, at) => `l${at}`));
  });

  test('parts that are refused for good cost only themselves', async () => {
    const { send, dropped, server } = await answering(
      (_count, number) => (number === 1 ? { status: 400, text: 'bad' } : undefined),
      {
        max_request_bytes: '200',
      },
    );
    await send(lines(12));
    expect(dropped).toEqual({ rejected_by_backend: 12 - server.kept.length });
    expect(server.kept.length).toBeGreaterThan(5);
  });

  test('secrets are not shown, though the server repeats them', async () => {
    const headers = { authorization: 'Bearer tok-SECRET', 'x-key': 'key-SECRET' };
    const { send } = await answering({ status: 403, text: 'no: Bearer tok-SECRET key-SECRET' }, { headers });
    expect(describeError(await errorOf(send(lines(1))))).not.toContain('SECRET');
    const half = await answering({ status: 403, text: `${'y'.repeat(250)}tok-SECRET` }, { headers });
    expect((await errorOf(half.send(lines(1)))).message).toMatch(/y{250}\[redac…$/);
    const url = await answering({ status: 403, text: '' }, { headers });
    const query = await pair({ endpoint: `${url.server.endpoint}/loki/api/v1/push?key=key-SECRET` });
    add(query.stop);
    expect(describeError(await errorOf(query.send(lines(1))))).not.toContain('SECRET');
  });

  test('no answer, nothing to send, and other signals', async () => {
    const { send, server } = await pair({}, { before: (_, response) => Boolean(response.destroy()) });
    add(() => server.stop());
    expect(await errorOf(send(lines(1)))).toMatchObject({
      name: 'NoAnswer',
      message: `${server.endpoint}/loki/api/v1/push: no answer`,
    });
    await send(logs([]));
    expect(isPermanent(await errorOf(send(metricsBatch([{ resource: { attributes: {} }, scopeMetrics: [] }]))))).toBe(
      true,
    );
  });
});

test.each<[Pick<Input, 'endpoint' | 'encoding'>, string]>([
  [{ endpoint: 'http://h:3100' }, 'http://h:3100/loki/api/v1/push'],
  [{ endpoint: 'http://h:3100/' }, 'http://h:3100/loki/api/v1/push'],
  [{ endpoint: 'http://h:3100/loki/api/v1/push' }, 'http://h:3100/loki/api/v1/push'],
  [{ endpoint: 'https://h/gateway/push?x=1' }, 'https://h/gateway/push?x=1'],
  [{ endpoint: 'http://h', encoding: 'otlp' }, 'http://h/otlp/v1/logs'],
  [{ endpoint: 'http://h/otlp', encoding: 'otlp' }, 'http://h/otlp/v1/logs'],
])('%j goes to %s', (input, wanted) => expect(String(pushUrl(resolveConfig(loki.config, input)))).toBe(wanted));

test('headers', async () => {
  const { send, server } = await pair({ headers: { 'X-Scope-OrgID': 'acme' } }, { needsTenant: true });
  add(() => server.stop());
  await send(lines(1));
  expect(server.kept[0]!.tenant).toBe('acme');
  expect(server.pushes[0]!.request.headers).toMatchObject({ 'content-type': 'application/x-protobuf' });
  expect(server.pushes[0]!.request.headers).not.toHaveProperty('content-encoding');
});

test('check', () => {
  const problems = (input: Partial<Input>): string =>
    loki.check!(resolveConfig(loki.config, { endpoint: 'http://h', ...input }))
      .map(({ path, message }) => `${path.join('.')}: ${message}`)
      .join('\n');
  expect(problems({})).toBe('');
  expect(problems({ endpoint: 'h:3100' })).toMatch(/^endpoint: .*begins with http/);
  expect(problems({ endpoint: 'http://me:pw@h' })).toMatch(/no user and no password/);
  expect(problems({ endpoint: 'http://me:pw@h' })).not.toMatch(/me:pw/);
  expect(problems({ labels: { resource: { 'service.name': 'service_name' } } })).toMatch(
    /"service.name" is no name of a label/,
  );
  expect(problems({ labels: { static: { __x: '1' } } })).toMatch(/no name of a label/);
  expect(problems({ labels: { static: { a: '1' }, attributes: { a: 'b' } } })).toMatch(
    /^labels.attributes.a: .*there already, by labels.static/,
  );
  expect(problems({ labels: { static: { job: '1' } }, default_labels_enabled: { job: true } })).toMatch(
    /by default_labels_enabled/,
  );
  const sixteen = Object.fromEntries(Array.from({ length: 16 }, (_, at) => [`l${at}`, 'a']));
  expect(problems({ labels: { attributes: sixteen } })).toMatch(/16 labels are more than .*15/);
  expect(problems({ encoding: 'otlp', labels: {} })).toMatch(/^labels: .*chosen by Loki/);
  expect(problems({ encoding: 'otlp', default_labels_enabled: { job: true } })).toMatch(/^default_labels_enabled: /);
  expect(problems({ tenant: { default: 'a b' } })).toMatch(/^tenant.default: A tenant has letters/);
  expect(problems({ tenant: { default: 'a' }, headers: { 'x-scope-orgid': 'b' } })).toMatch(/give one of them/);
});
