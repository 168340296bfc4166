import { copyFileSync, readFileSync } from 'node:fs';
import type { ServerHttp2Stream } from 'node:http2';
import { createSecureServer } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { createServer as createTlsServer } from 'node:tls';
import { ServerCredentials } from '@grpc/grpc-js';
import { describeError, resolveConfig } from '@millrace/core';
import type { Authority } from '@millrace/core/testing';
import { createAuthority } from '@millrace/core/testing';
import { proveTls } from '@millrace/http-client';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { gauge } from '../../testdata/batches.ts';
import { exporter, running, takes } from '../../testdata/grpc.ts';
import { errorOf, kindOf } from '../../testdata/outcome.ts';
import { answer, grpcServer, listen } from '../../testdata/servers.ts';
import { otlp } from './exporter.ts';

let authority: Authority;
let other: Authority;
beforeAll(() => {
  authority = createAuthority();
  other = createAuthority();
});
afterAll(() => {
  authority.remove();
  other.remove();
});

function credentials(clients?: Authority): ServerCredentials {
  const { certFile, keyFile } = authority.issue('server.example');
  const pair = { cert_chain: readFileSync(certFile), private_key: readFileSync(keyFile) };
  return ServerCredentials.createSsl(clients ? readFileSync(clients.caFile) : null, [pair], clients !== undefined);
}

test('is the default, and trusts only the authority it is told of', async () => {
  const server = running(await grpcServer(takes, { credentials: credentials() }));
  const endpoint = `localhost:${server.port}`;
  const out = exporter({ endpoint, tls: { ca_file: authority.caFile } });
  await out.start?.();
  await out.consume(gauge());
  await exporter({ endpoint: `127.0.0.1:${server.port}`, tls: { ca_file: authority.caFile } }).consume(gauge());
  await exporter({ endpoint: `https://${endpoint}`, tls: { insecure: true, insecure_skip_verify: true } }).consume(
    gauge(),
  );
  await exporter({ endpoint, tls: { ca_file: authority.caFile, server_name_override: 'server.example' } }).consume(
    gauge(),
  );
  for (const tls of [
    {},
    { ca_file: other.caFile },
    { ca_file: authority.caFile, server_name_override: 'wrong.example' },
  ]) {
    const error = await errorOf(exporter({ endpoint, tls }).consume(gauge()));
    expect(kindOf(error)).toBe('retry');
    expect(error.message).toMatch(/certificate|altnames/);
  }
});

test('the server is told the name that is wanted (SNI), but never an address', async () => {
  const names: string[] = [];
  const server = createTlsServer({
    SNICallback: (name, reply) => (names.push(name), reply(new Error('No such name.'))),
  });
  server.on('tlsClientError', () => {});
  const port = await listen(server);
  onTestFinished(() => void server.close());
  for (const host of ['localhost', '127.0.0.1'])
    expect(kindOf(await errorOf(exporter({ endpoint: `${host}:${port}` }).consume(gauge())))).toBe('retry');
  const tls = { server_name_override: 'otlp.example' };
  await errorOf(exporter({ endpoint: `127.0.0.1:${port}`, tls }).consume(gauge()));
  expect(names).toEqual(['localhost', 'otlp.example']);
});

test('a server without TLS', async () => {
  const server = running(await grpcServer(takes));
  const error = await errorOf(exporter({ endpoint: `127.0.0.1:${server.port}` }).consume(gauge()));
  expect(kindOf(error)).toBe('retry');
  expect(error.message).toContain('set tls.insecure to true');
});

test('client certificates, read again at each connection', async () => {
  const server = await grpcServer(takes, { credentials: credentials(authority) });
  const [good, bad] = [authority.issue('client'), other.issue('client')];
  const tls = {
    ca_file: authority.caFile,
    cert_file: authority.file('used.pem'),
    key_file: authority.file('used.key'),
  };
  const use = ({ certFile, keyFile }: { certFile: string; keyFile: string }): void => {
    copyFileSync(certFile, tls.cert_file);
    copyFileSync(keyFile, tls.key_file);
  };
  running(server);
  use(bad);
  const out = exporter({ endpoint: `localhost:${server.port}`, tls });
  await out.start?.();
  expect(kindOf(await errorOf(out.consume(gauge())))).toBe('retry');
  use(good);
  await out.consume(gauge());
});

test('certificates as text, versions and cipher suites', async () => {
  const { certFile, keyFile } = authority.issue('server.example');
  const seen: string[] = [];
  const server = createSecureServer({
    cert: readFileSync(certFile),
    key: readFileSync(keyFile),
    ca: readFileSync(authority.caFile),
    requestCert: true,
  });
  server.on('stream', (stream: ServerHttp2Stream) => {
    const socket = stream.session!.socket as TLSSocket;
    seen.push(`${socket.getProtocol()} ${socket.getCipher().standardName} ${socket.authorized}`);
    stream.on('data', () => {}).on('end', () => answer(stream));
  });
  const port = await listen(server);
  onTestFinished(() => void server.close());
  const client = authority.issue('client');
  const tls = {
    ca_pem: readFileSync(authority.caFile, 'utf8'),
    cert_pem: readFileSync(client.certFile, 'utf8'),
    key_pem: readFileSync(client.keyFile, 'utf8'),
  };
  const endpoint = `localhost:${port}`;
  await exporter({ endpoint, tls }).consume(gauge());
  await exporter({ endpoint, tls: { ...tls, max_version: '1.2', include_system_ca_certs_pool: true } }).consume(
    gauge(),
  );
  const cipher_suites = [
    'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
    'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA',
  ] as const;
  for (const suite of cipher_suites)
    await exporter({ endpoint, tls: { ...tls, max_version: '1.2', cipher_suites: [suite] } }).consume(gauge());
  await exporter({ endpoint, tls: { ...tls, min_version: '1.3', cipher_suites } }).consume(gauge());
  expect(seen.map((line) => line.replace(/ TLS_(?!ECDHE_ECDSA_WITH_(CHACHA|AES_128_CBC))\S+/, ' any'))).toEqual([
    'TLSv1.3 any true',
    'TLSv1.2 any true',
    'TLSv1.2 TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 true',
    'TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA true',
    'TLSv1.3 any true',
  ]);
  expect(
    kindOf(await errorOf(exporter({ endpoint, tls: { include_system_ca_certs_pool: true } }).consume(gauge()))),
  ).toBe('retry');
});

test('every cipher suite is one that can be had', () => {
  const cipher_suites = otlp.config.properties.tls.properties.cipher_suites.items.enum;
  for (const suite of cipher_suites)
    proveTls(resolveConfig(otlp.config, { endpoint: 'a:1', tls: { cipher_suites: [suite] } }).tls);
});

test('files that are not there end the start', async () => {
  const error = await errorOf(exporter({ endpoint: 'localhost:1', tls: { ca_file: '/nowhere/ca.pem' } }).start!());
  expect(kindOf(error)).toBe('permanent');
  expect(describeError(error)).toMatch(/tls\.ca_file cannot be read: ENOENT.*\/nowhere\/ca\.pem/);
});
