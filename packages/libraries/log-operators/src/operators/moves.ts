import type { AnyValue } from '@millrace/core';
import { type Entry, isMap, type ValueMap } from '../entry.ts';
import { isTrue, parseExpression } from '../expression/parse.ts';
import { clone, define, type Field, parseField, read, take, write } from '../field.ts';
import { entryError, OperatorProblem } from '../problem.ts';
import { type OperatorType, stateless } from './operator.ts';

function taken(entry: Entry, field: Field, by: typeof read): AnyValue {
  const value = by(entry, field);
  if (value === undefined) throw entryError(`there is no ${field.text}`);
  return value;
}

export const move: OperatorType = {
  keys: ['from', 'to'],
  required: ['from', 'to'],
  compile(config) {
    const [from, to] = [parseField(config.from!, 'from'), parseField(config.to!, 'to')];
    return stateless((entry) => write(entry, to, taken(entry, from, take)));
  },
};

export const copy: OperatorType = {
  keys: ['from', 'to'],
  required: ['from', 'to'],
  compile(config) {
    const [from, to] = [parseField(config.from!, 'from'), parseField(config.to!, 'to')];
    return stateless((entry) => write(entry, to, clone(taken(entry, from, read))));
  },
};

export const remove: OperatorType = {
  keys: ['field'],
  required: ['field'],
  compile(config) {
    const field = parseField(config.field!, 'field');
    return stateless((entry) => void taken(entry, field, take));
  },
};

export const add: OperatorType = {
  keys: ['field', 'value'],
  required: ['field', 'value'],
  compile({ field: written, value }) {
    const field = parseField(written!, 'field');
    const expression = typeof value === 'string' ? /^EXPR\(([^]*)\)$/.exec(value)?.[1] : undefined;
    if (expression === undefined) return stateless((entry) => write(entry, field, clone(value as AnyValue)));
    const evaluate = parseExpression(expression);
    return stateless((entry) => write(entry, field, clone(evaluate(entry) ?? null)));
  },
};

export const retain: OperatorType = {
  keys: ['fields'],
  required: ['fields'],
  compile({ fields: written }) {
    const fields = written!.map((text) => parseField(text, 'fields'));
    const roots = new Set(fields.map(({ root }) => root));
    return stateless((entry) => {
      const kept = fields.map((field) => [field, read(entry, field)] as const);
      if (roots.has('body')) entry.body = {};
      if (roots.has('attributes')) entry.attributes = {};
      if (roots.has('resource')) entry.resource = {};
      for (const [field, value] of kept) if (value !== undefined) write(entry, field, value);
    });
  },
};

export const flatten: OperatorType = {
  keys: ['field'],
  required: ['field'],
  compile(config) {
    const field = parseField(config.field!, 'field');
    if (field.keys.length === 0) throw new OperatorProblem('must be within body, attributes or resource', 'field');
    const parent = { ...field, keys: field.keys.slice(0, -1) };
    return stateless((entry) => {
      const value = read(entry, field);
      if (!isMap(value)) throw entryError(`${field.text} is not a map`);
      take(entry, field);
      const around = read(entry, parent);
      const merged: ValueMap = { ...(isMap(around) ? around : {}) };
      for (const key of Object.keys(value)) define(merged, key, value[key]!);
      write(entry, parent, merged);
    });
  },
};

export const unquote: OperatorType = {
  keys: ['field'],
  required: ['field'],
  compile(config) {
    const field = parseField(config.field!, 'field');
    return stateless((entry) => {
      const value = taken(entry, field, read);
      const inner = typeof value === 'string' ? /^(["`])([^]*)\1$/.exec(value) : null;
      if (!inner) throw entryError(`${field.text} is not quoted`);
      write(entry, field, inner[1] === '`' ? inner[2]! : unescape(value as string));
    });
  },
};

function unescape(quoted: string): string {
  try {
    return JSON.parse(quoted) as string;
  } catch {
    throw entryError('the text between the quotes cannot be read');
  }
}

export const noop: OperatorType = { keys: [], compile: () => stateless(() => {}) };

/** Leaves entries out. Which ones of a ratio is left to chance. */
export const filter: OperatorType = {
  keys: ['expr', 'drop_ratio'],
  required: ['expr'],
  compile({ expr, drop_ratio: ratio = 1 }) {
    const evaluate = parseExpression(expr!);
    const operator = {
      process(entry: Entry, emit: (entry: Entry) => void) {
        if (!isTrue(evaluate(entry)) || Math.random() >= ratio) emit(entry);
      },
    };
    return () => operator;
  },
};

export const router: OperatorType = {
  keys: ['routes', 'default'],
  required: ['routes'],
  compile({ routes = [], default: otherwise }) {
    const compiled = routes.map(({ expr, output }) => ({ evaluate: parseExpression(expr!), output }));
    const operator = {
      route: (entry: Entry) => compiled.find(({ evaluate }) => isTrue(evaluate(entry)))?.output ?? otherwise,
    };
    return () => operator;
  },
};
