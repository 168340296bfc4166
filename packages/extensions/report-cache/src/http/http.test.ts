import type { IncomingHttpHeaders } from 'node:http';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import { PermanentError, systemClock } from '@millrace/core';
import { manualClock } from '@millrace/core/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { logs, report } from '../../testdata/batches.ts';
import { closeClients, eventSource } from '../../testdata/clients.ts';
import { startCache, stopAll } from '../../testdata/server.ts';

afterEach(async () => {
  closeClients();
  await stopAll();
});

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

interface Sent {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** `fetch` lets nobody say the host. */
const ask = (port: number, path: string, { method = 'GET', headers = {}, body }: Sent = {}): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const sent = httpRequest({ host: '127.0.0.1', port, path, method, headers, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });

const valuesIn = (reports: readonly { readonly data: unknown }[]): unknown[] =>
  reports.map(({ data }) => JSON.stringify(data).match(/"asInt":("\d+")/)?.[1]);

describe('reports', () => {
  test('the newest of each cluster', async () => {
    const running = await startCache();
    await running.report(report(['a', 'b/c'], 1));
    await running.report(report('a', 2));
    const reply = await ask(running.port, '/v1/reports');
    expect(reply).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } });
    const { reports } = JSON.parse(reply.text) as { reports: { time: string; data: unknown }[] };
    expect(reports).toMatchObject([
      { cluster: 'b/c', cursor: '2', signal: 'metrics' },
      { cluster: 'a', cursor: '3', signal: 'metrics' },
    ]);
    expect(valuesIn(reports)).toEqual(['"1"', '"2"']);
    expect(Math.abs(Date.parse(reports[0]!.time) - Date.now())).toBeLessThan(10_000);
    const some = await ask(running.port, '/v1/reports?cluster=a&cluster=none');
    expect((JSON.parse(some.text) as { reports: unknown[] }).reports).toHaveLength(1);
  });

  test('those of one cluster, from a cursor on', async () => {
    const running = await startCache({ reports: 3 });
    for (let value = 1; value <= 5; value++) await running.report(report('b/c', value));
    const range = async (path: string) => JSON.parse((await ask(running.port, path)).text) as { reports: never[] };
    const all = await range('/v1/reports/b%2Fc');
    expect([valuesIn(all.reports), all]).toMatchObject([['"3"', '"4"', '"5"'], { next: '5', missed: '2' }]);
    expect(await range('/v1/reports/b/c?after=3&limit=1')).toMatchObject({ next: '4', missed: '0' });
    expect(await range('/v1/reports/b%2Fc?after=5')).toEqual({ reports: [], next: '5', missed: '0' });
  });

  test('texts are the same for all who ask', async () => {
    const running = await startCache();
    await running.report(logs('a', 'It rains: "\u2028\n".'));
    const latest = (await ask(running.port, '/v1/reports')).text;
    const { reports } = JSON.parse(latest) as { reports: unknown[] };
    expect(JSON.stringify(reports)).toContain('It rains: \\"\u2028\\n\\".');
    const source = await eventSource(running.port, { path: '/v1/subscribe?after=0' });
    const [event] = await source.until(1);
    expect(JSON.parse(event!.data!)).toEqual(reports[0]);
  });
});

