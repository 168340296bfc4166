import { type Component, type ConfigSchema, type InputOf, resolveConfig } from '@millrace/core';
import pyroscope from '../index.ts';

/** Asks as the collector does: with arguments that fit their schema, and their defaults. */
export const commandsOf =
  (receiver: Component) =>
  async (name: string, given: object = {}, signal: AbortSignal = AbortSignal.timeout(20_000)): Promise<unknown> => {
    const schema: ConfigSchema = pyroscope.commands![name]!.arguments!;
    return receiver.command!({ name, arguments: resolveConfig(schema, given as InputOf<typeof schema>), signal });
  };
