import { defineProcessor, dropCounter, itemCount } from '@millrace/core';
import { check, config } from './config.ts';
import { createConverter } from './convert.ts';

export default defineProcessor({
  type: 'cumulative_to_delta',
  aliases: ['cumulativetodelta'],
  description: 'Turns cumulative counters and histograms into deltas.',
  signals: ['metrics'],
  config,
  check,
  create(settings, context, next) {
    const countDropped = dropCounter(context);
    const convert = createConverter(settings, context.clock);

    return {
      async consume(batch, signal) {
        if (batch.signal !== 'metrics') return next.consume(batch, signal);
        const { converted, dropped, commit, undo } = convert(batch);
        try {
          if (converted === batch || itemCount(converted) > 0) await next.consume(converted, signal);
        } catch (error) {
          undo();
          throw error;
        }
        commit();
        for (const [reason, points] of dropped) countDropped(points, reason);
      },
    };
  },
});
