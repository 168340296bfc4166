import { createRequire } from 'node:module';
import type { Meter } from '@opentelemetry/api';
import type { LogsBatch, MetricsBatch } from '@millrace/core';
import { logsBatch, metricsBatch } from '@millrace/core';
import protobuf from 'protobufjs';

const otlp = createRequire(import.meta.url).resolve('@millrace/otlp/package.json');
const root = protobuf.loadSync(otlp.replace('package.json', 'testdata/otlp.proto'));

export const encode = (message: string, object: object): Buffer =>
  Buffer.from(root.lookupType(message).encode(root.lookupType(message).fromObject(object)).finish());

export const decode = (message: string, bytes: Uint8Array): Readonly<Record<string, unknown>> =>
  root.lookupType(message).toObject(root.lookupType(message).decode(bytes), { longs: String });

/** A gauge with so many points. */
export const gauge = (points = 1): MetricsBatch =>
  metricsBatch([
    {
      resource: { attributes: { 'service.name': 'shop' } },
      scopeMetrics: [
        {
          scope: { name: 'test' },
          metrics: [
            {
              descriptor: { name: 'queue.size', description: '', unit: '{item}', valueType: 0 },
              dataPointType: 2,
              dataPoints: Array.from({ length: points }, (_, value) => ({
                startTime: [0, 0],
                endTime: [1_784_500_000, 0],
                attributes: { queue: `q${value}` },
                value,
              })),
            },
          ],
        },
      ],
    },
  ]);

export const record = (body = 'It rains.'): LogsBatch =>
  logsBatch([
    {
      resource: { attributes: {} },
      scopeLogs: [{ scope: { name: 'test' }, logRecords: [{ observedTime: [1_784_500_000, 0], body, attributes: {} }] }],
    },
  ]);

/** A meter that keeps what the dropped items' counter was given. */
export function countingMeter(): { meter: Meter; drops: [number, unknown][] } {
  const drops: [number, unknown][] = [];
  const createCounter = (): object => ({ add: (items: number, attributes: unknown) => drops.push([items, attributes]) });
  return { meter: { createCounter } as unknown as Meter, drops };
}
