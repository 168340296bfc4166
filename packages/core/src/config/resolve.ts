import type { ConfigOf, ConfigSchema, InputOf, Schema } from '../schema.ts';
import { parseBytes, parseDuration } from './units.ts';

/** What `create` receives for what the user wrote: defaults filled in, durations in milliseconds, sizes in bytes. */
export const resolveConfig = <const S extends ConfigSchema>(schema: S, input: NoInfer<InputOf<S>>): ConfigOf<S> =>
  Object.freeze(resolveObject(schema, input as Readonly<Record<string, unknown>>)) as ConfigOf<S>;

function resolveObject(schema: ConfigSchema, input: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const resolved: Record<string, unknown> = {};
  for (const [key, property] of Object.entries(schema.properties)) {
    const value = given(property, input[key]);
    if (value !== undefined && value !== null) resolved[key] = resolveValue(property, value);
  }
  return resolved;
}

/** A map without anything in it (`grpc:`) is there, with its defaults; any other key without a value is not. */
function given(schema: Schema, value: unknown): unknown {
  if (value === null && 'type' in schema && schema.type === 'object') return {};
  return value ?? schema.default;
}

function resolveValue(schema: Schema, value: unknown): unknown {
  if ('anyOf' in schema) {
    const branch = schema.anyOf.find((candidate) => fits(candidate, value));
    return branch ? resolveValue(branch, value) : value;
  }
  if (schema.type === 'string' && typeof value === 'string') {
    if (schema.format === 'duration') return parseDuration(value);
    if (schema.format === 'bytes') return parseBytes(value);
    return value;
  }
  if (schema.type === 'array' && Array.isArray(value)) return value.map((item) => resolveValue(schema.items, item));
  if (schema.type === 'object' && typeof value === 'object' && value !== null) {
    if ('properties' in schema) return resolveObject(schema, value as Record<string, unknown>);
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, resolveValue(schema.additionalProperties, item)]),
    );
  }
  return value;
}

/** Whether a value has the type of a schema; not whether it satisfies it. */
export function fits(schema: Schema, value: unknown): boolean {
  if ('anyOf' in schema) return schema.anyOf.some((candidate) => fits(candidate, value));
  switch (schema.type) {
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'integer':
    case 'number':
      return typeof value === 'number';
    case 'boolean':
      return typeof value === 'boolean';
    case 'string':
      return typeof value === 'string' && (!schema.enum || schema.enum.includes(value));
  }
}
