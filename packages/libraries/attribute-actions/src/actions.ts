import type { AnyValue, Attributes, Metadata } from '@millrace/core';
import { convertValue } from './convert.ts';
import { hashValue } from './hash.ts';
import { compilePattern } from './match/text.ts';
import { rememberRecurring } from './recurring.ts';
import type { Action } from './schema.ts';

/** Returns the same object where nothing changes; and the same result for the same object, once it has come again. */
export type AttributeChange = (attributes: Attributes) => Attributes;

/** Requests whose headers differ in more ways than these in turn are remembered anew. */
const contextsKept = 1000;

/**
 * What the actions make of attributes, one after the other, for data that came with this metadata. It is the same function
 * for the same values of the headers that the actions use; without any, always the same.
 */
export function createActions(actions: readonly Action[]): (metadata: Metadata | undefined) => AttributeChange {
  const headers = actions.flatMap(({ from_context: from }) => (from === undefined ? [] : [headerOf(from)]));
  if (headers.length === 0) {
    const change = createChange(actions, undefined);
    return () => change;
  }
  const byHeaders = new Map<string, AttributeChange>();
  return (metadata) => {
    const key = JSON.stringify(headers.map((name) => metadata?.[name] ?? null));
    let change = byHeaders.get(key);
    if (!change) {
      if (byHeaders.size >= contextsKept) byHeaders.clear();
      byHeaders.set(key, (change = createChange(actions, metadata)));
    }
    return change;
  };
}

const headerOf = (from: string): string => from.replace(/^metadata\./, '').toLowerCase();

/** Attributes that are copied before the first write. */
interface Draft {
  attributes: Attributes;
  own: Record<string, AnyValue | undefined> | undefined;
}

type Step = (draft: Draft) => void;

function createChange(actions: readonly Action[], metadata: Metadata | undefined): AttributeChange {
  const steps = actions.map((action) => stepOf(action, metadata));
  return rememberRecurring((attributes: Attributes) => {
    const draft: Draft = { attributes, own: undefined };
    for (const step of steps) step(draft);
    return draft.attributes;
  });
}

function stepOf(written: Action, metadata: Metadata | undefined): Step {
  const { action, key = '' } = written;
  switch (action) {
    case 'insert':
    case 'update':
    case 'upsert': {
      const source = sourceOf(written, metadata);
      return (draft) => {
        const isThere = draft.attributes[key] !== undefined;
        if (isThere ? action === 'insert' : action === 'update') return;
        write(draft, key, source(draft.attributes));
      };
    }
    case 'delete': {
      const isNamed = naming(written);
      return (draft) => remove(draft, isNamed);
    }
    case 'hash':
      return onNamed(written, hashValue);
    case 'extract':
      return extract(key, compilePattern(written.pattern ?? ''));
    case 'convert': {
      const type = written.converted_type ?? 'string';
      return (draft) => write(draft, key, convertValue(draft.attributes[key], type));
    }
  }
}

/** Undefined where there is nothing to take. */
function sourceOf(written: Action, metadata: Metadata | undefined): (attributes: Attributes) => AnyValue | undefined {
  const { value, from_attribute: attribute, from_context: context, default_value: fallback } = written;
  if (attribute !== undefined) return (attributes) => attributes[attribute] ?? fallback;
  const constant = value ?? (context === undefined ? undefined : metadata?.[headerOf(context)]?.join(';')) ?? fallback;
  return () => constant;
}

function write(draft: Draft, key: string, value: AnyValue | undefined): void {
  if (value === undefined || draft.attributes[key] === value) return;
  draft.attributes = draft.own ??= { ...draft.attributes };
  draft.own[key] = value;
}

type Naming = (name: string) => boolean;

function naming({ key, pattern }: Action): Naming {
  if (pattern === undefined) return (name) => name === key;
  const expression = compilePattern(pattern);
  return (name) => name === key || expression.test(name);
}

/** Builds a new object: one from which keys are deleted would be slow from then on. */
function remove(draft: Draft, isNamed: Naming): void {
  const { attributes } = draft;
  const names = Object.keys(attributes);
  if (!names.some(isNamed)) return;
  const own: Record<string, AnyValue | undefined> = {};
  for (const name of names) if (!isNamed(name)) own[name] = attributes[name];
  draft.attributes = draft.own = own;
}

function onNamed(written: Action, change: (value: AnyValue) => AnyValue): Step {
  const { key, pattern } = written;
  const isNamed = naming(written);
  const changeOne = (draft: Draft, name: string): void => {
    const value = draft.attributes[name];
    if (value !== undefined) write(draft, name, change(value));
  };
  if (pattern === undefined) return (draft) => changeOne(draft, key!);
  return (draft) => {
    for (const name of Object.keys(draft.attributes)) if (isNamed(name)) changeOne(draft, name);
  };
}

/** A group that took no part in the match becomes an empty text, as in the collector. */
function extract(key: string, expression: RegExp): Step {
  return (draft) => {
    const text = draft.attributes[key];
    if (typeof text !== 'string') return;
    for (const [name, part] of Object.entries(expression.exec(text)?.groups ?? {})) write(draft, name, part ?? '');
  };
}
