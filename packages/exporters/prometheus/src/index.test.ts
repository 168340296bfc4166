import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { request } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, RequestOptions } from 'node:http';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import type { Meter } from '@opentelemetry/api';
import { afterEach, describe, expect, test } from 'vitest';
import type { Component, Consumer, DataPoint, InputOf, ResourceMetrics } from '@millrace/core';
import {
  endSeries,
  hrTime,
  logsBatch,
  metricsBatch,
  PermanentError,
  pointType,
  resolveConfig,
  valueType,
} from '@millrace/core';
import { checkDefinition, manualClock, testContext } from '@millrace/core/testing';
import type { ManualClock, TestContext } from '@millrace/core/testing';
import definition from './index.ts';

const tlsFile = (name: string): string => join(import.meta.dirname, '../testdata/tls', name);

interface Running {
  readonly url: string;
  readonly context: TestContext;
  readonly clock: ManualClock;
  readonly drops: { items: number; reason: unknown }[];
  readonly component: Component & Consumer;
  take(...resourceMetrics: ResourceMetrics[]): Promise<void>;
}

const running: Component[] = [];
afterEach(async () => {
  for (const component of running.splice(0)) await component.shutdown?.(AbortSignal.timeout(1000));
});

function create(input: InputOf<typeof definition.config> = {}): Omit<Running, 'url'> {
  const clock = manualClock();
  const drops: { items: number; reason: unknown }[] = [];
  const add = (items: number, attributes: { reason: unknown }): void =>
    void drops.push({ items, reason: attributes.reason });
  const meter = { createCounter: () => ({ add }) } as unknown as Meter;
  const context = testContext({ id: 'prometheus', clock, meter });
  const config = resolveConfig(definition.config, { endpoint: '127.0.0.1:0', ...input });
  const component = definition.create(config, context);
  running.push(component);
  const take = (...resourceMetrics: ResourceMetrics[]): Promise<void> =>
    component.consume(metricsBatch(resourceMetrics));
  return { context, clock, drops, component, take };
}

async function start(input: InputOf<typeof definition.config> = {}): Promise<Running> {
  const created = create(input);
  await created.component.start?.();
  const { url } = created.context.lines.at(-1)!.fields as { url: string };
  return { ...created, url };
}

/** Resolves however it was closed; `once` of node:events rejects where a reset comes first. */
const closed = (socket: Socket): Promise<unknown> => new Promise((resolve) => void socket.once('close', resolve));

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly body: Buffer;
}

async function fetched(url: string, options: RequestOptions = {}): Promise<Answer> {
  const outgoing = url.startsWith('https:') ? httpsRequest(url, options) : request(url, options);
  outgoing.end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  const body = await buffer(response);
  return { status: response.statusCode, headers: response.headers, body, text: body.toString() };
}

const point = (value: number, attributes = {}): DataPoint<number> => ({
  startTime: hrTime(0),
  endTime: hrTime(0),
  attributes,
  value,
});

const gauge = (attributes: Record<string, string | number>, ...dataPoints: DataPoint<number>[]): ResourceMetrics => ({
  resource: { attributes },
  scopeMetrics: [
    {
      scope: { name: 's' },
      metrics: [
        {
          descriptor: { name: 'a.size', unit: 'By', description: 'A size.', valueType: valueType.int },
          dataPointType: pointType.gauge,
          dataPoints,
        },
      ],
    },
  ],
});

const page = '# HELP a_size_bytes A size.\n# TYPE a_size_bytes gauge\na_size_bytes{otel_scope_name="s"} 1\n';
const accept = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';

describe('the contract', () => {
  for (const { name, run } of checkDefinition(definition, { config: { endpoint: '127.0.0.1:0' } })) test(name, run);
});

