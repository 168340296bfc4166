import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Batch,
  createCollector,
  defineExporter,
  type Logger,
  metricsBatch,
  pointType,
  valueType,
} from '@millrace/core';
import fileStorage from '@millrace/extension-file-storage';
import { batchFromRequest, encode } from '@millrace/otlp';

/*
 * What a sender sees of a queue: batches of about 100 KB are pushed by 64 senders, each after the one before was acknowledged, and
 * delivered behind to an exporter that takes at once. With `file_storage`, acknowledged is on the disk. Both run in turns.
 */
const senders = 64;
const pointsEach = 470; // 100 KB
const roundMs = 1_500;
const rounds = 5;
const quiet: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

const swallow = defineExporter({
  type: 'swallow',
  description: 'Takes everything at once.',
  signals: ['metrics'],
  config: { properties: {} },
  create: () => ({ consume: async () => {} }),
});

export default async function bench(): Promise<{ rows: string[][]; json: Record<string, number> }> {
  const request = encode(points());
  const figures = { disk: [] as number[], memory: [] as number[] };
  for (let round = 0; round < rounds; round++)
    for (const kind of round % 2 === 0 ? (['disk', 'memory'] as const) : (['memory', 'disk'] as const))
      figures[kind].push(await acknowledgedPerSecond(kind, request));
  const ratios = figures.disk.map((value, round) => value / figures.memory[round]!);
  const acked = median(figures.disk);
  const json = {
    acked_per_s: Math.round(acked),
    mb_per_s: Math.round((acked * request.length) / 1e6),
    ratio_to_memory: Math.round(median(ratios) * 1000) / 1000,
    memory_acked_per_s: Math.round(median(figures.memory)),
    request_bytes: request.length,
  };
  return {
    rows: [
      ['requests acknowledged a second', 'requests', 'MB/s'],
      ['with file_storage, fsynced', String(json.acked_per_s), String(json.mb_per_s)],
      [
        'in memory',
        String(json.memory_acked_per_s),
        String(Math.round((json.memory_acked_per_s * request.length) / 1e6)),
      ],
    ],
    json,
  };
}

async function acknowledgedPerSecond(kind: 'disk' | 'memory', request: Uint8Array): Promise<number> {
  // Beside the sources, so that it is the disk that the project is on, and no tmpfs.
  const directory = mkdtempSync(join(import.meta.dirname, '.queue-'));
  const isDisk = kind === 'disk';
  const sending_queue = { queue_size: 1000, block_on_overflow: true, ...(isDisk && { storage: 'file_storage' }) };
  const collector = await createCollector(
    {
      receivers: { push: {} },
      exporters: { swallow: { sending_queue } },
      extensions: isDisk ? { file_storage: { directory } } : {},
      service: {
        extensions: isDisk ? ['file_storage'] : [],
        pipelines: { metrics: { receivers: ['push'], exporters: ['swallow'] } },
      },
    },
    { components: [swallow, fileStorage], log: quiet },
  );
  await collector.start();
  try {
    let acknowledged = 0;
    let running = true;
    const send = async (): Promise<void> => {
      while (running) {
        await collector.push(batchFromRequest('metrics', request));
        acknowledged++;
        if (!isDisk && acknowledged % senders === 0) await new Promise(setImmediate); // or nothing else would ever run
      }
    };
    const began = performance.now();
    const sending = Array.from({ length: senders }, send);
    await new Promise((resolve) => setTimeout(resolve, roundMs));
    running = false;
    const counted = acknowledged;
    const seconds = (performance.now() - began) / 1000;
    await Promise.all(sending);
    return counted / seconds;
  } finally {
    await collector.shutdown();
    rmSync(directory, { recursive: true, force: true });
  }
}

function points(): Batch {
  const time = [1_790_000_000, 0] as const;
  const dataPoints = Array.from({ length: pointsEach }, (_, value) => ({
    startTime: time,
    endTime: time,
    attributes: {
      'http.request.method': 'GET',
      'http.route': `/api/v1/items/{id}/part-${value % 20}`,
      'http.response.status_code': 200 + (value % 5),
      'server.address': `host-${value % 50}.example.com`,
      'url.scheme': 'https',
      'network.protocol.version': '1.1',
    },
    value,
  }));
  const descriptor = { name: 'http.server.requests', description: '', unit: '{request}', valueType: valueType.int };
  const metrics = [{ descriptor, dataPointType: pointType.gauge, dataPoints }];
  return metricsBatch([
    { resource: { attributes: { 'service.name': 'shop' } }, scopeMetrics: [{ scope: { name: 's' }, metrics }] },
  ]);
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;
