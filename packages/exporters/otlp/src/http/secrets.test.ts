import type { Extension } from '@millrace/core';
import { testContext } from '@millrace/core/testing';
import { expect, test } from 'vitest';
import { gauge } from '../../testdata/batches.ts';
import { backend, exporter } from '../../testdata/http.ts';
import { errorOf, kindOf } from '../../testdata/outcome.ts';

test('credentials, asked for at every request and never printed', async () => {
  let status = 200;
  const { endpoint, received } = await backend((response) => void response.writeHead(status).end('who is t0ken-3?'));
  let times = 0;
  const extension = (): Extension => ({ credentials: () => ({ Authorization: `Bearer t0ken-${++times}` }) });
  const out = exporter({ endpoint, auth: { authenticator: 'oauth' } }, testContext({ extension }));
  await out.consume(gauge());
  await out.consume(gauge());
  expect(received.map(({ request }) => request.headers.authorization)).toEqual(['Bearer t0ken-1', 'Bearer t0ken-2']);
  status = 401;
  const error = await errorOf(out.consume(gauge()));
  expect([kindOf(error), error.message]).toEqual(['permanent', expect.stringContaining('who is [redacted]?')]);
});

test('a password or a key in the URL is not in the error', async () => {
  const { endpoint } = await backend((response) => void response.writeHead(403).end());
  const url = endpoint.replace('http://', 'http://me:s3cret@');
  const error = await errorOf(exporter({ metrics_endpoint: `${url}/in?key=s3cret` }).consume(gauge()));
  expect(error.message).toBe(`${endpoint}/in: HTTP status 403`);
});

test('nor if the server repeats them', async () => {
  const { endpoint } = await backend((response) => void response.writeHead(403).end('no: pass-s3cret key-s3cret'));
  const url = endpoint.replace('http://', 'http://me:pass-s3cret@');
  const error = await errorOf(exporter({ metrics_endpoint: `${url}/in?key=key-s3cret` }).consume(gauge()));
  expect(error.message).toBe(`${endpoint}/in: HTTP status 403: no: [redacted] [redacted]`);
});

test('nor are they in what is said of several endpoints', async () => {
  const { endpoint } = await backend((response) => void response.writeHead(503).end());
  const takes = await backend();
  const endpoints = [endpoint, endpoint, takes.endpoint].map(
    (one, at) => `${one.replace('http://', 'http://me:s3cret@')}/?key=s3cret${at}`,
  );
  const context = testContext();
  const out = exporter({ endpoints, load_balancing: {} }, context);
  await out.consume(gauge());
  expect(takes.received).toHaveLength(1);
  expect(context.lines.map(({ fields }) => (fields as { endpoint: string }).endpoint)).toEqual([
    `${endpoint}/v1/metrics`,
    `${endpoint}/v1/metrics (2)`,
  ]);
  expect(JSON.stringify(context.lines)).not.toContain('s3cret');
});
