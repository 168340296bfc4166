import type { AnyValue } from '@millrace/core';
import { ConditionError, listed } from './error.ts';
import { enums } from './enums.ts';
import type { Value } from './fields.ts';
import { fields } from './fields.ts';
import type { Path } from './parse.ts';
import type { ConditionContext, Level, Subject } from './subject.ts';
import { contexts, visible } from './subject.ts';

/** How to read an operand. */
export interface Source {
  read(subject: Subject): Value;
  /** What is looked at; undefined for what is written out. */
  readonly level: Level | undefined;
  /** A header, which has any number of values: what is asked of it is true if it is so of one of them. */
  readonly many?: boolean;
}

const levels = new Set<string>([...contexts, 'scope']);

/** Which level a path names: `scope` for `scope.name`; undefined if it names none, and is of the condition's context. */
export function namedLevel({ names, keys }: Path): Level | undefined {
  const [first, second, third] = names;
  if (first === 'instrumentation_scope') return 'scope';
  if (first === 'otelcol' && (second === 'client' || second === 'grpc') && third === 'metadata') return 'request';
  if (first === 'request') return 'request';
  return levels.has(first!) && (names.length > 1 || keys.length > 0) ? (first as Level) : undefined;
}

export function sourceOf(path: Path, context: ConditionContext): Source {
  const { names, keys, column } = path;
  const named = namedLevel(path);
  if (named === 'request') return headerOf(path);
  if (!named && names.length === 1 && keys.length === 0 && /^[A-Z][A-Z\d_]+$/.test(names[0]!))
    return { read: enumReader(names[0]!, column), level: undefined };
  const level = named ?? context;
  if (!visible[context].includes(level)) {
    const sees = listed(visible[context].map((one) => (one === 'request' ? 'request["…"]' : one)));
    throw new ConditionError(column, `a condition with the context ${context} sees ${sees}, not ${level}`);
  }
  if (level === 'request')
    throw new ConditionError(column, 'a condition with the context request sees request["…"] only');
  const name = (named ? names.slice(1) : names).join('.');
  const field = Object.hasOwn(fields[level], name) ? fields[level][name] : undefined;
  if (!field) throw new ConditionError(column, unknownField({ name, level, context, named: named !== undefined }));
  if (keys.length === 0) return { read: field.read, level };
  if (!field.keyed) throw new ConditionError(column, `${names.join('.')} has no keys`);
  return { read: keyed(field.read, keys), level };
}

function enumReader(name: string, column: number): () => Value {
  const number = enums.get(name);
  if (number !== undefined) return () => number;
  const alike = [...enums.keys()].filter((one) => one.startsWith(name.split('_', 1)[0]!));
  const known = alike.length > 0 ? alike : [...enums.keys()];
  throw new ConditionError(column, `there is no constant ${name}; there are ${listed(known)}`);
}

interface Unknown {
  readonly name: string;
  readonly level: Exclude<Level, 'request'>;
  readonly context: ConditionContext;
  readonly named: boolean;
}

function unknownField({ name, level, context, named }: Unknown): string {
  const known = Object.entries(fields[level]).map(([one, { keyed: withKey }]) => (withKey ? `${one}["…"]` : one));
  if (level === 'metric' && name === 'attributes')
    return 'a metric has no attributes of its own, its data points have: use the context datapoint, or resource.attributes["…"]';
  const outer = named ? [] : visible[context].slice(1);
  const others = outer.map((one) => (one === 'request' ? 'request["…"]' : `${one}.…`));
  return `a ${level} has no ${name || 'value of its own'}; it has ${listed(known)}${others.length > 0 ? `; besides: ${listed(others)}` : ''}`;
}

function headerOf({ names, keys, column }: Path): Source {
  const [key, index, ...more] = keys;
  if (names[0] === 'request' ? names.length > 1 : names.length > 3)
    throw new ConditionError(column, `${names.join('.')} is not known; a header is request["name"]`);
  if (typeof key !== 'string' || typeof index === 'string' || more.length > 0)
    throw new ConditionError(column, 'a header is request["name"], or request["name"][0] for its first value');
  const header = key.toLowerCase();
  const values = ({ metadata }: Subject): readonly string[] =>
    metadata && Object.hasOwn(metadata, header) ? metadata[header]! : [];
  if (index !== undefined) return { read: (subject) => values(subject)[index], level: 'request' };
  return { read: values, level: 'request', many: true };
}

function keyed(read: (subject: Subject) => Value, keys: readonly (string | number)[]): (subject: Subject) => Value {
  const [only] = keys;
  if (keys.length === 1) return (subject) => at(read(subject), only!);
  return (subject) => keys.reduce<Value>((value, key) => at(value, key), read(subject));
}

function at(value: Value, key: string | number): Value {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return undefined;
  if (Array.isArray(value)) return typeof key === 'number' ? (value as readonly AnyValue[])[key] : undefined;
  return typeof key === 'string' && Object.hasOwn(value, key) ? (value as { [key: string]: AnyValue })[key] : undefined;
}
