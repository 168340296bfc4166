import { ConditionError } from './error.ts';
import type { Token } from './tokens.ts';
import { tokenize } from './tokens.ts';

export type Operator = '==' | '!=' | '<' | '<=' | '>' | '>=';

export type Expression =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Expression[] }
  | { readonly kind: 'not'; readonly of: Expression }
  | { readonly kind: 'compare'; readonly operator: Operator; readonly left: Operand; readonly right: Operand }
  | { readonly kind: 'true' | 'false' }
  | Call;

export type Operand = Literal | Path | Call;

export interface Literal {
  readonly kind: 'literal';
  /** Null is nil. */
  readonly value: string | number | bigint | boolean | null;
  readonly column: number;
}

/** `resource.attributes["a"]["b"]`: names, then keys. */
export interface Path {
  readonly kind: 'path';
  readonly names: readonly string[];
  readonly keys: readonly (string | number)[];
  readonly column: number;
}

export interface Call {
  readonly kind: 'call';
  readonly name: string;
  readonly args: readonly Operand[];
  readonly column: number;
}

export interface Cursor {
  readonly next: Token;
  take(): Token;
  /** Takes the next token if it is this mark or word. */
  takeIf(source: string): boolean;
}

/** Deeper than anyone writes, and not so deep that reading it overflows the stack. */
const maxDepth = 100;

/** The expression of a condition, or of a statement `route() where …`. */
export function parse(source: string, start: 'condition' | 'statement'): Expression {
  const tokens = tokenize(source);
  let index = 0;
  const cursor: Cursor = {
    get next() {
      return tokens[index]!;
    },
    take: () => tokens[index++]!,
    takeIf(wanted) {
      const { kind, source: written } = tokens[index]!;
      if (kind === 'text' || written !== wanted) return false;
      index++;
      return true;
    },
  };
  const parsed = start === 'statement' ? statement(cursor) : either(cursor, 0);
  const { kind, column, source: rest } = cursor.next;
  if (kind !== 'end') throw new ConditionError(column, afterEnd(rest));
  return parsed;
}

function afterEnd(rest: string): string {
  const word = rest.toLowerCase();
  if (rest !== word && (word === 'and' || word === 'or')) return `write ${word} in lower case`;
  return rest === 'where'
    ? 'where belongs to a statement: route() where …'
    : `expected and, or or the end, found ${rest}`;
}

function statement(cursor: Cursor): Expression {
  const { column, source } = cursor.next;
  const call = cursor.next.kind === 'name' ? operand(cursor) : undefined;
  if (call?.kind !== 'call' || call.name !== 'route' || call.args.length > 0)
    throw new ConditionError(column, `a statement is route() or route() where …, found ${source || 'the end'}`);
  return cursor.takeIf('where') ? either(cursor, 0) : { kind: 'true' };
}

function either(cursor: Cursor, depth: number): Expression {
  const parts = [both(cursor, depth)];
  while (cursor.takeIf('or')) parts.push(both(cursor, depth));
  return parts.length === 1 ? parts[0]! : { kind: 'or', parts };
}

function both(cursor: Cursor, depth: number): Expression {
  const parts = [term(cursor, depth)];
  while (cursor.takeIf('and')) parts.push(term(cursor, depth));
  return parts.length === 1 ? parts[0]! : { kind: 'and', parts };
}

function term(cursor: Cursor, depth: number): Expression {
  const { column } = cursor.next;
  if (depth > maxDepth) throw new ConditionError(column, 'the condition is nested too deep');
  if (cursor.takeIf('not')) return { kind: 'not', of: term(cursor, depth + 1) };
  if (cursor.takeIf('(')) {
    const inner = either(cursor, depth + 1);
    expect(cursor, ')');
    return inner;
  }
  return comparison(cursor);
}

const operators = new Set<string>(['==', '!=', '<', '<=', '>', '>=']);

function comparison(cursor: Cursor): Expression {
  const left = operand(cursor);
  const { kind, source, column } = cursor.next;
  if (kind === 'mark' && operators.has(source)) {
    cursor.take();
    return { kind: 'compare', operator: source as Operator, left, right: operand(cursor) };
  }
  if (left.kind === 'call') return left;
  if (left.kind === 'literal' && typeof left.value === 'boolean') return { kind: left.value ? 'true' : 'false' };
  throw new ConditionError(column, `expected ==, !=, <, <=, > or >=, found ${source || 'the end'}`);
}

function operand(cursor: Cursor): Operand {
  const { kind, column, source, value } = cursor.take();
  if (kind === 'text' || kind === 'number') return { kind: 'literal', value: value!, column };
  if (kind !== 'name' || source === 'and' || source === 'or' || source === 'where')
    throw new ConditionError(column, `expected a path, a value or a function, found ${source || 'the end'}`);
  if (source === 'nil') return { kind: 'literal', value: null, column };
  if (source === 'true' || source === 'false') return { kind: 'literal', value: source === 'true', column };
  if (cursor.takeIf('(')) return { kind: 'call', name: source, args: args(cursor), column };
  return path(cursor, source, column);
}

function args(cursor: Cursor): readonly Operand[] {
  const given: Operand[] = [];
  if (cursor.takeIf(')')) return given;
  do given.push(operand(cursor));
  while (cursor.takeIf(','));
  expect(cursor, ')');
  return given;
}

function path(cursor: Cursor, first: string, column: number): Path {
  const names = [first];
  while (cursor.takeIf('.')) {
    const { kind, source, column: at } = cursor.take();
    if (kind !== 'name') throw new ConditionError(at, `expected a name after the dot, found ${source || 'the end'}`);
    names.push(source);
  }
  const keys: (string | number)[] = [];
  while (cursor.takeIf('[')) {
    const { kind, value, column: at } = cursor.take();
    if (kind === 'text') keys.push(value as string);
    else if (kind === 'number' && Number.isInteger(value) && (value as number) >= 0) keys.push(value as number);
    else throw new ConditionError(at, 'expected a key, which is a text in double quotes or a whole number');
    expect(cursor, ']');
  }
  return { kind: 'path', names, keys, column };
}

function expect(cursor: Cursor, mark: string): void {
  const { source, column } = cursor.next;
  if (!cursor.takeIf(mark)) throw new ConditionError(column, `expected ${mark}, found ${source || 'the end'}`);
}
