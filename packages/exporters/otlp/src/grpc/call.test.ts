import { systemClock } from '@millrace/core';
import { expect, test } from 'vitest';
import { answer, rawServer } from '../../testdata/servers.ts';
import { call } from './call.ts';
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
  const tls = { insecure: true, insecure_skip_verify: false, min_version: '1.2' } as const;
  const sessions = createSessions({ endpoint, secure: false, tls, keepalive: undefined, clock: systemClock });
  const reply = await call(sessions, {
    path: '/a.B/C',
    message: new Uint8Array(),
    compression: 'none',
    authority: endpoint.authority,
    secure: false,
    metadata: {},
    signal: undefined,
    timeoutMs,
  });
  expect(reply.code).toBe(0);
  expect(server.requests[0]!.headers).toMatchObject({ ':path': '/a.B/C', 'grpc-timeout': want });
  await sessions.close(AbortSignal.timeout(1000));
  await server.stop();
});
