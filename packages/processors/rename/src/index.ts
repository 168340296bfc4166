import { defineProcessor, dropCounter } from '@millrace/core';
import { check, config } from './config.ts';
import { createMapper } from './map.ts';

/** Conflicts under more names than these are counted, and no longer told. */
const namesTold = 100;

export default defineProcessor({
  type: 'rename',
  description: "Gives metrics and attributes other names and units, so that other systems' dashboards go on working.",
  signals: ['metrics'],
  parallel: true,
  config,
  check,
  create(settings, context, next) {
    const countDropped = dropCounter(context);
    const told = new Set<string>();
    const map = createMapper(settings, (metric, reason) => {
      if (told.has(metric) || told.size >= namesTold) return;
      told.add(metric);
      context.log.warn({ metric, reason }, 'Dropped a point that has no place under its new name.');
    });

    return {
      async consume(batch, signal) {
        if (batch.signal !== 'metrics') return next.consume(batch, signal);
        const mapped = map(batch);
        if (mapped.batch === batch || mapped.batch.resourceMetrics.length > 0) await next.consume(mapped.batch, signal);
        // Counted last: a batch that was refused comes again.
        countDropped(mapped.notRenamed, 'not_renamed');
        return countDropped(mapped.conflicts, 'rename_conflict');
      },
    };
  },
});
