import type { Signal } from '@millrace/core';
import { RefusedError, defineProcessor, itemCount } from '@millrace/core';
import type { PartBuffer } from './buffer.ts';
import { createBuffer } from './buffer.ts';
import { cut } from './cut.ts';
import { createSender } from './sender.ts';

export default defineProcessor({
  type: 'batch',
  description: 'Gathers small batches into larger ones, and cuts those that are too large.',
  signals: ['metrics', 'logs'],
  config: {
    properties: {
      send_batch_size: {
        type: 'integer',
        minimum: 0,
        default: 8192,
        description: 'How many data points or log records are sent at once, without waiting any longer. 0: never wait.',
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
        description: 'The most data points or log records that a batch may have; a larger one is cut. 0: no limit.',
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
    const buffers = new Map<Signal, PartBuffer>();
    let closed = false;

    function bufferOf(signal: Signal): PartBuffer {
      let buffer = buffers.get(signal);
      if (!buffer) {
        buffer = createBuffer(config, context, next);
        buffers.set(signal, buffer);
      }
      return buffer;
    }

    return {
      async consume(batch, signal) {
        if (closed) throw new RefusedError(`${context.id} has shut down.`);
        signal?.throwIfAborted();
        if (itemCount(batch) === 0) return;
        const parts = cut(batch, config.send_batch_max_size);
        const sender = createSender(parts.length);
        const buffer = bufferOf(batch.signal);
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