describe('subscribe', () => {
  test('brings what comes as events', async () => {
    const running = await startCache();
    await running.report(report('a', 1));
    const all = await eventSource(running.port);
    const only = await eventSource(running.port, { path: '/v1/subscribe?cluster=b' });
    expect(all.response.headers['content-type']).toBe('text/event-stream');
    await running.report(report(['a', 'b'], 2));
    expect(await all.until(2)).toMatchObject([
      { id: '2', event: 'report' },
      { id: '3', event: 'report' },
    ]);
    expect((await only.until(1)).map(({ data }) => JSON.parse(data!) as unknown)).toMatchObject([
      { cluster: 'b', cursor: '3' },
    ]);
  });

  test('goes on after the last event that a client has', async () => {
    const running = await startCache({ reports: 2 });
    for (let value = 1; value <= 5; value++) await running.report(report('a', value));
    const again = await eventSource(running.port, {
      path: '/v1/subscribe?after=0',
      headers: { 'last-event-id': '2' },
    });
    expect((await again.until(3)).map(({ id, event, data }) => id ?? `${event} ${data}`)).toEqual([
      'missed {"count":"1"}',
      '4',
      '5',
    ]);
  });

  test('says now and then that it still stands, and ends with the server', async () => {
    const clock = manualClock();
    const running = await startCache({}, { clock });
    const source = await eventSource(running.port);
    await clock.advance(31_000);
    while (source.comments.length < 3) await once(source.response, 'data');
    expect(source.comments).toEqual(['subscribed', 'still here', 'still here']);
    await running.stop();
    await source.closed;
    expect(source.response.complete).toBe(true);
  });

  test('leaves nothing of a client that goes while it is asked who it is', async () => {
    const asked = Promise.withResolvers<void>();
    const allowed = Promise.withResolvers<void>();
    const authenticate = async (): Promise<void> => {
      asked.resolve();
      await allowed.promise;
    };
    const config = { auth: { authenticator: 'x' }, max_subscribers: 1 };
    const running = await startCache(config, { extension: () => ({ authenticate }) });
    const socket = connect(running.port, '127.0.0.1');
    socket.write('GET /v1/subscribe HTTP/1.1\r\nhost: a\r\n\r\n');
    await asked.promise;
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 50));
    allowed.resolve();
    expect((await eventSource(running.port)).response.statusCode).toBe(200);
  });

  test('is refused where there are too many', async () => {
    const running = await startCache({ max_subscribers: 1 });
    const source = await eventSource(running.port);
    expect(await ask(running.port, '/v1/subscribe')).toMatchObject({ status: 429, headers: { 'retry-after': '10' } });
    source.close();
    while ((await eventSource(running.port)).response.statusCode !== 200);
  });
});

describe('commands', () => {
  const commands = {
    list: () => [{ receiver: 'cockroachdb/eu', name: 'health', description: 'Looks.' }],
    call: async (call: { command: string }) => {
      if (call.command !== 'health') throw new PermanentError(`"${call.command}" is no command.`);
      return call;
    },
  };
  const post = (port: number, path: string, body: string, headers: Record<string, string> = {}) =>
    ask(port, path, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });

  test('are told and answered', async () => {
    const { port } = await startCache({}, { commands });
    expect(JSON.parse((await ask(port, '/v1/commands')).text)).toEqual({
      commands: [{ receiver: 'cockroachdb/eu', command: 'health', description: 'Looks.', changes: false }],
    });
    for (const path of ['/v1/commands/cockroachdb/eu/health', '/v1/commands/cockroachdb%2Feu/health'])
      expect(JSON.parse((await post(port, path, '{"arguments":{"a":[1]}}')).text)).toMatchObject({
        result: { receiver: 'cockroachdb/eu', command: 'health', arguments: { a: [1] } },
      });
  });

  test.each([
    ['a/b', '{}', {}, 404, /no command/],
    ['a/health', '{', {}, 400, /not JSON/],
    ['a/health', '{"arguments":[]}', {}, 400, /must be an object/],
    ['a/health', '{}', { 'content-type': 'text/plain' }, 415, /application\/json is/],
    ['a/health', '{}', { 'content-type': 'application/x-www-form-urlencoded' }, 415, /application\/json is/],
    ['a/health', '{}', { 'content-encoding': 'gzip' }, 415, /send the body as it is/],
    ['a/health', ' '.repeat(300_000), {}, 413, /262144 bytes/],
    ['a/health', ' '.repeat(300_000), { 'transfer-encoding': 'chunked' }, 413, /262144 bytes/],
  ])('%s %.20j %j', async (path, body, headers, status, message) => {
    const { port } = await startCache({}, { commands });
    const reply = await post(port, `/v1/commands/${path}`, body, headers);
    expect(reply.status).toBe(status);
    expect((JSON.parse(reply.text) as { error: string }).error).toMatch(message);
  });
});

