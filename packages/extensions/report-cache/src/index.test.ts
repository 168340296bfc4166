import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect } from 'node:http2';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { credentials } from '@grpc/grpc-js';
import bearer from '@millrace/extension-bearer-token-auth';
import { resolveConfig } from '@millrace/core';
import { type Authority, checkDefinition, createAuthority, testContext } from '@millrace/core/testing';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { report } from '../testdata/batches.ts';
import { closeClients, grpcClient } from '../testdata/clients.ts';
import { configOf, startCache, stopAll } from '../testdata/server.ts';
import extension from './index.ts';

afterEach(async () => {
  closeClients();
  await stopAll();
});

describe('contract', () => {
  for (const { name, run } of checkDefinition(extension, { config: { endpoint: '127.0.0.1:0' } })) test(name, run);
});

describe('config', () => {
  test('an endpoint that is none is told', () => {
    expect(extension.check!(configOf({ endpoint: 'localhost' }))).toMatchObject([{ path: ['endpoint'] }]);
    expect(extension.check!(configOf({ endpoint: '/run/reports.sock', transport: 'unix' }))).toEqual([]);
  });

  test('diagnose says whether the port is free', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await extension.diagnose!(configOf({ endpoint: `127.0.0.1:${port}` }))).toMatchObject([{ level: 'error' }]);
    server.close();
  });

  test('a port that is taken ends the start', async () => {
    const { port } = await startCache();
    await expect(startCache({ endpoint: `127.0.0.1:${port}` })).rejects.toThrow('something else listens there');
  });

  test('before the start nothing is taken', async () => {
    const instance = extension.create(configOf(), testContext());
    await expect(instance.report!(report('a'))).rejects.toThrow('has not started');
  });
});

describe('a bearer token', () => {
  const auth = bearer.create(resolveConfig(bearer.config, { token: 'let me in' }), testContext());
  const start = () => startCache({ auth: { authenticator: 'bearer_token_auth' } }, { extension: () => auth });

  test('is asked for over gRPC', async () => {
    const running = await start();
    await running.report(report('a'));
    const client = grpcClient(running.port);
    await expect(client.call('Latest')).rejects.toMatchObject({ code: 16 });
    await expect(client.pull({ clusterId: 'a' })).rejects.toMatchObject({ code: 16 });
    expect(await client.subscribe({ after: 0 }, { token: 'no' }).ended).toMatchObject({ code: 16 });
    expect((await client.call('Latest', {}, { token: 'let me in' }))['reports']).toHaveLength(1);
    expect(await client.subscribe({ after: 0 }, { token: 'let me in' }).until(1)).toHaveLength(1);
  });

  test('is asked for over HTTP, before anything else is told', async () => {
    const { port } = await start();
    const status = async (path: string, authorization?: string): Promise<number> =>
      (await fetch(`http://127.0.0.1:${port}${path}`, { headers: authorization ? { authorization } : {} })).status;
    for (const path of ['/v1/reports', '/v1/reports/a', '/v1/subscribe', '/v1/commands', '/nothing'])
      expect([path, await status(path)]).toEqual([path, 401]);
    expect(await status('/v1/reports', 'Bearer no')).toBe(401);
    expect(await status('/v1/reports', 'Bearer let me in')).toBe(200);
  });

  test('an extension that could let nobody in keeps it from starting', async () => {
    await expect(startCache({ auth: { authenticator: 'x' } }, { extension: () => ({}) })).rejects.toThrow(
      'does not check who sends',
    );
  });
});

describe('mutual TLS', () => {
  let authority: Authority;
  let ca: Buffer;
  const tls = () => {
    const { certFile, keyFile } = authority.issue('cache');
    return { cert_file: certFile, key_file: keyFile, client_ca_file: authority.caFile };
  };
  const identity = (of: Authority) => {
    const { certFile, keyFile } = of.issue('client');
    return { cert: readFileSync(certFile), key: readFileSync(keyFile) };
  };
  beforeAll(() => {
    authority = createAuthority();
    ca = readFileSync(authority.caFile);
  });
  afterAll(() => authority.remove());

  const getStatus = (port: number, own: object): Promise<number | string> =>
    new Promise((resolve) => {
      const options = { host: '127.0.0.1', servername: 'localhost', port, path: '/v1/reports', agent: false } as const;
      const sent = request({ ...options, ca, ...own }, (response) => {
        response.resume();
        resolve(response.statusCode!);
      });
      sent.on('error', () => resolve('refused'));
      sent.end();
    });

  test('lets in who shows a certificate of the authority, on one port over both protocols', async () => {
    const running = await startCache({ tls: tls() });
    await running.report(report('a'));
    const { cert, key } = identity(authority);
    const client = grpcClient(running.port, credentials.createSsl(ca, key, cert));
    expect((await client.call('Latest'))['reports']).toHaveLength(1);
    expect(await client.subscribe({ after: 0 }).until(1)).toHaveLength(1);
    expect(await getStatus(running.port, { cert, key })).toBe(200);
    for (const ALPNProtocols of [['http/1.1'], ['h2', 'http/1.1']])
      expect(await getStatus(running.port, { cert, key, ALPNProtocols })).toBe(200);
  });

  test('keeps others out', async () => {
    const running = await startCache({ tls: tls() });
    const other = createAuthority();
    expect(await getStatus(running.port, {})).toBe('refused');
    expect(await getStatus(running.port, identity(other))).toBe('refused');
    await expect(
      grpcClient(running.port, credentials.createSsl(ca)).call('Latest', {}, { deadlineMs: 500 }),
    ).rejects.toMatchObject({
      code: expect.any(Number) as number,
    });
    other.remove();
  });

  test('does not speak in the clear', async () => {
    const { port } = await startCache({ tls: tls() });
    const session = connect(`http://127.0.0.1:${port}`);
    session.on('error', () => {});
    await once(session, 'close');
    await expect(fetch(`http://127.0.0.1:${port}/v1/reports`)).rejects.toThrow('fetch failed');
  });
});
