import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { decode, gauge } from '../../testdata/batches.ts';
import { exporter, insecure, running } from '../../testdata/grpc.ts';
import { answer, rawServer } from '../../testdata/servers.ts';

const decompress = { gzip: gunzipSync, zstd: zstdDecompressSync, none: (bytes: Buffer) => bytes } as const;

test.each(['gzip', 'zstd', 'none'] as const)('compression %s', async (compression) => {
  const server = running(await rawServer((stream) => answer(stream)));
  await exporter({ ...insecure(server.port), compression }).consume(gauge(100));
  const { headers, body } = server.requests[0]!;
  expect(headers).toMatchObject({ 'content-type': 'application/grpc+proto', te: 'trailers' });
  expect(headers['user-agent']).toMatch(/^millrace\/\d+\.\d+\.\d+$/);
  expect(headers['grpc-encoding']).toBe(compression === 'none' ? undefined : compression);
  expect(body[0]).toBe(compression === 'none' ? 0 : 1);
  expect(body.readUInt32BE(1)).toBe(body.length - 5);
  expect(decode('ExportMetricsServiceRequest', decompress[compression](body.subarray(5)))).toMatchObject({
    resourceMetrics: [{ scopeMetrics: [{ metrics: [{ gauge: { dataPoints: { length: 100 } } }] }] }],
  });
});

test('a higher level makes it smaller', async () => {
  const server = running(await rawServer((stream) => answer(stream)));
  const batch = gauge(500);
  for (const compression of ['gzip', 'zstd'] as const)
    for (const level of [1, 9])
      await exporter({ ...insecure(server.port), compression, compression_params: { level } }).consume(batch);
  const [gzip1, gzip9, zstd1, zstd9] = server.requests.map(({ body }) => body.length);
  expect(gzip9).toBeLessThan(gzip1!);
  expect(zstd9).toBeLessThan(zstd1!);
});
