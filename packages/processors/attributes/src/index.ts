import { type AttributeChange, createActions } from '@millrace/attribute-actions';
import { createSelector, type Fate, type Item, rewrite } from '@millrace/attribute-actions/match';
import { defineProcessor } from '@millrace/core';
import { check, conditionsOf, config } from './config.ts';

export default defineProcessor({
  type: 'attributes',
  description: 'Changes the attributes of data points, log records and spans.',
  signals: ['metrics', 'logs', 'traces'],
  parallel: true,
  config,
  check,
  create({ actions, include, exclude }, _context, next) {
    const changeFor = createActions(actions);
    const selector = createSelector({
      include: include && conditionsOf(include),
      exclude: exclude && conditionsOf(exclude),
    });
    return {
      async consume(batch, signal) {
        if (batch.signal === 'profiles') return next.consume(batch, signal);
        const fates = { selected: changing(changeFor(batch.metadata)), others: 'stays' } as const;
        return next.consume(rewrite(batch, selector, fates) ?? batch, signal);
      },
    };
  },
});

const changing =
  (change: AttributeChange): Fate =>
  <T extends Item>(item: T): T => {
    const attributes = change(item.attributes);
    return attributes === item.attributes ? item : { ...item, attributes };
  };