describe('the page', () => {
  test('is served where the log says', async () => {
    const { url, take, context } = await start();
    await take(gauge({}, point(1)));
    expect(context.lines).toEqual([{ level: 'info', message: 'Serving metrics.', fields: { url } }]);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
    const { status, headers, text } = await fetched(url);
    expect({ status, text }).toEqual({ status: 200, text: page });
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(headers['content-length']).toBe(String(page.length));
  });

  test('is in OpenMetrics for a scraper that prefers it', async () => {
    const { url, take } = await start();
    await take(gauge({}, point(1)));
    const { headers, text } = await fetched(url, { headers: { accept } });
    expect(headers['content-type']).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect(text).toContain('# UNIT a_size_bytes bytes\n');
    expect(text).toMatch(/# EOF\n$/);
  });

  test('is not where that is switched off', async () => {
    const { url } = await start({ enable_open_metrics: false });
    const { headers } = await fetched(url, { headers: { accept } });
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  });

  test('has its own names only for scrapers that read UTF-8', async () => {
    const { url, take } = await start({ translation_strategy: 'NoTranslation', without_scope_info: true });
    await take(gauge({}, point(1)));
    const utf8 = await fetched(url, { headers: { accept: 'text/plain;version=1.0.0;escaping=allow-utf-8' } });
    expect(utf8.headers['content-type']).toContain('escaping=allow-utf-8');
    expect(utf8.text).toContain('{"a.size"} 1\n');
    expect((await fetched(url)).text).toContain('a_size 1\n');
  });

  test('is compressed for those who take it so', async () => {
    const { url, take } = await start();
    await take(gauge({}, point(1)));
    const { headers, body } = await fetched(url, { headers: { 'accept-encoding': 'br, gzip;q=0.8' } });
    expect(headers['content-encoding']).toBe('gzip');
    expect(headers['content-length']).toBe(String(body.length));
    expect(gunzipSync(body).toString()).toBe(page);
  });

  test('has no body in the answer to HEAD', async () => {
    const { url, take } = await start();
    await take(gauge({}, point(1)));
    const { status, headers, text } = await fetched(url, { method: 'HEAD' });
    expect({ status, length: headers['content-length'], text }).toEqual({
      status: 200,
      length: String(page.length),
      text: '',
    });
  });

  test('answers HTTP/1.0, and ends the connection', async () => {
    const { url, take } = await start();
    await take(gauge({}, point(1)));
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.end('GET /metrics HTTP/1.0\r\n\r\n');
    const text = (await buffer(socket)).toString();
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(text).not.toMatch(/transfer-encoding/i);
    expect(text.split('\r\n\r\n')[1]).toBe(page);
  });

  test('has a path of its own, and says so elsewhere', async () => {
    const { url, take } = await start({ path: '/prom' });
    await take(gauge({}, point(1)));
    const { origin } = new URL(url);
    expect((await fetched(`${origin}/prom?name=x`)).text).toBe(page);
    expect(await fetched(`${origin}/metrics`)).toMatchObject({
      status: 404,
      text: 'There is nothing here. The metrics are at /prom.\n',
    });
    expect(await fetched(`${origin}/`)).toMatchObject({ status: 200, text: 'The metrics are at /prom.\n' });
    expect(await fetched(`${origin}//prom/..`)).toMatchObject({ status: 404 });
  });

  test('can be the root', async () => {
    const { url, take } = await start({ path: '/' });
    await take(gauge({}, point(1)));
    expect((await fetched(url)).text).toBe(page);
  });

  test('can only be read', async () => {
    const { url } = await start();
    const { status, headers } = await fetched(url, { method: 'POST', headers: { 'content-length': 0 } });
    expect({ status, allow: headers.allow }).toEqual({ status: 405, allow: 'GET, HEAD' });
  });

  test('carries the headers of the config', async () => {
    const { url } = await start({ response_headers: { 'x-frame-options': 'DENY' } });
    expect((await fetched(url)).headers['x-frame-options']).toBe('DENY');
    expect((await fetched(`${url}/x`)).headers['x-frame-options']).toBe('DENY');
  });

  test('is the same for a hundred scrapers at once', async () => {
    const { url, take } = await start();
    const points = Array.from({ length: 5000 }, (_, index) => point(index, { index }));
    await take(gauge({}, ...points));
    const answers = await Promise.all(Array.from({ length: 100 }, () => fetched(url, { agent: false })));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers[0]!.text.split('\n')).toHaveLength(5003);
  });

  test('of many series leaves the event loop to others', async () => {
    const { url, take } = await start();
    const points = Array.from({ length: 60_000 }, (_, index) => point(index, { index, more: 'x'.repeat(50) }));
    const turnsOf = async (work: Promise<unknown>): Promise<number> => {
      let turns = 0;
      let done = false;
      const turn = (): void => {
        turns += 1;
        if (!done) setImmediate(turn);
      };
      turn();
      await work;
      done = true;
      return turns;
    };
    expect(await turnsOf(take(gauge({}, ...points)))).toBeGreaterThan(5);
    const scrape = fetched(url);
    expect(await turnsOf(scrape)).toBeGreaterThan(5);
    expect((await scrape).text.split('\n')).toHaveLength(60_003);
  });
});

