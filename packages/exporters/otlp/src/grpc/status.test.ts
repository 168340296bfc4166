import { Metadata, status as grpcStatus } from '@grpc/grpc-js';
import { testContext } from '@millrace/core/testing';
import { expect, test } from 'vitest';
import { encode, gauge, profile, record, spans } from '../../testdata/batches.ts';
import { exporter, insecure, running } from '../../testdata/grpc.ts';
import { errorOf, kindOf } from '../../testdata/outcome.ts';
import { grpcServer } from '../../testdata/servers.ts';

const retryInfo = (delay?: object): Metadata => {
  const value = encode('RetryInfo', delay ? { retryDelay: delay } : {});
  const details = [{ typeUrl: 'type.googleapis.com/google.rpc.RetryInfo', value }];
  const metadata = new Metadata();
  metadata.set('grpc-status-details-bin', encode('Status', { code: 8, message: 'later', details }));
  return metadata;
};

test.each([gauge(), record(), spans(), profile()])(
  'answers have the same meaning for every signal: %#',
  async (batch) => {
    const codes = ['UNAVAILABLE', 'INVALID_ARGUMENT', 'RESOURCE_EXHAUSTED'] as const;
    const answers: (keyof typeof grpcStatus)[] = [...codes];
    const server = running(
      await grpcServer((_call, reply) =>
        reply({ code: grpcStatus[answers.shift()!], metadata: retryInfo({ seconds: 3 }) }),
      ),
    );
    const out = exporter(insecure(server.port));
    const kinds: string[] = [];
    for (let time = 0; time < codes.length; time++) kinds.push(kindOf(await errorOf(out.consume(batch))));
    expect(kinds).toEqual(['throttle 3000', 'permanent', 'throttle 3000']);
  },
);

test.each<[keyof typeof grpcStatus, string, Metadata?]>([
  ['CANCELLED', 'retry'],
  ['UNKNOWN', 'permanent'],
  ['INVALID_ARGUMENT', 'permanent'],
  ['DEADLINE_EXCEEDED', 'retry'],
  ['NOT_FOUND', 'permanent'],
  ['ALREADY_EXISTS', 'permanent'],
  ['PERMISSION_DENIED', 'permanent'],
  ['RESOURCE_EXHAUSTED', 'permanent'],
  ['RESOURCE_EXHAUSTED', 'throttle 2500', retryInfo({ seconds: 2, nanos: 500_000_000 })],
  ['RESOURCE_EXHAUSTED', 'retry', retryInfo()],
  ['FAILED_PRECONDITION', 'permanent'],
  ['ABORTED', 'retry'],
  ['OUT_OF_RANGE', 'retry'],
  ['UNIMPLEMENTED', 'permanent'],
  ['INTERNAL', 'permanent'],
  ['UNAVAILABLE', 'retry'],
  ['UNAVAILABLE', 'throttle 1000', retryInfo({ seconds: 1 })],
  ['UNAVAILABLE', 'throttle 86400000', retryInfo({ seconds: 1_784_500_000 })],
  ['DATA_LOSS', 'retry'],
  ['UNAUTHENTICATED', 'permanent'],
])('%s is %s', async (name, want, metadata) => {
  const code = grpcStatus[name];
  const server = running(
    await grpcServer((_call, reply) =>
      reply({ code, details: 'nein, 100 % für s3cret-token', ...(metadata && { metadata }) }),
    ),
  );
  const headers = { authorization: 'Bearer s3cret-token' };
  const error = await errorOf(exporter({ ...insecure(server.port), headers }).consume(gauge()));
  expect(kindOf(error)).toBe(want);
  expect(error.message).toContain(`127.0.0.1:${server.port}: `);
  expect(error.message).toContain('nein, 100 % für [redacted]');
});

test('what it says is told without secrets, in one line, and not at any length', async () => {
  const details = `no\n s3cret-token ${'y'.repeat(235)}s3cret-token ${'y'.repeat(1000)}`;
  const server = running(await grpcServer((_call, reply) => reply({ code: grpcStatus.UNAVAILABLE, details })));
  const headers = { authorization: 'Bearer s3cret-token' };
  const { message: said } = await errorOf(exporter({ ...insecure(server.port), headers }).consume(gauge()));
  expect(said).toMatch(/: Unavailable: no \[redacted\] y{235}\[redact…$/);
  const partialSuccess = { rejectedDataPoints: 2, errorMessage: details };
  const partial = running(
    await grpcServer((_call, reply) => reply(null, encode('ExportMetricsServiceResponse', { partialSuccess }))),
  );
  const context = testContext();
  await exporter({ ...insecure(partial.port), headers }, context).consume(gauge(5));
  expect((context.lines[0]!.fields as { said: string }).said).toMatch(/^no \[redacted\] y{235}\[redact…$/);
});
