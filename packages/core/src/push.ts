import type { Batch } from './batch.ts';
import { signals } from './batch.ts';
import type { Consumer } from './component.ts';
import { type AnyDefinition, defineReceiver } from './definition.ts';
import { PermanentError } from './errors.ts';

export interface PushHandle {
  readonly definition: AnyDefinition;
  /** Resolves when the pipelines of the `push` receiver with this id have the batch; rejects like `Consumer.consume`. */
  push(batch: Batch, id: string): Promise<void>;
}

/** The `push` receiver of one collector: what the embedding program hands over enters the pipelines there. */
export function createPushHandle(): PushHandle {
  const receivers = new Map<string, Consumer>();
  const definition = defineReceiver({
    type: 'push',
    description: 'Takes what the embedding program hands over with `collector.push`.',
    signals,
    config: { properties: {} },
    create: (_config, { id }, next) => ({
      start: async () => void receivers.set(id, next),
      shutdown: async () => void (receivers.get(id) === next && receivers.delete(id)),
    }),
  });
  return {
    definition,
    async push(batch, id) {
      const receiver = receivers.get(id);
      if (!receiver)
        throw new PermanentError(`no receiver "${id}" of type push is running: add it to the config and a pipeline`);
      await receiver.consume(batch);
    },
  };
}