describe('what is not right is told', () => {
  test.each([
    ['GET', '/', 404, /There is GET \/v1\/reports,/],
    ['GET', '/v2/reports', 404, /nothing at this path/],
    ['GET', '/v1/__proto__', 404, /nothing at this path/],
    ['GET', '/v1/toString', 404, /nothing at this path/],
    ['POST', '/v1/reports', 405, /Only GET/],
    ['DELETE', '/v1/subscribe', 405, /Only GET/],
    ['GET', '/v1/commands/a/b', 405, /Only POST/],
    ['OPTIONS', '/v1/reports', 405, /Only GET/],
    ['GET', '/v1/reports/x', 404, /no cluster "x"/],
    ['GET', '/v1/reports/%ff', 400, /not encoded right/],
    ['GET', '/v1/reports/x?after=-1', 400, /after is "-1"/],
    ['GET', '/v1/reports/x?limit=1e3', 400, /limit is "1e3"/],
    ['GET', '/v1/subscribe?after=x', 400, /after is "x"/],
    ['GET', '//', 400, /path of the request/],
    ['GET', 'http://[', 400, /path of the request/],
  ])('%s %s', async (method, path, status, message) => {
    const { port } = await startCache();
    const reply = await ask(port, path, { method });
    expect({ status: reply.status, text: reply.text }).toMatchObject({ status });
    expect((JSON.parse(reply.text) as { error: string }).error).toMatch(message);
    if (status === 405) expect(reply.headers.allow).toMatch(/^(GET|POST)$/);
  });

  test('a client that sends more than anybody wants sees its answer', async () => {
    const { port } = await startCache();
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.write('POST /v1/reports HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000000\r\n\r\n');
    await once(socket, 'close');
    expect(text).toMatch(/^HTTP\/1\.1 405 .*connection: close/is);
  });
});

describe('web pages', () => {
  test.each([
    ['localhost', 200],
    ['localhost:4000', 200],
    ['127.0.0.1:1', 200],
    ['[::1]:4000', 200],
    ['[::1]', 200],
    ['monitor.example.com', 200],
    ['Monitor.Example.com:4000', 200],
    ['evil.example.com', 403],
    ['localhost.evil.com', 403],
    ['127.0.0.1.evil.com', 403],
    ['evil.com:80:80', 403],
  ])('that asked for the host %s: %i', async (host, status) => {
    const { port } = await startCache({ allowed_hosts: ['monitor.example.com'] });
    expect((await ask(port, '/v1/reports', { headers: { host } })).status).toBe(status);
  });

  test('with auth the host may be any', async () => {
    const authenticate = (): void => {};
    const { port } = await startCache({ auth: { authenticator: 'token' } }, { extension: () => ({ authenticate }) });
    expect((await ask(port, '/v1/reports', { headers: { host: 'evil.com' } })).status).toBe(200);
  });

  test('of other origins are not answered, unless they are allowed', async () => {
    const { port } = await startCache({ allowed_origins: ['https://dash.example.com'] });
    const from = (origin: string, method = 'GET') =>
      ask(port, '/v1/reports', { method, headers: { origin, 'access-control-request-method': 'GET' } });
    const refused = await from('https://evil.com');
    expect(refused.status).toBe(403);
    expect(refused.headers['access-control-allow-origin']).toBeUndefined();
    expect((await from('null')).status).toBe(403);
    expect((await from('https://evil.com', 'OPTIONS')).status).toBe(403);
    expect((await from(`http://127.0.0.1:${port}`)).status).toBe(200);
    const allowed = await from('https://dash.example.com');
    expect(allowed).toMatchObject({
      status: 200,
      headers: { 'access-control-allow-origin': 'https://dash.example.com', vary: 'origin' },
    });
    const preflight = await from('https://dash.example.com', 'OPTIONS');
    expect(preflight.status).toBe(204);
    expect(preflight.headers).toMatchObject({
      'access-control-allow-origin': 'https://dash.example.com',
      'access-control-allow-headers': 'authorization, content-type, last-event-id',
    });
  });
});

test('shutdown lets a command end, and takes no more', async () => {
  const answer = Promise.withResolvers<unknown>();
  const commands = { list: () => [], call: () => answer.promise };
  const running = await startCache({}, { clock: systemClock, commands });
  const asked = ask(running.port, '/v1/commands/a/b', {
    method: 'POST',
    body: '{}',
    headers: { 'content-type': 'application/json' },
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  const stopped = running.stop(AbortSignal.timeout(5000));
  await expect(ask(running.port, '/v1/reports')).rejects.toThrow('ECONNREFUSED');
  answer.resolve('yes');
  expect((await asked).text).toBe('{"result":"yes"}\n');
  await stopped;
});
