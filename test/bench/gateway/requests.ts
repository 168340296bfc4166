import { gzipSync } from 'node:zlib';
import { ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';

/** Of one resource; a request of fewer points has one resource. */
const pointsOfResource = 200;
const pointsOfMetric = 10;

interface Wanted {
  readonly points: number;
  readonly compression: 'none' | 'gzip';
}

/** How many different requests are sent in turn. */
const variants = 8;

/**
 * Encoded metrics requests as agents send them: 200 points a resource, ten a metric, half of them counters of whole numbers and
 * half gauges, six attributes each, 213 bytes a point. The requests have the same series; times and values differ.
 */
export const requestsOf = ({ points, compression }: Wanted): Buffer[] =>
  Array.from({ length: variants }, (_, variant) => {
    const resources = Math.max(1, points / pointsOfResource);
    // The serializer takes one resource; requests put together are a request.
    const body = Buffer.concat(
      Array.from(
        { length: resources },
        (_, host) =>
          ProtobufMetricsSerializer.serializeRequest(resourceMetrics(host, { variant, points: points / resources }))!,
      ),
    );
    return compression === 'gzip' ? gzipSync(body, { level: 6 }) : body;
  });

interface Size {
  readonly variant: number;
  readonly points: number;
}

function resourceMetrics(host: number, { variant, points }: Size): ResourceMetrics {
  const time = 1_780_000_000 + variant * 10;
  const metric = (index: number): object => {
    const isCounter = index % 2 === 0;
    return {
      descriptor: {
        name: `process.${isCounter ? 'io.bytes' : 'memory.share'}.${index}`,
        description: `What the processes of a group have of number ${index}`,
        unit: isCounter ? 'By' : '1',
        valueType: isCounter ? 0 : 1,
      },
      aggregationTemporality: 1,
      dataPointType: isCounter ? 3 : 2,
      ...(isCounter && { isMonotonic: true }),
      dataPoints: Array.from({ length: pointsOfMetric }, (_, process) => ({
        startTime: [1_779_000_000, 123_000_000],
        endTime: [time, 456_000_000 + index],
        attributes: {
          'process.pid': 1000 + process * 37 + host,
          'process.executable.name': `worker-${process % 7}`,
          'process.owner': process % 3 === 0 ? 'root' : 'www-data',
          'process.command_line.group': `service-${(host + process) % 20}`,
          'container.id': `${host * 1000 + process}`.padStart(12, 'a1b2c3d4e5f6'),
          'disk.io.direction': process % 2 === 0 ? 'read' : 'write',
        },
        value: isCounter
          ? (host + 1) * 1_000_003 + process * 4096 + variant * 65_537 + index
          : (process + variant + 1) / (host + index + 7),
      })),
    };
  };
  return {
    resource: resourceFromAttributes({
      'service.name': 'agent',
      'service.instance.id': `8f14e45f-ceea-467f-a9d1-${host.toString().padStart(12, '0')}`,
      'host.name': `host-${host}.example.internal`,
      'host.arch': 'amd64',
      'os.type': 'linux',
      'cloud.availability_zone': `zone-${'abc'[host % 3]}`,
    }),
    scopeMetrics: [
      {
        scope: { name: 'millrace/procfs', version: '0.1.0' },
        metrics: Array.from({ length: points / pointsOfMetric }, (_, index) => metric(index)),
      },
    ],
  } as unknown as ResourceMetrics;
}
