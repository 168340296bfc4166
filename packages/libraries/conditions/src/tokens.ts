import { ConditionError } from './error.ts';

export interface Token {
  readonly kind: 'name' | 'text' | 'number' | 'mark' | 'end';
  /** As it is written. */
  readonly source: string;
  readonly column: number;
  /** Of a text or a number. */
  readonly value?: string | number | bigint;
}

const space = /\s+/y;
const name = /[A-Za-z_][A-Za-z0-9_]*/y;
const text = /"(?:[^"\\]|\\.)*"/suy;
const number = /[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const mark = /==|!=|<=|>=|[<>()[\],.]/y;

/** What people write who come from other languages, and what it is called here. */
const foreign: Readonly<Record<string, string>> = {
  '=': 'to compare, write ==',
  '&': 'write and',
  '|': 'write or',
  '!': 'write not',
  "'": 'texts stand in double quotes',
  '`': 'texts stand in double quotes',
  '{': 'maps cannot be written here',
};

export function tokenize(source: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0];
  };
  const add = (kind: Token['kind'], written: string, value?: Token['value']): void => {
    tokens.push({ kind, source: written, column: at + 1, ...(value !== undefined && { value }) });
    at += written.length;
  };
  while (at < source.length) {
    const blank = match(space);
    if (blank) {
      at += blank.length;
      continue;
    }
    let written: string | undefined;
    if ((written = match(name))) add('name', written);
    else if ((written = match(text))) add('text', written, unquote(written, at + 1));
    else if ((written = match(number))) add('number', written, numberOf(written));
    else if ((written = match(mark))) add('mark', written);
    else throw new ConditionError(at + 1, unknown(source, at));
  }
  tokens.push({ kind: 'end', source: '', column: source.length + 1 });
  return tokens;
}

function unknown(source: string, at: number): string {
  const found = source[at]!;
  if (found === '"') return 'the text has no closing double quote';
  const advice = foreign[found];
  return `${found} is not understood${advice ? `: ${advice}` : ''}`;
}

function numberOf(written: string): number | bigint {
  const value = Number(written);
  return Number.isInteger(value) && !Number.isSafeInteger(value) && /^[+-]?\d+$/.test(written)
    ? BigInt(written.replace('+', ''))
    : value;
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '"': '"', '\\': '\\', '/': '/' };

function unquote(written: string, column: number): string {
  return written.slice(1, -1).replace(/\\(.)/gsu, (_whole, escaped: string, offset: number) => {
    const meant = escapes[escaped];
    if (meant !== undefined) return meant;
    const example = `\\\\${escaped}`;
    throw new ConditionError(
      column + 1 + offset,
      `a text has no escape \\${escaped}; for a backslash write ${example}`,
    );
  });
}
