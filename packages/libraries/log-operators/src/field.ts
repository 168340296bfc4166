import type { AnyValue } from '@millrace/core';
import type { Entry, ValueMap } from './entry.ts';
import { isMap } from './entry.ts';
import { entryError, OperatorProblem } from './problem.ts';

/** A place in an entry: `body`, `body.a.b`, `attributes["log.file.name"]`, `resource.x`. */
export interface Field {
  readonly text: string;
  readonly root: 'body' | 'attributes' | 'resource';
  readonly keys: readonly string[];
}

const segment = /\.([^.[\]]+)|\[(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')\]/y;

/** Throws an OperatorProblem for what is no field. */
export function parseField(text: string, key: string): Field {
  const root = /^\$?(body|attributes|resource)(?=[.[]|$)/.exec(text);
  if (!root)
    throw new OperatorProblem(
      `"${text}" is not a field: it must begin with body, attributes or resource, as in body.message or attributes["http.method"]`,
      key,
    );
  const keys: string[] = [];
  segment.lastIndex = root[0].length;
  for (let at = segment.lastIndex; at < text.length; at = segment.lastIndex) {
    const match = segment.exec(text);
    if (!match)
      throw new OperatorProblem(`"${text}" is not a field: it cannot be read from "${text.slice(at)}" on`, key);
    keys.push(match[1] ?? (match[2] ?? match[3])!.replace(/\\(.)/g, '$1'));
  }
  return { text, root: root[1] as Field['root'], keys };
}

/** Undefined where there is nothing. */
export function read(entry: Entry, { root, keys }: Field): AnyValue | undefined {
  let value: AnyValue | undefined = entry[root] as AnyValue;
  for (const key of keys) {
    if (!isMap(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

/** Sets the value, with maps on the way to it. A map that is set to all attributes, or to the resource, is added to them. */
export function write(entry: Entry, field: Field, value: AnyValue): void {
  const { root, keys } = field;
  if (keys.length === 0) {
    if (root === 'body') entry.body = value;
    else if (!isMap(value)) throw entryError(`${root} can only be set to a map`);
    else if (root === 'attributes') assign(entry.attributes, value);
    else entry.resource = assign({ ...(entry.resource as ValueMap) }, value);
    return;
  }
  let map = ownRoot(entry, root);
  for (const key of keys.slice(0, -1)) {
    const inner = Object.hasOwn(map, key) ? map[key] : undefined;
    // What is nested in the resource is shared, so it is copied on the way.
    const next: ValueMap = isMap(inner) ? (root === 'resource' ? { ...inner } : inner) : {};
    define(map, key, next);
    map = next;
  }
  define(map, keys.at(-1)!, value);
}

/** Takes the value out; undefined if there is none. */
export function take(entry: Entry, field: Field): AnyValue | undefined {
  const { root, keys } = field;
  const value = read(entry, field);
  if (value === undefined) return undefined;
  if (keys.length === 0) {
    if (root === 'body') entry.body = null;
    else if (root === 'attributes') entry.attributes = {};
    else entry.resource = {};
    return value;
  }
  let map = ownRoot(entry, root);
  for (const key of keys.slice(0, -1)) {
    const inner = map[key] as ValueMap;
    const next = root === 'resource' ? { ...inner } : inner;
    define(map, key, next);
    map = next;
  }
  delete map[keys.at(-1)!];
  return value;
}

function ownRoot(entry: Entry, root: Field['root']): ValueMap {
  if (root === 'attributes') return entry.attributes;
  if (root === 'resource') return (entry.resource = { ...entry.resource }) as ValueMap;
  return (entry.body = isMap(entry.body) ? entry.body : {});
}

/** Keys come from the data: `__proto__` is a key like another. */
export function define(map: ValueMap, key: string, value: AnyValue): void {
  if (key === '__proto__')
    Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
  else map[key] = value;
}

function assign(map: ValueMap, more: ValueMap): ValueMap {
  for (const key of Object.keys(more)) define(map, key, more[key]!);
  return map;
}

/** So that a change of the one is none of the other. */
export function clone(value: AnyValue): AnyValue {
  if (Array.isArray(value)) return value.map(clone);
  if (!isMap(value)) return value;
  const copy: ValueMap = {};
  for (const key of Object.keys(value)) define(copy, key, clone(value[key]!));
  return copy;
}
