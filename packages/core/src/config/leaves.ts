import type { Schema, StringSchema } from '../schema.ts';
import { fits } from './resolve.ts';
import type { Path } from './tree.ts';

/** A text in a config, and what its schema says of it. */
export interface Leaf {
  readonly schema: StringSchema;
  readonly path: Path;
  readonly value: string;
}

/** All texts of a config. What does not fit its schema is left out. */
export function* leavesOf(schema: Schema, value: unknown, path: Path = []): Generator<Leaf> {
  if (value === undefined || value === null) return;
  if ('anyOf' in schema) {
    const branch = schema.anyOf.find((one) => fits(one, value));
    if (branch) yield* leavesOf(branch, value, path);
    return;
  }
  if (schema.type === 'string' && typeof value === 'string') yield { schema, path, value };
  if (schema.type === 'array' && Array.isArray(value))
    for (const [index, item] of value.entries()) yield* leavesOf(schema.items, item, [...path, index]);
  if (schema.type === 'object' && fits(schema, value)) {
    for (const [key, item] of Object.entries(value as object)) {
      const below = 'properties' in schema ? schema.properties[key] : schema.additionalProperties;
      if (below) yield* leavesOf(below, item, [...path, key]);
    }
  }
}
