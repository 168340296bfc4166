import { readEscape } from './escape.ts';
import { complement, foldCase, posixClasses, type Range, rangeText } from './ranges.ts';

interface ReadClass {
  /** The class as JavaScript writes it. */
  readonly text: string;
  /** Where it ends in the pattern. */
  readonly end: number;
}

/** Reads `[…]`, which begins at `start`. */
export function readClass(pattern: string, start: number, ignoreCase: boolean): ReadClass {
  const ranges: Range[] = [];
  let properties = '';
  let at = start + 1;
  const isNegated = pattern[at] === '^';
  if (isNegated) at++;
  for (let first = true; first || pattern[at] !== ']'; first = false) {
    if (at >= pattern.length) throw new SyntaxError('a "[" is not closed');
    const item = readItem(pattern, at);
    at = item.end;
    if ('property' in item) {
      properties += item.property;
      continue;
    }
    if (!('code' in item)) {
      ranges.push(...item.ranges);
      continue;
    }
    let high = item.code;
    if (pattern[at] === '-' && at + 1 < pattern.length && pattern[at + 1] !== ']') {
      const upper = readItem(pattern, at + 1);
      if (!('code' in upper) || upper.code < item.code)
        throw new SyntaxError(`"${pattern.slice(at - 1, upper.end)}" is no range`);
      high = upper.code;
      at = upper.end;
    }
    ranges.push([item.code, high]);
  }
  const all = ignoreCase ? foldCase(ranges) : ranges;
  return { text: `[${isNegated ? '^' : ''}${all.map(rangeText).join('')}${properties}]`, end: at + 1 };
}

type Item = { readonly end: number } & (
  | { readonly code: number }
  | { readonly ranges: readonly Range[] }
  | { readonly property: string }
);

function readItem(pattern: string, at: number): Item {
  const named = /^\[:(\^?)(\w+):\]/.exec(pattern.slice(at, at + 16));
  if (named) {
    const ranges = posixClasses[named[2]!];
    if (!ranges) throw new SyntaxError(`there is no class ${named[0]}`);
    return { ranges: named[1] ? complement(ranges) : ranges, end: at + named[0].length };
  }
  if (pattern[at] === '\\') {
    const escape = readEscape(pattern, at);
    if ('assertion' in escape) throw new SyntaxError(`${pattern.slice(at, escape.end)} cannot stand in "[…]"`);
    return escape;
  }
  const code = pattern.codePointAt(at)!;
  return { code, end: at + String.fromCodePoint(code).length };
}
