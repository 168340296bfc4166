import { defineProcessor } from '@millrace/core';
import { check, config, memoryLimit } from '@millrace/memory-limit';
import { createCounts } from './counts.ts';

export default defineProcessor({
  type: 'memory_limiter',
  description: 'Refuses data while memory is short, so that its senders come back later.',
  signals: ['metrics', 'logs', 'traces', 'profiles'],
  parallel: true,
  config,
  check,
  create(settings, context, next) {
    const limit = memoryLimit(settings, context);
    const counts = createCounts(context);
    return {
      start: async () => limit.start(),
      shutdown: async () => limit.shutdown(),
      async consume(batch, signal) {
        try {
          limit.admit(0); // the batch is held already, and so counted
        } catch (error) {
          counts.refused(batch);
          throw error;
        }
        await next.consume(batch, signal);
        counts.accepted(batch);
      },
    };
  },
});
