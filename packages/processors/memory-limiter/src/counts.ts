import type { Counter } from '@opentelemetry/api';
import type { Batch, Context, Signal } from '@millrace/core';
import { itemCount } from '@millrace/core';

const items: Readonly<Record<Signal, { readonly name: string; readonly unit: string; readonly text: string }>> = {
  metrics: { name: 'metric_points', unit: '{datapoint}', text: 'metric points' },
  logs: { name: 'log_records', unit: '{record}', text: 'log records' },
  traces: { name: 'spans', unit: '{span}', text: 'spans' },
  profiles: { name: 'profile_samples', unit: '{sample}', text: 'profile samples' },
};

export interface Counts {
  accepted(batch: Batch): void;
  refused(batch: Batch): void;
}

/** Under the Collector's names, a counter for each signal, made at first use. */
export function createCounts({ id, meter }: Pick<Context, 'id' | 'meter'>): Counts {
  const counters = new Map<string, Counter>();
  const count = (outcome: 'accepted' | 'refused', text: string) => (batch: Batch) => {
    const { name, unit, text: what } = items[batch.signal];
    const full = `otelcol_processor_memory_limiter_${outcome}_${name}`;
    let counter = counters.get(full);
    if (!counter) {
      counter = meter.createCounter(full, { unit, description: `Number of ${what} ${text}.` });
      counters.set(full, counter);
    }
    counter.add(itemCount(batch), { processor: id });
  };
  return {
    accepted: count('accepted', 'that the next in the pipeline has taken'),
    refused: count('refused', 'refused because memory was short'),
  };
}
