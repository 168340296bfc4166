import { defineProcessor } from '@millrace/core';
import { createRegroup } from './regroup.ts';

export default defineProcessor({
  type: 'group_by_attributes',
  aliases: ['groupbyattrs'],
  description: 'Makes attributes of data points, log records and spans those of resources of their own.',
  signals: ['metrics', 'logs', 'traces'],
  parallel: true,
  config: {
    properties: {
      keys: {
        type: 'array',
        default: [],
        description: 'The attributes that move to the resource. Without any, only what is the same is put together.',
        items: { type: 'string', minLength: 1, description: 'The name of one.' },
      },
    },
  },
  create({ keys }, _context, next) {
    const regroup = createRegroup(keys);
    return {
      consume: (batch, signal) => next.consume(batch.signal === 'profiles' ? batch : regroup(batch), signal),
    };
  },
});
