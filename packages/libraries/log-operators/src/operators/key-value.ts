import type { ValueMap } from '../entry.ts';
import { define } from '../field.ts';
import { entryError, OperatorProblem } from '../problem.ts';
import { parser } from './parser.ts';

export const keyValueParser = parser(
  ({ delimiter = '=', pair_delimiter: pairs }) => {
    if (delimiter === pairs) throw new OperatorProblem('must not be the same as delimiter', 'pair_delimiter');
    return (text) => {
      const map: ValueMap = {};
      for (const pair of split(text.trim(), pairs)) {
        const at = pair.indexOf(delimiter);
        if (at < 0) throw entryError(`"${pair.slice(0, 100)}" is not a key and a value with ${delimiter} between`);
        define(map, unquoted(pair.slice(0, at).trim()), unquoted(pair.slice(at + delimiter.length).trim()));
      }
      return map;
    };
  },
  { keys: ['delimiter', 'pair_delimiter'] },
);

/** Between quotes, the delimiter is a part of the value. */
function split(text: string, delimiter: string | undefined): string[] {
  if (!/["']/.test(text)) return text.split(delimiter ?? /\s+/).filter((part) => part !== '');
  const parts: string[] = [];
  let quote = '';
  let begin = 0;
  for (let at = 0; at <= text.length; ) {
    const isEnd = at === text.length;
    const length = delimiter === undefined ? Number(/\s/.test(text[at] ?? '')) : delimiter.length;
    const isDelimiter = delimiter === undefined ? length > 0 : text.startsWith(delimiter, at);
    if (isEnd || (quote === '' && isDelimiter)) {
      if (at > begin) parts.push(text.slice(begin, at));
      if (isEnd) break;
      at += length;
      begin = at;
      continue;
    }
    const one = text[at]!;
    if (one === quote) quote = '';
    else if (quote === '' && (one === '"' || one === "'")) quote = one;
    at++;
  }
  if (quote !== '') throw entryError(`a quote is not closed`);
  return parts.filter((part) => part.trim() !== '');
}

const unquoted = (text: string): string =>
  /^(?:"[^]*"|'[^]*')$/.test(text) && text.length > 1 ? text.slice(1, -1) : text;

const pair = /\s*([^\s="]+)(?:=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*)))?(?=\s|$)/y;
const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

/** https://brandur.org/logfmt: `level=info msg="a b" flag`. A key alone is true, as a text. */
export const logfmtParser = parser(() => (text) => {
  const map: ValueMap = {};
  const end = text.trimEnd().length;
  for (pair.lastIndex = 0; pair.lastIndex < end; ) {
    const at = pair.lastIndex;
    const match = pair.exec(text);
    if (!match) throw entryError(`is not logfmt from "${text.slice(at, at + 100)}" on`);
    const [, key, quoted, bare] = match;
    const value = quoted?.replace(/\\(.)/gs, (_, one: string) => escapes[one] ?? one) ?? bare ?? 'true';
    define(map, key!, value);
  }
  return map;
});