describe('series', () => {
  test('that have ended are gone at the next scrape', async () => {
    const { url, take } = await start({ resource_constant_labels: { included: ['process.*'] } });
    const process = (pid: number): ResourceMetrics => gauge({ 'process.pid': pid }, point(pid));
    await take(process(1), process(2));
    expect((await fetched(url)).text).toContain('process_pid="1"');
    await take(endSeries(process(1), hrTime(1)));
    const { text } = await fetched(url);
    expect(text).not.toContain('process_pid="1"');
    expect(text).toContain('process_pid="2"');
  });

  test('of which nothing is heard go after metric_expiration', async () => {
    const { url, take, clock } = await start({ metric_expiration: '2m' });
    await take(gauge({}, point(1)));
    await clock.advance(120_000);
    expect((await fetched(url)).text).toBe(page);
    await clock.advance(1);
    expect((await fetched(url)).text).toBe('');
  });

  test('go also where nobody scrapes', async () => {
    const { url, take, clock } = await start({ metric_expiration: '2m' });
    await take(gauge({}, point(1, { gone: 'yes' })));
    await clock.advance(121_000);
    await take(gauge({}, point(1)));
    expect((await fetched(url)).text).toBe(page);
  });

  test('of the same labels are counted, and told once with what to do', async () => {
    const { url, take, drops, context } = await start();
    for (let round = 0; round < 3; round += 1) await take(gauge({ pid: 1 }, point(5)), gauge({ pid: 2 }, point(1)));
    expect(await fetched(url)).toMatchObject({ status: 200, text: page });
    expect(drops).toEqual(Array.from({ length: 5 }, () => ({ items: 1, reason: 'duplicate_series' })));
    const warnings = context.lines.filter(({ level }) => level === 'warn');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatchObject({ fields: { metric: 'a_size_bytes' } });
    expect(warnings[0]!.message).toContain('resource_constant_labels');
  });
});

describe('labels of resources', () => {
  const attributes = { 'service.name': 'api', 'host.name': 'h', 'k8s.pod.name': 'p' };
  const cases: { config: InputOf<typeof definition.config>; want: string }[] = [
    { config: {}, want: 'job="api"' },
    { config: { resource_constant_labels: { included: ['host.name'] } }, want: 'host_name="h",job="api"' },
    { config: { resource_constant_labels: { included: ['k8s.*'] } }, want: 'job="api",k8s_pod_name="p"' },
    {
      config: { resource_constant_labels: { included: ['*.name'], excluded: ['k8s*', 'service.name'] } },
      want: 'host_name="h",job="api"',
    },
    {
      config: { resource_constant_labels: { excluded: ['service.*'] } },
      want: 'host_name="h",job="api",k8s_pod_name="p"',
    },
    { config: { resource_constant_labels: { included: ['host_name', 'hostXname'] } }, want: 'job="api"' },
    {
      config: { resource_to_telemetry_conversion: { enabled: true, exclude_service_attributes: true } },
      want: 'host_name="h",job="api",k8s_pod_name="p"',
    },
    {
      config: { resource_to_telemetry_conversion: { enabled: true } },
      want: 'host_name="h",job="api",k8s_pod_name="p",service_name="api"',
    },
    { config: { const_labels: { site: 'a', job: 'not me' } }, want: 'job="api",site="a"' },
  ];
  test.each(cases)('$config', async ({ config, want }) => {
    const { url, take } = await start({ ...config, without_scope_info: true, without_target_info: true });
    await take(gauge(attributes, point(1)));
    expect((await fetched(url)).text).toContain(`a_size_bytes{${want}} 1\n`);
  });
});

test('names follow the config', async () => {
  const { url, take } = await start({ namespace: 'my', add_metric_suffixes: false, send_timestamps: true });
  await take(gauge({}, { ...point(1), endTime: [17, 5_000_000] }, point(2, { time: 'unknown' })));
  const { text } = await fetched(url);
  expect(text).toContain('my_a_size{otel_scope_name="s"} 1 17005\n');
  expect(text).toContain('my_a_size{otel_scope_name="s",time="unknown"} 2\n');
});

