import { copyFileSync, readFileSync } from 'node:fs';
import { createServer as createSecureServer } from 'node:https';
import { describeError, resolveConfig } from '@millrace/core';
import type { Authority } from '@millrace/core/testing';
import { createAuthority } from '@millrace/core/testing';
import { createPoster } from '@millrace/http-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { gauge } from '../../testdata/batches.ts';
import type { Received } from '../../testdata/http.ts';
import { exporter, keeping, serve } from '../../testdata/http.ts';
import { errorOf, kindOf } from '../../testdata/outcome.ts';
import { otlpHttp } from './exporter.ts';

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

test('trust, and client certificates that are read again at each connection', async () => {
  const { certFile, keyFile } = authority.issue('server');
  const files = { cert: readFileSync(certFile), key: readFileSync(keyFile), ca: readFileSync(authority.caFile) };
  const received: Received[] = [];
  const handle = keeping(received, (response) => void response.end());
  const endpoint = `https://localhost:${await serve(createSecureServer({ ...files, requestCert: true }, handle))}`;

  const tls = {
    ca_file: authority.caFile,
    cert_file: authority.file('used.pem'),
    key_file: authority.file('used.key'),
  };
  const use = (issued: { certFile: string; keyFile: string }): void => {
    copyFileSync(issued.certFile, tls.cert_file);
    copyFileSync(issued.keyFile, tls.key_file);
  };
  use(other.issue('client'));
  const out = exporter({ endpoint, tls, disable_keep_alives: true });
  await out.start?.();
  expect(kindOf(await errorOf(out.consume(gauge())))).toBe('retry');
  use(authority.issue('client'));
  await out.consume(gauge());
  expect(received).toHaveLength(1);

  const named = `https://${new URL(endpoint).host.replace('localhost', 'server')}/v1/metrics`;
  const poster = createPoster({
    tls: resolveConfig(otlpHttp.config, { tls }).tls,
    maxPerHost: 0,
    idleTimeoutMs: 1000,
    keepAlive: true,
    proxy: undefined,
  });
  const url = new URL(named);
  const body = { chunks: [Buffer.from('x')], bytes: 1 };
  const address = { host: '127.0.0.1', port: Number(url.port) };
  expect((await poster.post({ url, address, headers: {}, body, signal: undefined })).status).toBe(200);
  expect(received.at(-1)!.request.headers.host).toBe(url.host);
  await poster.close(AbortSignal.timeout(100));

  const mistrusted = await errorOf(exporter({ endpoint, tls: { ca_file: other.caFile } }).consume(gauge()));
  expect(describeError(mistrusted)).toMatch(/no answer: .*certificate/);
  const unread = await errorOf(exporter({ endpoint, tls: { ca_file: '/nowhere/ca.pem' } }).consume(gauge()));
  expect(describeError(unread)).toMatch(/tls\.ca_file cannot be read: ENOENT/);
  const unstarted = await errorOf(exporter({ endpoint, tls: { ca_file: '/nowhere/ca.pem' } }).start!());
  expect(kindOf(unstarted)).toBe('permanent');
});
