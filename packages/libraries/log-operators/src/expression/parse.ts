import type { AnyValue } from '@millrace/core';
import type { Entry } from '../entry.ts';
import { goRegex } from '../go-regex.ts';
import { OperatorProblem } from '../problem.ts';
import { binary, member } from './compare.ts';
import { functions } from './functions.ts';
import { type Token, tokenize } from './tokens.ts';

export type Expression = (entry: Entry) => AnyValue | undefined;

const variables: Readonly<Record<string, Expression>> = {
  body: ({ body }) => body,
  $: ({ body }) => body,
  $body: ({ body }) => body,
  attributes: ({ attributes }) => attributes,
  $attributes: ({ attributes }) => attributes,
  resource: ({ resource }) => resource as AnyValue,
  $resource: ({ resource }) => resource as AnyValue,
  severity_number: ({ severityNumber }) => severityNumber ?? 0,
  severity_text: ({ severityText }) => severityText ?? '',
  true: () => true,
  false: () => false,
  nil: () => null,
};

/** From the loosest to the tightest. */
const levels: readonly (readonly string[])[] = [
  ['==', '!=', '<', '<=', '>', '>=', 'in', 'matches', 'contains', 'startsWith', 'endsWith'],
  ['+', '-'],
  ['*', '/', '%'],
];

/**
 * A part of the language that the collector's operators use, https://expr-lang.org/docs/language-definition: no closures, no
 * pipes, no ranges. A member that is not there is nil. Throws an OperatorProblem for what cannot be understood.
 */
export function parseExpression(text: string): Expression {
  const tokens = tokenize(text);
  let at = 0;
  const peek = (): Token => tokens[at]!;
  const isAt = (...texts: readonly string[]): boolean =>
    (peek().type === 'sign' || peek().type === 'name') && texts.includes(peek().text);
  const take = (...texts: readonly string[]): string | undefined => (isAt(...texts) ? tokens[at++]!.text : undefined);
  const expect = (sign: string): void => {
    if (take(sign) === undefined)
      throw new OperatorProblem(`the expression "${text}" needs ${sign} where it has ${peek().text}`);
  };

  function conditional(): Expression {
    const test = coalesced();
    if (take('?') === undefined) return test;
    const then = conditional();
    expect(':');
    const otherwise = conditional();
    return (entry) => (isTrue(test(entry)) ? then(entry) : otherwise(entry));
  }

  function coalesced(): Expression {
    let left = either();
    while (take('??') !== undefined) {
      const [first, second] = [left, either()];
      left = (entry) => first(entry) ?? second(entry);
    }
    return left;
  }

  function either(): Expression {
    let left = both();
    while (take('or', '||') !== undefined) {
      const [first, second] = [left, both()];
      left = (entry) => isTrue(first(entry)) || isTrue(second(entry));
    }
    return left;
  }

  function both(): Expression {
    let left = operation(0);
    while (take('and', '&&') !== undefined) {
      const [first, second] = [left, operation(0)];
      left = (entry) => isTrue(first(entry)) && isTrue(second(entry));
    }
    return left;
  }

  function operation(level: number): Expression {
    const signs = levels[level];
    if (!signs) return unary();
    let left = operation(level + 1);
    for (;;) {
      const isNot = level === 0 && isAt('not') && levels[0]!.includes(tokens[at + 1]!.text);
      if (isNot) at++;
      const sign = take(...signs);
      if (sign === undefined) return left;
      if (sign === 'matches' && peek().type === 'string') goRegex(peek().text);
      const [first, second, apply] = [left, operation(level + 1), binary[sign]!];
      left = isNot
        ? (entry) => apply(first(entry), second(entry)) !== true
        : (entry) => apply(first(entry), second(entry));
    }
  }

  function unary(): Expression {
    const sign = take('!', 'not', '-');
    if (sign === undefined) return postfix();
    const value = sign === 'not' ? operation(0) : unary();
    return sign === '-' ? (entry) => binary['-']!(0, value(entry)) : (entry) => !isTrue(value(entry));
  }

  function postfix(): Expression {
    let value = primary();
    for (;;) {
      if (take('.', '?.') !== undefined) {
        const { type, text: key } = tokens[at++]!;
        if (type !== 'name') throw new OperatorProblem(`the expression "${text}" needs a name after the point`);
        const of = value;
        value = (entry) => member(of(entry), key);
      } else if (take('[') !== undefined) {
        const [of, key] = [value, conditional()];
        expect(']');
        value = (entry) => member(of(entry), key(entry));
      } else return value;
    }
  }

  function primary(): Expression {
    const token = tokens[at++]!;
    if (token.type === 'string') return () => token.text;
    if (token.type === 'number') {
      const number = Number(token.text);
      return () => number;
    }
    if (token.text === '(' && token.type === 'sign') {
      const inner = conditional();
      expect(')');
      return inner;
    }
    if (token.text === '[' && token.type === 'sign') {
      const items = list(']');
      return (entry) => items.map((item) => item(entry) ?? null);
    }
    if (token.type === 'name') return named(token.text);
    throw new OperatorProblem(`the expression "${text}" cannot be understood at ${token.text}`);
  }

  function named(name: string): Expression {
    if (take('(') !== undefined) {
      const call = functions[name];
      if (!call)
        throw new OperatorProblem(
          `there is no function ${name} in expressions; there are ${Object.keys(functions).join(', ')}`,
        );
      const values = list(')');
      return (entry) => call(...values.map((value) => value(entry)));
    }
    const variable = Object.hasOwn(variables, name) ? variables[name] : undefined;
    if (!variable)
      throw new OperatorProblem(
        `there is no ${name} in expressions; there are body, attributes, resource, severity_number and severity_text`,
      );
    return variable;
  }

  function list(end: string): Expression[] {
    const items: Expression[] = [];
    while (take(end) === undefined) {
      if (items.length > 0) expect(',');
      items.push(conditional());
    }
    return items;
  }

  const whole = conditional();
  if (peek().type !== 'end')
    throw new OperatorProblem(`the expression "${text}" goes on unexpectedly at ${peek().text}`);
  return whole;
}

export const isTrue = (value: AnyValue | undefined): boolean => value === true;
