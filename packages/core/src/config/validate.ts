import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { ConfigSchema, Schema } from '../schema.ts';
import { formats } from './formats.ts';
import { fits } from './resolve.ts';

/** One thing that is wrong, by the keyword of JSON Schema that says so. */
export interface Violation {
  readonly path: readonly (string | number)[];
  readonly keyword: string;
  readonly schema: Schema;
  readonly value: unknown;
  /** The key that is missing, or unknown. */
  readonly key?: string;
}

// Schemas are literals of a type that says what they may be, and each is used once or twice: checking them against the
// meta-schema and optimising their code took half of the time to the program's first output.
const ajv = new Ajv({ allErrors: true, strict: true, verbose: true, validateSchema: false, code: { optimize: false } });
for (const [name, { problem }] of Object.entries(formats))
  ajv.addFormat(name, { type: 'string', validate: (text: string) => problem(text) === undefined });

const compiled = new WeakMap<ConfigSchema, ValidateFunction>();

/** All that is wrong with a value; a value that fits none of several shapes counts once. */
export function validate(schema: ConfigSchema, value: unknown): readonly Violation[] {
  let check = compiled.get(schema);
  if (!check) {
    check = ajv.compile(strictly({ ...schema, type: 'object', description: '' }));
    compiled.set(schema, check);
  }
  if (check(value)) return [];
  return withoutBranches(check.errors ?? []).map((error) => violation(error, schema, value));
}

/** JSON Schema, where unknown keys have to be forbidden and numbers of `${…}` are not thought of. */
function strictly(schema: Schema): object {
  const { description: _description, default: _default, ...rest } = schema;
  if ('anyOf' in rest) return { anyOf: rest.anyOf.map(strictly) };
  if (rest.type === 'array') return { ...rest, items: strictly(rest.items) };
  if (rest.type !== 'object') return rest;
  if (!('properties' in rest)) return { type: 'object', additionalProperties: strictly(rest.additionalProperties) };
  const properties = Object.entries(rest.properties).map(([key, property]) => [key, strictly(property)]);
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    ...(rest.required ? { required: rest.required } : {}),
    additionalProperties: false,
  };
}

function withoutBranches(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const union = errors.find(({ keyword }) => keyword === 'anyOf');
  if (!union) return errors;
  const branches = (union.parentSchema as { anyOf: Schema[] }).anyOf;
  const chosen = branches.findIndex((branch) => fits(branch, union.data));
  const rest = errors.filter((error) => {
    if (error === union) return false;
    const inside =
      error.schemaPath.startsWith(`${union.schemaPath}/`) &&
      (error.instancePath === union.instancePath || error.instancePath.startsWith(`${union.instancePath}/`));
    return !inside || error.schemaPath.startsWith(`${union.schemaPath}/${chosen}/`);
  });
  return chosen < 0 ? [union, ...withoutBranches(rest)] : withoutBranches(rest);
}

function violation(error: ErrorObject, root: ConfigSchema, value: unknown): Violation {
  const steps = error.instancePath.split('/').slice(1);
  const path: (string | number)[] = [];
  let schema: Schema = { ...root, type: 'object', description: '' };
  let at = value;
  for (const step of steps) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    path.push(Array.isArray(at) ? Number(name) : name);
    schema = within(schema, name, at);
    at = (at as Readonly<Record<string, unknown>>)[name];
  }
  if ('anyOf' in schema && error.keyword !== 'anyOf')
    schema = schema.anyOf.find((branch) => fits(branch, at)) ?? schema;
  const params = error.params as { missingProperty?: string; additionalProperty?: string };
  const key = params.missingProperty ?? params.additionalProperty;
  return { path, keyword: error.keyword, schema, value: at, ...(key === undefined ? {} : { key }) };
}

/** The schema of an item or a key. */
function within(schema: Schema, key: string, value: unknown): Schema {
  if ('anyOf' in schema) return within(schema.anyOf.find((branch) => fits(branch, value))!, key, value);
  if (schema.type === 'array') return schema.items;
  if (schema.type === 'object') return 'properties' in schema ? schema.properties[key]! : schema.additionalProperties;
  return schema;
}
