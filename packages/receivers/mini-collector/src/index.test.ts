import { readFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { credentials } from '@grpc/grpc-js';
import { itemCount, PermanentError, RefusedError, ThrottleError } from '@millrace/core';
import { checkDefinition, createAuthority, render } from '@millrace/core/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { closeAgents, createAgent, encode, tags } from '../testdata/agent.ts';
import { configOf, startReceiver, stopAll } from '../testdata/receiver.ts';
import receiver from './index.ts';

afterEach(async () => {
  closeAgents();
  await stopAll();
});

/** 20 s apart: cpuacct.usage from 10,000,000,000 to 20,042,190,861 ns, 16,097,280 bytes read, 600 reads. */
const running = {
  unix_time: 1_784_500_000,
  running: true,
  milli_cpu_usage: 502,
  memory_total_mb: 310,
  memory_rss_mb: 204,
  memory_limit_mb: 512,
  disk_usage_mb: 1200,
  disk_limit_mb: 20_480,
  disk_read_kbps: 786,
  disk_read_iops: 30,
  pids_current: 12,
  pids_limit: 100,
};
const unlimited = {
  ...running,
  memory_limit_mb: '8796093022207',
  pids_limit: 0,
  disk_usage_mb: -1,
  disk_limit_mb: -1,
};
const dead = { unix_time: 1_784_500_000, disk_usage_mb: 1200, disk_limit_mb: 20_480 };

describe('contract', () => {
  for (const { name, run } of checkDefinition(receiver, { config: { endpoint: '127.0.0.1:0' } })) test(name, run);
});

describe('config', () => {
  test('defaults', () =>
    expect(configOf({})).toMatchObject({ endpoint: 'localhost:8000', unlimited: 'absent', extra_tags: [] }));

  test.each([
    [{}, []],
    [{ endpoint: '0.0.0.0:8000', extra_tags: ['user-agent', 'X_Region.1'] }, []],
    [{ endpoint: '/run/mini-collector.sock', transport: 'unix' }, []],
    [{ endpoint: 'localhost' }, ['endpoint: "localhost" is not host:port, such as localhost:4317.']],
    [
      { extra_tags: ['region', ':authority'] },
      ['extra_tags.1: ":authority" is no key of metadata: letters, digits, "_", "-" and "." are allowed.'],
    ],
  ])('%j', (config, want) =>
    expect(receiver.check!(configOf(config)).map(({ path, message }) => `${path.join('.')}: ${message}`)).toEqual(want),
  );

  test('diagnose says whether the port is free', async () => {
    const { port } = await startReceiver();
    const levels = async (endpoint: string) =>
      (await receiver.diagnose!(configOf({ endpoint }))).map(({ level }) => level);
    expect(await levels(`127.0.0.1:${port}`)).toEqual(['error']);
    expect(await levels('127.0.0.1:0')).toEqual(['ok']);
  });
});

describe('a message becomes', () => {
  test.each<[string, object, object]>([
    ['running', running, {}],
    ['unlimited', unlimited, {}],
    ['unlimited-as-sent', unlimited, { unlimited: 'as_sent' }],
    ['dead', dead, {}],
    ['cpu-limit', { ...running, milli_cpu_limit: 1500 }, {}],
    ['empty', { unix_time: 1 }, {}],
  ])('%s.txt', async (name, message, config) => {
    const { port, batches } = await startReceiver({ config });
    expect(await createAgent(port).publish(message)).toEqual({ code: 0, message: '', body: Buffer.alloc(0) });
    expect(batches).toHaveLength(1);
    await expect(render(batches[0]!)).toMatchFileSnapshot(`../testdata/${name}.txt`);
  });

  test('gauges of integers at its time, of one resource', async () => {
    const { port, batches } = await startReceiver();
    const agent = createAgent(port);
    await agent.publish(running);
    await agent.publish({ ...running, unix_time: 1_784_500_030 }, { tags: { ...tags, app: 'shop', database: 'pg' } });
    await agent.publish({ ...running, unix_time: 1_784_500_030 });
    const [first, other, last] = batches.map(({ resourceMetrics }) => resourceMetrics[0]!);
    expect(last!.resource).toBe(first!.resource);
    expect(other!.resource.attributes).toEqual({ ...first!.resource.attributes, app: 'shop', database: 'pg' });
    const [metric] = last!.scopeMetrics[0]!.metrics;
    expect(metric).toMatchObject({ dataPointType: 2, descriptor: { valueType: 0 } });
    expect(metric!.dataPoints).toEqual([{ startTime: [0, 0], endTime: [1_784_500_030, 0], attributes: {}, value: 1 }]);
    expect(metric!.dataPoints[0]!.attributes).toBe(first!.scopeMetrics[0]!.metrics[1]!.dataPoints[0]!.attributes);
  });
});

test('64-bit extremes are exact; what is beyond an OTLP integer is left out and counted', async () => {
  const { port, batches, context } = await startReceiver({ config: { unlimited: 'as_sent' } });
  await createAgent(port).publish({
    ...dead,
    milli_cpu_usage: '9007199254740991',
    memory_total_mb: '9007199254740992',
    memory_rss_mb: '9223372036854775807',
    memory_limit_mb: '9223372036854775808',
    disk_usage_mb: '9223372036854775807',
    disk_limit_mb: '-9223372036854775808',
    pids_limit: '18446744073709551615',
  });
  const values = Object.fromEntries(
    batches[0]!.resourceMetrics[0]!.scopeMetrics[0]!.metrics.map(({ descriptor, dataPoints }) => [
      descriptor.name,
      dataPoints[0]!.value,
    ]),
  );
  expect(values).toMatchObject({
    milli_cpu_usage: 9_007_199_254_740_991,
    memory_total_mb: 9_007_199_254_740_992n,
    memory_rss_mb: 2n ** 63n - 1n,
    disk_usage_mb: 2n ** 63n - 1n,
  });
  for (const name of ['memory_limit_mb', 'disk_limit_mb', 'pids_limit']) expect(values).not.toHaveProperty(name);
  expect(context.dropped).toEqual({ beyond_int64: 2 });
});

describe('tags', () => {
  test('host as an HTTP header beside :authority, app with bytes beyond ASCII', async () => {
    const { port, batches } = await startReceiver({ config: { extra_tags: ['X-Region', 'trace-bin'] } });
    const session = connect(`http://127.0.0.1:${port}`);
    const stream = session.request({
      ':method': 'POST',
      ':path': '/Aggregator/Publish',
      ':authority': 'aggregator:8000',
      'content-type': 'application/grpc',
      te: 'trailers',
      environment: 'production',
      service: 'web',
      container: 'c',
      host: '3f4e9c1d8a7b',
      app: Buffer.from('größe').toString('latin1'),
      'x-region': 'eu',
      'x-other': 'ignored',
      'trace-bin': 'AQI',
      'span-bin': 'AQI',
    });
    const message = encode(running);
    stream.end(Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]));
    stream.resume();
    const trailers = await new Promise<object>((resolve) => stream.on('trailers', resolve));
    session.close();
    expect(trailers).toMatchObject({ 'grpc-status': '0' });
    expect(batches[0]!.resourceMetrics[0]!.resource.attributes).toEqual({
      environment: 'production',
      service: 'web',
      container: 'c',
      host: '3f4e9c1d8a7b',
      app: 'größe',
      'x-region': 'eu',
      'trace-bin': Buffer.from([1, 2]),
    });
  });

  test('all metadata goes with the batch where the config says so', async () => {
    const { port, batches } = await startReceiver({ config: { include_metadata: true } });
    await createAgent(port).publish(running);
    expect(batches[0]!.metadata).toMatchObject({ environment: ['production'], host_name: ['3f4e9c1d8a7b'] });
  });
});

