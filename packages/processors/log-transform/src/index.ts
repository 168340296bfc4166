import { defineProcessor } from '@millrace/core';
import { checkOperators, operatorsSchema } from '@millrace/log-operators';
import { createTransform } from './transform.ts';

export default defineProcessor({
  type: 'log_transform',
  aliases: ['logstransform'],
  description: 'Parses and rearranges log records.',
  signals: ['logs'],
  parallel: true,
  config: { properties: { operators: operatorsSchema }, required: ['operators'] },
  check: ({ operators }) => checkOperators(operators, ['operators']),
  create({ operators }, context, next) {
    const transform = createTransform(operators, context);
    return {
      async consume(batch, signal) {
        if (batch.signal !== 'logs') return next.consume(batch, signal);
        const { batch: transformed, count } = transform(batch);
        if (transformed.resourceLogs.length > 0) await next.consume(transformed, signal);
        // Counted last: a batch that was refused comes again.
        return count();
      },
    };
  },
});
