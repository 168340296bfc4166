import type { Problem } from '../definition.ts';
import type { ConfigOf, ConfigSchema } from '../schema.ts';
import { rawConfig } from './load.ts';
import { resolveConfig } from './resolve.ts';
import { explain } from './schema-errors.ts';
import { shape } from './shape.ts';
import { validate } from './validate.ts';

/** With defaults filled in and units converted; or all that is wrong, each a sentence and the path within what was read. */
export type Reading<S extends ConfigSchema> =
  | { readonly config: ConfigOf<S> }
  | { readonly problems: readonly Problem[] };

/** Reads what has a schema and stands in no config: a file that a component has, the arguments of a command. */
export function readConfig<const S extends ConfigSchema>(schema: S, value: unknown): Reading<S> {
  const site = { raw: rawConfig({}), secrets: { values: new Set<string>(), locations: [] } };
  const input = shape({ ...schema, type: 'object', description: '' }, value, { ...site, path: [] });
  const problems = validate(schema, input).map((violation) => {
    const { message, hint } = explain(violation, { ...site, base: [] });
    const { path, key } = violation;
    return {
      path: key === undefined ? path : [...path, key],
      message: hint === undefined ? message : `${message} (${hint})`,
    };
  });
  return problems.length > 0 ? { problems } : { config: resolveConfig(schema, input as never) };
}
