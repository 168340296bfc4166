import type { Context } from '@millrace/core';

export interface Counters {
  sent(items: number): void;
  bySize(): void;
  byTimeout(): void;
}

/** Under the names of the OpenTelemetry Collector's batch processor, so that its dashboards work. */
export function createCounters({ id, meter }: Context): Counters {
  const attributes = { processor: id };
  const sizes = meter.createHistogram('otelcol_processor_batch_batch_send_size', {
    unit: '{item}',
    description: 'Number of items in the batches that were sent.',
    advice: {
      explicitBucketBoundaries: [10, 50, 100, 250, 500, 1000, 2000, 4000, 8000, 10_000, 20_000, 50_000, 100_000],
    },
  });
  const size = meter.createCounter('otelcol_processor_batch_batch_size_trigger_send', {
    unit: '{batch}',
    description: 'Number of batches that were sent because they were full.',
  });
  const timeout = meter.createCounter('otelcol_processor_batch_timeout_trigger_send', {
    unit: '{batch}',
    description: 'Number of times that a batch was sent because its time was up.',
  });
  return {
    sent: (items) => sizes.record(items, attributes),
    bySize: () => size.add(1, attributes),
    byTimeout: () => timeout.add(1, attributes),
  };
}
