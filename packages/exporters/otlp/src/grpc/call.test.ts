import { resolveConfig, systemClock } from '@millrace/core';
import { expect, test } from 'vitest';
import { answer, rawServer } from '../../testdata/servers.ts';
import { call, headOf } from './call.ts';
import { grpcConfig } from './config.ts';
import { parseEndpoint } from './endpoint.ts';
import { createSessions } from './sessions.ts';

test.each([
  [5000, '5000m'],
  [0.2, '1m'],
  [99_999_999, '99999999m'],
  [100_000_000, '100000S'],
])('a timeout of %s ms is %s on the wire', async (timeoutMs, want) => {
  const server = await rawServer((stream) => answer(stream));
  const endpoint = parseEndpoint(`localhost:${server.port}`);
  const { tls } = resolveConfig(grpcConfig, { tls: { insecure: true } });
  const { address, authority } = endpoint;
  const options = { address, host: 'localhost', secure: false, tls, keepalive: undefined, clock: systemClock };
  const sessions = createSessions(options);
  const head = { path: '/a.B/C', compression: 'none', authority, secure: false, metadata: {}, timeoutMs } as const;
  const body = { chunks: [new Uint8Array(2), new Uint8Array(1)], bytes: 3 };
  const reply = await call(sessions, { head: headOf(head), body, signal: undefined });
  expect(reply.code).toBe(0);
  expect(server.requests[0]!.headers).toMatchObject({ ':path': '/a.B/C', 'grpc-timeout': want });
  expect(server.requests[0]!.body).toEqual(Buffer.from([0, 0, 0, 0, 3, 0, 0, 0]));
  await sessions.close(AbortSignal.timeout(1000));
  await server.stop();
});