describe('a client', () => {
  test('that does not read is cut off, and the others are served', async () => {
    const { url, take } = await start({ write_timeout: '300ms' });
    await take(
      gauge({}, ...Array.from({ length: 60_000 }, (_, index) => point(index, { index, long: 'x'.repeat(100) }))),
    );
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.on('error', () => {});
    socket.pause();
    socket.write('GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n');
    expect((await fetched(url)).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 400));
    socket.resume();
    let read = 0;
    socket.on('data', (data: Buffer) => (read += data.length));
    await closed(socket);
    expect(read).toBeLessThan(60_000 * 130);
  });

  test('that does not finish its request is cut off', async () => {
    const { url } = await start({ read_header_timeout: '200ms' });
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('GET /metrics HTTP/1.1\r\n');
    expect((await buffer(socket)).toString()).toMatch(/^HTTP\/1\.1 408 /);
  });

  test('that talks nonsense gets an error', async () => {
    const { url } = await start();
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('\x16\x03\x01 hello\r\n\r\n');
    expect((await buffer(socket)).toString()).toMatch(/^HTTP\/1\.1 400 /);
    expect((await fetched(url)).status).toBe(200);
  });
});

describe('https', () => {
  const tls = { cert_file: tlsFile('server.pem'), key_file: tlsFile('server.key') };
  const ca = readFileSync(tlsFile('ca.pem'));

  test('is served with a certificate', async () => {
    const { url } = await start({ tls });
    expect(url).toMatch(/^https:/);
    expect((await fetched(url, { ca } as RequestOptions)).status).toBe(200);
  });

  test('asks clients for theirs', async () => {
    const { url } = await start({ tls: { ...tls, client_ca_file: tlsFile('ca.pem') } });
    await expect(fetched(url, { ca, agent: false } as RequestOptions)).rejects.toThrow();
    const own = { cert: readFileSync(tlsFile('client.pem')), key: readFileSync(tlsFile('client.key')) };
    expect((await fetched(url, { ca, agent: false, ...own } as RequestOptions)).status).toBe(200);
  });

  test.each([
    [{ ...tls, cert_file: '/does/not/exist.pem' }, '/does/not/exist.pem'],
    [{ ...tls, key_file: tlsFile('server.pem') }, 'tls'],
  ])('does not start without usable files', async (wrong, message) => {
    const { component } = create({ tls: wrong });
    const error = await component.start!().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PermanentError);
    expect((error as Error).message).toContain(message);
  });
});

describe('start and shutdown', () => {
  test('a port that is taken is said, with what to do', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const endpoint = `127.0.0.1:${(other.address() as AddressInfo).port}`;
    const error = await create({ endpoint }).component.start!().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PermanentError);
    expect((error as Error).message).toBe(
      `Cannot serve metrics on ${endpoint}: something else listens there. Stop it, or set endpoint to another port; port 0 takes one that is free.`,
    );
    other.close();
  });

  test('an address of another machine is said', async () => {
    const error = await create({ endpoint: '192.0.2.1:0' }).component.start!().catch((thrown: unknown) => thrown);
    expect((error as Error).message).toContain('this machine has no such address');
  });

  test.each(['[::1]:0', 'localhost:0', ':0'])('it listens on %s', async (endpoint) => {
    const { url } = await start({ endpoint });
    expect((await fetched(url)).status).toBe(200);
  });

  test('shutdown is safe without start, and twice', async () => {
    const { component } = create();
    await component.shutdown!(AbortSignal.timeout(1000));
    const { component: started, url } = await start();
    await started.shutdown!(AbortSignal.timeout(1000));
    await started.shutdown!(AbortSignal.timeout(1000));
    await expect(fetched(url)).rejects.toThrow(/ECONNREFUSED/);
  });

  test('shutdown does not wait for idle connections', async () => {
    const { component, url } = await start();
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n');
    await once(socket, 'data');
    const gone = closed(socket);
    await component.shutdown!(AbortSignal.timeout(60_000));
    await gone;
  });

  test('shutdown cuts what is under way at its deadline', async () => {
    const { component, url } = await start();
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.on('error', () => {});
    socket.write('GET /metrics HTTP/1.1\r\n');
    await once(socket, 'connect');
    await component.shutdown!(AbortSignal.abort());
    await closed(socket);
  });

  test('batches are taken before the start, and other signals refused for good', async () => {
    const created = create();
    await created.take(gauge({}, point(1)));
    await created.component.start!();
    const { url } = created.context.lines.at(-1)!.fields as { url: string };
    expect((await fetched(url)).text).toBe(page);
    await expect(created.component.consume(logsBatch([]))).rejects.toThrow(PermanentError);
  });
});

describe('the config', () => {
  test.each(['metric_expiration', 'write_timeout'])('%s must be more than 0', (key) => {
    const problems = definition.check!(resolveConfig(definition.config, { [key]: '0s' }));
    expect(problems).toEqual([{ path: [key], message: expect.stringContaining('more than 0') as string }]);
  });

  test('has no problem with its defaults', () => {
    expect(definition.check!(resolveConfig(definition.config, {}))).toEqual([]);
  });
});
