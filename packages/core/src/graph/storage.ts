import type { Context, Storage } from '../component.ts';
import type { Configured } from '../config/model.ts';
import { PermanentError } from '../errors.ts';
import type { Schema } from '../schema.ts';

/** The state of a component is where its config says, if it does. */
export function withStorage<C extends Context>({ definition, config }: Configured, place: string, context: C): C {
  const { storage: schema } = definition.config.properties as Readonly<Record<string, Schema | undefined>>;
  const { storage: named } = config as { readonly storage?: unknown };
  if (!schema || !('provides' in schema) || schema.provides !== 'storage' || typeof named !== 'string') return context;
  return { ...context, storage: lateStorage(() => open(context, named, place)) };
}

async function open(context: Context, named: string, place: string): Promise<Storage> {
  const extension = context.extension(named);
  if (!extension.openState) throw new PermanentError(`The extension ${named} keeps no state of components.`);
  return extension.openState(place);
}

/** Opened at its first use, when the extension has started; tried again where that fails. */
function lateStorage(openNow: () => Promise<Storage>): Storage {
  let opening: Promise<Storage> | undefined;
  const opened = (): Promise<Storage> => {
    opening ??= openNow().catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };
  return {
    get: async (key) => (await opened()).get(key),
    set: async (key, value) => (await opened()).set(key, value),
    delete: async (key) => (await opened()).delete(key),
  };
}
