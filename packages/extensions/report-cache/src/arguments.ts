import type { OfferedCommand } from '@millrace/core';
import { describeError } from '@millrace/core';
import { invalid } from '@millrace/server';

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw invalid(`What was sent is not JSON: ${describeError(error)}.`);
  }
}

/** Of a command. They have to be an object, and are checked further by who is asked. */
export function argumentsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid('The arguments must be an object.');
  return value as Readonly<Record<string, unknown>>;
}

/** What a command takes, as a JSON Schema. */
export const schemaOf = ({ arguments: schema }: OfferedCommand): object | undefined =>
  schema && { type: 'object', ...schema, additionalProperties: false };
