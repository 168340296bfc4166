import { testContext } from '@millrace/core/testing';
import { expect, test } from 'vitest';
import { encode, gauge, profile, record, spans } from '../../testdata/batches.ts';
import { exporter, insecure, running } from '../../testdata/grpc.ts';
import { grpcServer } from '../../testdata/servers.ts';

test('a partial success is counted, and its message is logged once', async () => {
  let partialSuccess: object = { rejectedDataPoints: 2, errorMessage: 'too old' };
  const server = running(
    await grpcServer((_call, reply) => reply(null, encode('ExportMetricsServiceResponse', { partialSuccess }))),
  );
  const context = testContext();
  const out = exporter(insecure(server.port), context);
  await out.consume(gauge(5));
  expect(context.dropped).toEqual({ rejected_by_backend: 2 });
  await out.consume(gauge(5));
  partialSuccess = { errorMessage: 'use the new endpoint' };
  await out.consume(gauge(5));
  expect(context.dropped).toEqual({ rejected_by_backend: 4 });
  expect(context.lines.map(({ level, fields }) => [level, fields])).toEqual([
    ['warn', { rejected: 2, said: 'too old' }],
    ['warn', { said: 'use the new endpoint' }],
  ]);
});

test.each([
  [gauge(5), 'ExportMetricsServiceResponse', 'rejectedDataPoints'],
  [record(), 'ExportLogsServiceResponse', 'rejectedLogRecords'],
  [spans(), 'ExportTraceServiceResponse', 'rejectedSpans'],
  [profile(), 'ExportProfilesServiceResponse', 'rejectedProfiles'],
])('rejected items of each signal: %#', async (batch, message, field) => {
  const partialSuccess = { [field]: 3, errorMessage: 'no' };
  const server = running(await grpcServer((_call, reply) => reply(null, encode(message, { partialSuccess }))));
  const context = testContext();
  await exporter(insecure(server.port), context).consume(batch);
  expect(context.dropped).toEqual({ rejected_by_backend: 3 });
});
