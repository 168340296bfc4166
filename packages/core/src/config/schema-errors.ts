import type { Schema } from '../schema.ts';
import type { Diagnostic } from './diagnostics.ts';
import { formats } from './formats.ts';
import type { RawConfig } from './load.ts';
import type { Secrets } from './mask.ts';
import { noteSecret } from './shape.ts';
import { closest, either, listed, suggest } from './suggest.ts';
import type { Path } from './tree.ts';
import type { Violation } from './validate.ts';

export interface Site {
  readonly raw: RawConfig;
  /** What `path` in a violation is relative to. */
  readonly base: Path;
  readonly secrets: Secrets;
}

/** `receivers.procfs.metrics."process.cpu.time".enabled` */
export function pathText(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else text += `${text ? '.' : ''}${/[.\s]/.test(step) ? JSON.stringify(step) : step}`;
  }
  return text;
}

/** The diagnostic at a path, or at the nearest place above it that the config has. */
export function diagnosticAt(
  raw: RawConfig,
  path: Path,
  said: Omit<Diagnostic, 'location'> & { at?: 'key' | 'value' },
): Diagnostic {
  const { at = 'value', ...rest } = said;
  for (let length = path.length; length >= 0; length--) {
    const location = raw.locate(path.slice(0, length), length === path.length ? at : 'key');
    if (location) return { location, ...rest };
  }
  return rest;
}

/** What a schema found, as a sentence: what is wrong, and what is allowed. */
export function explain(violation: Violation, site: Site): Diagnostic {
  const { raw, base } = site;
  const path = [...base, ...violation.path];
  const { keyword, schema, key } = violation;
  if (keyword === 'additionalProperties') return unknownKey(path, violation, site);
  if (keyword === 'required') {
    const property = 'properties' in schema ? schema.properties[key!] : undefined;
    return diagnosticAt(raw, path, {
      at: 'key',
      message: path.length > 0 ? `${pathText(path)} needs the key "${key}"` : `the key "${key}" is missing`,
      ...(property ? { hint: `${key}: ${describeSchema(property)}. ${property.description}` } : {}),
    });
  }
  return diagnosticAt(raw, path, wrongValue(path, violation, site));
}

function unknownKey(path: Path, { schema, key = '' }: Violation, { raw, secrets }: Site): Diagnostic {
  const properties = 'properties' in schema ? schema.properties : {};
  const allowed = Object.keys(properties);
  const at = [...path, key];
  // `pasword: hunter2` is a secret whose schema nobody knows.
  if (hasSecret(schema)) noteSecret((raw.value as object) && valueAt(raw.value, at), { raw, path: at, secrets });
  const message = `unknown key "${key}"${path.length > 0 ? ` in ${pathText(path)}` : ''}`;
  const colon = key.includes(':') && closest(key.split(':')[0]!, allowed);
  const hint = colon ? `a space is missing after "${colon}:"` : suggest(key, allowed);
  return diagnosticAt(raw, at, { at: 'key', message, ...(hint ? { hint } : { hint: 'it takes no keys' }) });
}

const hasSecret = (schema: Schema): boolean =>
  'properties' in schema && Object.values(schema.properties).some(isSecret);

const isSecret = (schema: Schema): boolean => 'format' in schema && schema.format === 'secret';

function wrongValue(path: Path, violation: Violation, { raw }: Site): Omit<Diagnostic, 'location'> {
  const { keyword, schema, value } = violation;
  const name = pathText(path);
  const origin = raw.origin(path)?.written;
  const shown = shownValue(schema, value, origin);
  const written = origin === undefined ? writtenAt(raw, path) : undefined;
  switch (keyword) {
    case 'enum':
    case 'anyOf': {
      const near = typeof value === 'string' && !origin ? closest(value, wordsOf(schema)) : undefined;
      const wrong = wrongType(name, {
        schema,
        value,
        written,
        shown,
        hidden: origin !== undefined || isSecret(schema),
      });
      return near === undefined ? wrong : { ...wrong, hint: `did you mean "${near}"?` };
    }
    case 'format': {
      const format = 'format' in schema ? schema.format! : 'secret';
      const problem = formats[format].problem(String(value)) ?? 'is not allowed';
      if (problem.startsWith(unitMissing)) return { message: `${name}: ${origin ? `${unitMissing}: 10s` : problem}` };
      return { message: `${name} ${problem}${problem.startsWith('must') ? `; it is ${shown}` : ''}` };
    }
    case 'pattern':
      return {
        message: `${name} does not have the form it needs; it is ${shown}`,
        hint: `${'pattern' in schema ? `the form: ${schema.pattern}. ` : ''}${schema.description}`,
      };
    case 'minLength':
      return lengthProblem(name, 'minLength' in schema ? schema.minLength! : 1, 'character');
    case 'minItems':
      return lengthProblem(name, 'minItems' in schema ? schema.minItems! : 1, 'item');
    case 'minimum':
    case 'exclusiveMinimum':
    case 'maximum':
      return { message: `${name} must be ${bounds(schema)}, not ${shown}` };
    default:
      return wrongType(name, { schema, value, written, shown, hidden: origin !== undefined || isSecret(schema) });
  }
}

