import type { Batch } from '@millrace/core';
import {
  cutBatch,
  defineProcessor,
  itemCount,
  partitionKey,
  PermanentError,
  pickMetadata,
  RefusedError,
} from '@millrace/core';
import type { PartBuffer } from './buffer.ts';
import { createBuffer } from './buffer.ts';
import { createSender } from './sender.ts';

export default defineProcessor({
  type: 'batch',
  description: 'Gathers small batches into larger ones, and cuts those that are too large.',
  signals: ['metrics', 'logs', 'traces'],
  parallel: true,
  config: {
    properties: {
      send_batch_size: {
        type: 'integer',
        minimum: 0,
        default: 8192,
        description:
          'How many items (data points, log records, spans) are sent at once, without waiting any longer. 0: never wait.',
      },
      timeout: {
        type: 'string',
        format: 'duration',
        default: '200ms',
        description: 'How long the first of a batch waits for others. 0: never wait.',
      },
      send_batch_max_size: {
        type: 'integer',
        minimum: 0,
        default: 0,
        description: 'The most items that a batch may have; a larger one is cut. 0: no limit.',
      },
      metadata_keys: {
        type: 'array',
        default: [],
        items: { type: 'string', minLength: 1, description: 'The name of a header.' },
        description: 'Headers, included by a receiver, in which all of a batch are the same.',
      },
      metadata_cardinality_limit: {
        type: 'integer',
        minimum: 0,
        default: 1000,
        description: 'How many combinations of those headers there may be; a new one beyond is refused. 0: no limit.',
      },
    },
  },
  check: ({ send_batch_size: size, send_batch_max_size: max }) =>
    max > 0 && max < size
      ? [
          {
            path: ['send_batch_max_size'],
            message: `send_batch_max_size is ${max}; it must be 0 or at least send_batch_size, which is ${size}.`,
          },
        ]
      : [],
  create(config, context, next) {
    const { metadata_keys: keys, metadata_cardinality_limit: limit } = config;
    const buffers = new Map<string, PartBuffer>();
    let closed = false;

    function bufferOf(batch: Batch): PartBuffer {
      const key = partitionKey(batch, keys);
      let buffer = buffers.get(key);
      if (!buffer) {
        if (keys.length > 0 && limit > 0 && buffers.size >= limit)
          throw new PermanentError(`There are more than ${limit} combinations of ${keys.join(', ')}.`);
        buffer = createBuffer({ ...config, metadata: pickMetadata(batch, keys) }, context, next);
        buffers.set(key, buffer);
      }
      return buffer;
    }

    return {
      async consume(batch, signal) {
        if (closed) throw new RefusedError(`${context.id} has shut down.`);
        signal?.throwIfAborted();
        if (itemCount(batch) === 0) return;
        const buffer = bufferOf(batch);
        const parts = cutBatch(batch, config.send_batch_max_size);
        const sender = createSender(parts.length);
        const giveUp = (): void => {
          sender.giveUp(signal?.reason);
          buffer.forget(sender, signal?.reason);
        };
        signal?.addEventListener('abort', giveUp);
        buffer.add(parts.map((part) => ({ batch: part, sender })));
        try {
          await sender.outcome;
        } finally {
          signal?.removeEventListener('abort', giveUp);
        }
      },
      async shutdown(signal) {
        closed = true;
        await Promise.all([...buffers.values()].map((buffer) => buffer.drain(signal)));
      },
    };
  },
});
