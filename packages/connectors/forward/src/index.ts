import type { AdmittingConsumer, Batch } from '@millrace/core';
import { defineConnector, fanOut, PermanentError, signals } from '@millrace/core';

export default defineConnector({
  type: 'forward',
  description: 'Passes what ends in it on to the pipelines of the same signal that begin with it.',
  signals: { metrics: ['metrics'], logs: ['logs'], traces: ['traces'], profiles: ['profiles'] },
  parallel: true,
  config: { properties: {} },
  create(_config, { id }, nexts) {
    const bySignal = Map.groupBy(nexts, ([pipeline]) => pipeline.split('/', 1)[0]);
    const nextOf = new Map<string, AdmittingConsumer>();
    for (const signal of signals) {
      const begun = bySignal.get(signal) ?? [];
      if (begun.length > 0) nextOf.set(signal, fanOut(begun.map(([, next]) => next)));
    }
    return {
      admit: (batch: Batch, signal?: AbortSignal) => nextOf.get(batch.signal)?.admit?.(batch, signal),
      async consume(batch, signal) {
        const next = nextOf.get(batch.signal);
        if (!next) throw new PermanentError(`No pipeline of ${batch.signal} begins with the connector ${id}.`);
        await next.consume(batch, signal);
      },
    };
  },
});