/** Of a scalar on one line. */
function writtenAt(raw: RawConfig, path: Path): string | undefined {
  const location = raw.locate(path, 'value');
  if (!location || location.caret) return undefined;
  return location.source.slice(location.column - 1, location.column - 1 + location.length) || undefined;
}

/** The words a schema lists. */
function wordsOf(schema: Schema): readonly string[] {
  if ('anyOf' in schema) return schema.anyOf.flatMap(wordsOf);
  return ('enum' in schema && schema.enum) || [];
}

const unitMissing = 'a duration needs a unit';

interface Wrong {
  readonly schema: Schema;
  readonly value: unknown;
  /** As it stands in the file: `1.40` is the number 1.4. */
  readonly written: string | undefined;
  readonly shown: string;
  /** No hint may show the value. */
  readonly hidden: boolean;
}

function wrongType(name: string, { schema, value, written, shown, hidden }: Wrong) {
  if ('format' in schema && schema.format === 'duration' && typeof value === 'number')
    return { message: `${name}: ${unitMissing}: ${hidden ? 10 : value}s` };
  const hint = hidden ? hiddenHint(schema, value) : typeHint(schema, value, written);
  return { message: `${name} must be ${describeSchema(schema)}, not ${shown}`, ...(hint ? { hint } : {}) };
}

const hiddenHint = (schema: Schema, value: unknown): string | undefined =>
  isSecret(schema) && typeof value !== 'object' ? 'put it in quotes' : typeHint(schema, undefined);

function typeHint(schema: Schema, value: unknown, written?: string): string | undefined {
  const type = 'type' in schema ? schema.type : undefined;
  if (type === 'string' && (typeof value === 'number' || typeof value === 'boolean'))
    return `put it in quotes: "${written ?? value}"`;
  if (type === 'object' || 'anyOf' in schema) {
    const key = typeof value === 'string' ? /^([\w.-]+):\S/.exec(value)?.[1] : undefined;
    if (key) return `a space is missing after "${key}:"`;
  }
  if (type === 'object' && 'properties' in schema) return `its keys: ${listed(Object.keys(schema.properties))}`;
  if (type === 'array' && typeof value === 'string') return `write a list: [${value}]`;
  if (type === 'boolean' && typeof value === 'string' && /^(?:yes|no|on|off)$/i.test(value))
    return `write ${/^(?:yes|on)$/i.test(value) ? 'true' : 'false'}`;
  if (
    (type === 'number' || type === 'integer') &&
    typeof value === 'string' &&
    value.trim() !== '' &&
    Number.isFinite(Number(value))
  )
    return `write it without quotes: ${value}`;
  return undefined;
}

const lengthProblem = (name: string, least: number, unit: string): { message: string } => ({
  message: least === 1 ? `${name} must not be empty` : `${name} needs at least ${least} ${unit}s`,
});

function bounds(schema: Schema): string {
  const { minimum, exclusiveMinimum, maximum } = schema as {
    minimum?: number;
    exclusiveMinimum?: number;
    maximum?: number;
  };
  const low = minimum === undefined ? exclusiveMinimum : minimum;
  if (low !== undefined && maximum !== undefined)
    return `${exclusiveMinimum === undefined ? 'from' : 'above'} ${low} to ${maximum}`;
  if (low === undefined) return `at most ${maximum}`;
  return minimum === undefined ? `greater than ${low}` : `at least ${low}`;
}

/** What a value has to be, in words. */
export function describeSchema(schema: Schema): string {
  if ('anyOf' in schema) return either([...new Set(schema.anyOf.map(describeSchema))]);
  switch (schema.type) {
    case 'string':
      if (schema.enum) return either(schema.enum.map((word) => JSON.stringify(word)));
      return schema.format ? formatNames[schema.format] : 'a string';
    case 'number':
      return 'a number';
    case 'integer':
      return 'a whole number';
    case 'boolean':
      return 'true or false';
    case 'array':
      return 'a list';
    case 'object':
      return 'a map';
  }
}

const formatNames = {
  duration: 'a duration (10s, 1m30s, 500ms)',
  bytes: 'a size (64MiB, 10kB, 1024)',
  secret: 'a string',
  regex: 'a regular expression',
  endpoint: 'host:port',
  uri: 'a URL',
  extension: "an extension's id",
} as const;

/** A value as a message may show it: not a secret's, nor what the environment holds. */
function shownValue(schema: Schema, value: unknown, written: string | undefined): string {
  if (written !== undefined) return `the value of ${written}`;
  if (isSecret(schema)) return typeof value === 'string' ? 'this' : typeName(value);
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  return typeof value === 'object' ? typeName(value) : String(value);
}

function typeName(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return (
    { number: 'a number', boolean: 'true or false', object: 'a map' }[typeof value as string] ?? `a ${typeof value}`
  );
}

export function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Readonly<Record<string | number, unknown>>)[step];
  }
  return at;
}
