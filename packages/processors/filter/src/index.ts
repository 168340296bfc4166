import { createSelector, rewrite } from '@millrace/attribute-actions/match';
import { defineProcessor, dropCounter, itemCount } from '@millrace/core';
import { check, config } from './config.ts';
import { blocksOf } from './conditions.ts';

export default defineProcessor({
  type: 'filter',
  description: 'Drops data points, log records and spans by their name, attributes, severity or text.',
  signals: ['metrics', 'logs', 'traces'],
  parallel: true,
  config,
  check,
  create(settings, context, next) {
    const blocks = blocksOf(settings);
    const selectors = {
      metrics: blocks.metrics && createSelector(blocks.metrics),
      logs: blocks.logs && createSelector(blocks.logs),
      traces: blocks.traces && createSelector(blocks.traces),
    };
    const countDropped = dropCounter(context);

    return {
      async consume(batch, signal) {
        const selector = batch.signal === 'profiles' ? undefined : selectors[batch.signal];
        if (batch.signal === 'profiles' || !selector) return next.consume(batch, signal);
        const passed = rewrite(batch, selector, { selected: 'stays', others: 'goes' });
        if (passed) await next.consume(passed, signal);
        // Counted last: a batch that was refused comes again.
        if (passed !== batch) countDropped(itemCount(batch) - (passed ? itemCount(passed) : 0), 'filtered');
      },
    };
  },
});
