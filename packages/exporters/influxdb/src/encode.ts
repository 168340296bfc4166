import type { Batch } from '@millrace/core';
import { hrTime, PermanentError } from '@millrace/core';
import type { Config } from './config.ts';
import type { DropReason, LinesOptions, Precision } from './line/lines.ts';
import { createLines, createScratch } from './line/lines.ts';
import type { Part } from './line/part.ts';
import { tagCache } from './line/tags.ts';
import { writeLogs } from './logs.ts';
import { otelV1 } from './metrics/otel-v1.ts';
import { prometheusV1, prometheusV2 } from './metrics/prometheus.ts';
import type { WriteMetrics } from './metrics/schema.ts';
import { singleMeasurement } from './metrics/single-measurement.ts';
import { writeSpans } from './spans.ts';

const schemas: Readonly<Record<Config['metrics_schema'], (config: Config) => WriteMetrics>> = {
  'telegraf-prometheus-v1': () => prometheusV1,
  'telegraf-prometheus-v2': () => prometheusV2,
  'otel-v1': () => otelV1,
  'single-measurement': singleMeasurement,
};

/** The unit of a request's times. Log records and spans keep their nanoseconds, as InfluxDB tells them apart by these. */
export const precisionOf = (batch: Batch, { precision }: Pick<Config, 'precision'>): Precision =>
  batch.signal === 'metrics' ? precision : 'ns';

/** What is to be sent of a batch, in parts of a request each. What cannot be written is counted. */
export type Encode = (batch: Batch) => readonly Part[];

export function encoder(
  config: Config,
  { drop, now }: { drop(items: number, reason: DropReason): void; now(): number },
): Encode {
  const tags = tagCache();
  const writeMetrics = schemas[config.metrics_schema](config);
  const options: Omit<LinesOptions, 'precision'> = {
    unsigned: !config.v1_compatibility.enabled,
    maxLines: config.payload_max_lines,
    maxBytes: config.payload_max_bytes,
    scratch: createScratch(),
    drop,
  };
  return (batch) => {
    const lines = createLines({ ...options, precision: precisionOf(batch, config) });
    switch (batch.signal) {
      case 'metrics':
        for (const measured of batch.resourceMetrics) writeMetrics(measured, { lines, tags, drop });
        break;
      case 'logs':
        writeLogs(batch, { lines, dimensions: config.log_record_dimensions, now: hrTime(now()) });
        break;
      case 'traces':
        writeSpans(batch, { lines, dimensions: config.span_dimensions });
        break;
      case 'profiles':
        throw new PermanentError('InfluxDB takes no profiles.');
    }
    return lines.parts();
  };
}