describe('refuses', () => {
  test.each<[string, object | Buffer, object | undefined, string]>([
    ['no tags', running, {}, 'The metadata lacks environment, service, container, host (or host_name).'],
    ['a tag missing', running, { ...tags, service: [] }, 'The metadata lacks service.'],
    ['no time', { running: true }, undefined, 'unix_time is 0; it must be seconds since 1970, from 1 to 9223372036.'],
    ['a time before 1970', { unix_time: -5 }, undefined, 'unix_time is -5; it must be'],
    ['milliseconds', { unix_time: '1784500000000' }, undefined, 'unix_time is 1784500000000; it must be'],
    [
      'what is no protobuf of its',
      Buffer.from('0a0161', 'hex'),
      undefined,
      'The message cannot be read. Field 1 (unix_time): It has wire type 2, and must have 0, a varint.',
    ],
    ['what is cut off', encode(running).subarray(0, -1), undefined, 'Field 14 (pids_limit): The bytes end within'],
  ])('%s', async (_name, message, sent, want) => {
    const { port, batches } = await startReceiver();
    const given = sent && Object.fromEntries(Object.entries(sent).filter(([, value]) => typeof value === 'string'));
    const answer = await createAgent(port).publish(message, given ? { tags: given } : {});
    expect(answer.code).toBe(3);
    expect(answer.message).toContain(want);
    expect(batches).toEqual([]);
  });

  test('another method', async () => {
    const { port } = await startReceiver();
    const method = '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo';
    expect(await createAgent(port).publish(running, { method })).toMatchObject({ code: 12 });
  });

  test.each([
    [new Error('the queue is closed'), 14],
    [new RefusedError('the queue is full'), 14],
    [new ThrottleError('too much', 1000), 8],
    [new PermanentError('nobody wants it'), 13],
  ])('what the next owner does not take: %s', async (error, code) => {
    const failures = [error];
    const { port, batches } = await startReceiver({
      next: async () => {
        const failure = failures.shift();
        if (failure) throw failure;
      },
    });
    const agent = createAgent(port);
    expect(await agent.publish(running)).toMatchObject({ code, message: error.message });
    expect(batches).toEqual([]);
    expect((await agent.publish(running)).code).toBe(0);
    expect(batches.map(itemCount)).toEqual([13]);
  });
});

describe('mutual TLS', () => {
  test('agents show a certificate of the authority', async () => {
    const [authority, other] = [createAuthority(), createAuthority()];
    try {
      const server = authority.issue('aggregator');
      const { port, batches, context } = await startReceiver({
        config: {
          tls: { cert_file: server.certFile, key_file: server.keyFile, client_ca_file: authority.caFile },
        },
      });
      expect(context.lines[0]!.fields).toMatchObject({ tls: true });
      const ca = readFileSync(authority.caFile);
      const identity = (of: typeof authority, name: string) => {
        const { certFile, keyFile } = of.issue(name);
        return credentials.createSsl(ca, readFileSync(keyFile), readFileSync(certFile));
      };
      expect((await createAgent(port, identity(authority, 'agent')).publish(running)).code).toBe(0);
      const strangers = [identity(other, 'stranger'), credentials.createSsl(ca), credentials.createInsecure()];
      for (const stranger of strangers)
        expect((await createAgent(port, stranger).publish(running, { deadlineMs: 500 })).code).not.toBe(0);
      expect(batches).toHaveLength(1);
    } finally {
      authority.remove();
      other.remove();
    }
  });
});
