import { afterEach, describe, expect, test } from 'vitest';
import { post } from '../../testdata/clients.ts';
import { startReceiver, stopAllClean } from '../../testdata/receiver.ts';
import { metricsRequest } from '../../testdata/requests.ts';

afterEach(stopAllClean);

const request = metricsRequest(3);

describe('CORS', () => {
  const cors = {
    allowed_origins: ['https://*.example.com', 'http://localhost:3000'],
    allowed_headers: ['X-Tenant'],
    exposed_headers: ['x-gateway'],
    max_age: 7200,
  };
  const preflight = (port: number, origin: string, headers = '') =>
    post(port, Buffer.alloc(0), {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        ...(headers && { 'access-control-request-headers': headers }),
      },
    });

  test.each([
    ['https://shop.example.com', 'content-type, x-tenant', true],
    ['http://localhost:3000', '', true],
    ['https://example.com', '', false],
    ['https://shop.example.com.evil.org', '', false],
    ['http://shop.example.com', '', false],
    ['https://shop.example.com', 'content-type, x-other', false],
  ])('a page of %s that wants to send %j: %s', async (origin, headers, allowed) => {
    const { http } = await startReceiver({ http: { cors } });
    const reply = await preflight(http, origin, headers);
    expect(reply.status).toBe(204);
    expect(reply.headers['access-control-allow-origin']).toBe(allowed ? origin : undefined);
    expect(reply.headers['access-control-allow-methods']).toBe(allowed ? 'POST' : undefined);
    expect(reply.headers['access-control-max-age']).toBe(allowed ? '7200' : undefined);
    if (allowed && headers) expect(reply.headers['access-control-allow-headers']).toBe(headers);
  });

  test('the answers to requests say it too', async () => {
    const { http } = await startReceiver({ http: { cors } });
    const reply = await post(http, request, { headers: { origin: 'https://a.example.com' } });
    expect(reply.headers).toMatchObject({
      'access-control-allow-origin': 'https://a.example.com',
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'x-gateway',
      vary: 'Origin',
    });
    const other = await post(http, request, { headers: { origin: 'https://evil.org' } });
    expect(other.status).toBe(200);
    expect(other.headers['access-control-allow-origin']).toBeUndefined();
  });

  test('any origin, without credentials, and any header', async () => {
    const { http } = await startReceiver({ http: { cors: { allowed_origins: ['*'], allowed_headers: ['*'] } } });
    const { headers } = await preflight(http, 'https://evil.org', 'x-any');
    expect(headers).toMatchObject({ 'access-control-allow-origin': '*', 'access-control-allow-headers': 'x-any' });
    expect(headers['access-control-allow-credentials']).toBeUndefined();
  });

  test('without cors there is none', async () => {
    const { http } = await startReceiver();
    const reply = await preflight(http, 'https://shop.example.com');
    expect(reply.status).toBe(405);
    expect(reply.headers['access-control-allow-origin']).toBeUndefined();
  });
});
