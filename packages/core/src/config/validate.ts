import type { ConfigSchema, Schema } from '../schema.ts';
import { formats } from './formats.ts';
import { fits } from './resolve.ts';

/** One thing that is wrong, by the keyword of JSON Schema that says so. */
export interface Violation {
  readonly path: Path;
  readonly keyword: string;
  readonly schema: Schema;
  readonly value: unknown;
  /** The key that is missing, or unknown. */
  readonly key?: string;
}

type Path = readonly (string | number)[];

/**
 * All that is wrong with a value; a value that fits none of several shapes counts once. Unknown keys are wrong. The part of
 * JSON Schema that configs use is small enough to be read here: compiling it with ajv was a quarter of the time to the
 * program's first output. That both agree is tested.
 */
export const validate = (schema: ConfigSchema, value: unknown): readonly Violation[] => [
  ...violations({ ...schema, type: 'object', description: '' }, value, []),
];

function* violations(schema: Schema, value: unknown, path: Path): Generator<Violation> {
  const wrong = (keyword: string, key?: string): Violation => ({
    path,
    keyword,
    schema,
    value,
    ...(key === undefined ? {} : { key }),
  });
  if ('anyOf' in schema) {
    const branches = schema.anyOf.map((branch) => ({ branch, found: [...violations(branch, value, path)] }));
    if (branches.some(({ found }) => found.length === 0)) return;
    const chosen = branches.find(({ branch }) => fits(branch, value));
    if (chosen) yield* chosen.found;
    else yield wrong('anyOf');
    return;
  }
  switch (schema.type) {
    case 'object':
      if (!isMap(value)) return yield wrong('type');
      if ('properties' in schema) {
        for (const key of schema.required ?? []) if (!Object.hasOwn(value, key)) yield wrong('required', key);
        for (const [key, item] of Object.entries(value)) {
          if (Object.hasOwn(schema.properties, key)) yield* violations(schema.properties[key]!, item, [...path, key]);
          else yield wrong('additionalProperties', key);
        }
      } else {
        for (const [key, item] of Object.entries(value))
          yield* violations(schema.additionalProperties, item, [...path, key]);
      }
      return;
    case 'array':
      if (!Array.isArray(value)) return yield wrong('type');
      if (value.length < (schema.minItems ?? 0)) yield wrong('minItems');
      for (const [index, item] of value.entries()) yield* violations(schema.items, item, [...path, index]);
      return;
    case 'string':
      if (typeof value !== 'string') return yield wrong('type');
      if (schema.enum && !schema.enum.includes(value)) yield wrong('enum');
      if (value.length < (schema.minLength ?? 0)) yield wrong('minLength');
      if (schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test(value)) yield wrong('pattern');
      if (schema.format !== undefined && formats[schema.format].problem(value) !== undefined) yield wrong('format');
      return;
    case 'number':
    case 'integer':
      if (typeof value !== 'number' || !Number.isFinite(value)) return yield wrong('type');
      if (schema.type === 'integer' && !Number.isInteger(value)) return yield wrong('type');
      if (value < (schema.minimum ?? -Infinity)) yield wrong('minimum');
      if (value <= (schema.exclusiveMinimum ?? -Infinity)) yield wrong('exclusiveMinimum');
      if (value > (schema.maximum ?? Infinity)) yield wrong('maximum');
      return;
    case 'boolean':
      if (typeof value !== 'boolean') yield wrong('type');
  }
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
