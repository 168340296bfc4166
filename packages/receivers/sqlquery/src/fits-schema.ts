import type { Problem, Schema } from '@millrace/core';
import { parseDuration } from '@millrace/core';

/** What of a value does not fit a schema: for the files that core does not read. */
export function problemsOf(schema: Schema, value: unknown, path: Problem['path'] = []): Problem[] {
  const wrong = (message: string): Problem[] => [{ path, message }];
  if ('anyOf' in schema)
    return schema.anyOf.some((branch) => problemsOf(branch, value).length === 0)
      ? []
      : wrong(`must be ${schema.anyOf.map(nameOf).join(' or ')}`);
  switch (schema.type) {
    case 'object': {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrong('must be a map');
      const entries = Object.entries(value);
      if (!('properties' in schema))
        return entries.flatMap(([key, item]) => problemsOf(schema.additionalProperties, item, [...path, key]));
      const missing = (schema.required ?? []).filter((key) => !Object.hasOwn(value, key));
      return [
        ...missing.flatMap((key) => wrong(`needs the key "${key}"`)),
        ...entries.flatMap(([key, item]) =>
          Object.hasOwn(schema.properties, key)
            ? problemsOf(schema.properties[key]!, item, [...path, key])
            : wrong(`has no key "${key}": there are ${Object.keys(schema.properties).join(', ')}`),
        ),
      ];
    }
    case 'array':
      if (!Array.isArray(value)) return wrong('must be a list');
      return value.flatMap((item, index) => problemsOf(schema.items, item, [...path, index]));
    case 'string':
      if (typeof value !== 'string') return wrong('must be a text');
      if (schema.enum && !schema.enum.includes(value)) return wrong(`must be one of: ${schema.enum.join(', ')}`);
      if (schema.format === 'duration' && parseDuration(value) === undefined)
        return wrong('must be a duration, such as 30s or 5m');
      return value.length < (schema.minLength ?? 0) ? wrong('must not be empty') : [];
    case 'boolean':
      return typeof value === 'boolean' ? [] : wrong('must be true or false');
    case 'number':
    case 'integer':
      return typeof value === 'number' ? [] : wrong('must be a number');
  }
}

const nameOf = (schema: Schema): string =>
  'type' in schema ? ('enum' in schema && schema.enum ? schema.enum.join(', ') : `a ${schema.type}`) : 'something else';
