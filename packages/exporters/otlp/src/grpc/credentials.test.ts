import { status as grpcStatus } from '@grpc/grpc-js';
import type { Extension } from '@millrace/core';
import { describeError, PermanentError } from '@millrace/core';
import { testContext } from '@millrace/core/testing';
import { expect, test } from 'vitest';
import { gauge } from '../../testdata/batches.ts';
import { exporter, insecure, running } from '../../testdata/grpc.ts';
import { errorOf, kindOf } from '../../testdata/outcome.ts';
import type { Handler } from '../../testdata/servers.ts';
import { grpcServer } from '../../testdata/servers.ts';

test('credentials, asked for at every request and never printed', async () => {
  const seen: unknown[] = [];
  let verdict = (reply: Parameters<Handler>[1]): void => reply(null, Buffer.alloc(0));
  const server = running(
    await grpcServer((call, reply) => {
      seen.push(call.metadata.get('authorization')[0], call.metadata.get('x-tenant')[0]);
      verdict(reply);
    }),
  );
  let times = 0;
  const extension = (id: string): Extension => {
    expect(id).toBe('bearer_token_auth/backend');
    return { credentials: async () => ({ Authorization: `Bearer t0ken-${++times}` }) };
  };
  const auth = { authenticator: 'bearer_token_auth/backend' };
  const headers = { authorization: 'old', 'X-Tenant': 'shop' };
  const out = exporter({ ...insecure(server.port), auth, headers }, testContext({ extension }));
  await out.consume(gauge());
  await out.consume(gauge());
  expect(seen).toEqual(['Bearer t0ken-1', 'shop', 'Bearer t0ken-2', 'shop']);
  verdict = (reply) => reply({ code: grpcStatus.UNAUTHENTICATED, details: 'who is t0ken-3?' });
  const error = await errorOf(out.consume(gauge()));
  expect([kindOf(error), error.message]).toEqual(['permanent', expect.stringContaining('who is [redacted]?')]);
});

test.each([
  [new Error('ENOENT'), 'retry', /127\.0\.0\.1:1: oauth gave no credentials: ENOENT/],
  [new PermanentError('no such user'), 'permanent', /no such user/],
])('no credentials: %s is %s', async (thrown, kind, want) => {
  const extension = (): Extension => ({ credentials: () => Promise.reject(thrown) });
  const out = exporter({ ...insecure(1), auth: { authenticator: 'oauth' } }, testContext({ extension }));
  const error = await errorOf(out.consume(gauge()));
  expect([kindOf(error), describeError(error)]).toEqual([kind, expect.stringMatching(want)]);
});
