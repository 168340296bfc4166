import type { Batch } from '@millrace/core';
import { defineProcessor, dropCounter, itemCount } from '@millrace/core';
import { check, config } from './config.ts';
import { logsFilter } from './logs.ts';
import { metricsFilter } from './metrics.ts';

export default defineProcessor({
  type: 'filter',
  description: 'Drops data points and log records by their name, attributes, severity or text.',
  signals: ['metrics', 'logs'],
  config,
  check,
  create({ metrics, logs }, context, next) {
    const filterMetrics = metrics && metricsFilter(metrics);
    const filterLogs = logs && logsFilter(logs);
    const countDropped = dropCounter(context);

    function passing(batch: Batch): Batch {
      if (batch.signal === 'metrics') return filterMetrics ? filterMetrics(batch) : batch;
      return filterLogs ? filterLogs(batch) : batch;
    }

    return {
      async consume(batch, signal) {
        const passed = passing(batch);
        if (passed === batch) return next.consume(batch, signal);
        const items = itemCount(passed);
        if (items > 0) await next.consume(passed, signal);
        // Counted last: a batch that was refused comes again.
        return countDropped(itemCount(batch) - items, 'filtered');
      },
    };
  },
});
