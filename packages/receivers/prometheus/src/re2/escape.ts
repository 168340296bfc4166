import { perlClasses, type Range } from './ranges.ts';

/** What a backslash and what follows it mean. */
export type Escape = { readonly end: number } & (
  | { readonly code: number }
  | { readonly ranges: readonly Range[] }
  | { readonly property: string }
  | { readonly assertion: string }
);

const controls: Readonly<Record<string, number>> = { a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 };
const assertions: Readonly<Record<string, string>> = { A: '^', z: '$', b: '\\b', B: '\\B' };

/** Reads the escape whose backslash is at `start`: https://pkg.go.dev/regexp/syntax */
export function readEscape(pattern: string, start: number): Escape {
  const rest = pattern.slice(start + 1, start + 64);
  const character = rest[0];
  if (character === undefined) throw new SyntaxError('it ends in a backslash');
  const perl = perlClasses[character];
  if (perl) return { ranges: perl, end: start + 2 };
  const control = controls[character];
  if (control !== undefined) return { code: control, end: start + 2 };
  const assertion = assertions[character];
  if (assertion !== undefined) return { assertion, end: start + 2 };
  if (/^[pP]/.test(rest)) return readProperty(rest, start);
  const octal = /^(?:0[0-7]{0,2}|[1-7][0-7]{1,2})/.exec(rest)?.[0];
  if (octal !== undefined) return { code: Number.parseInt(octal, 8), end: start + 1 + octal.length };
  const hex = /^x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\})/.exec(rest);
  const code = Number.parseInt(hex?.[1] ?? hex?.[2] ?? '', 16);
  if (hex && code <= 0x10ffff) return { code, end: start + 1 + hex[0].length };
  if (/^[1-9]/.test(rest)) throw new SyntaxError(`\\${character} refers back, which RE2 does not have`);
  // A sign stands for itself; a letter would be an escape that RE2 does not have.
  if (/^[^0-9A-Za-z]/.test(rest) && character.charCodeAt(0) < 0x80)
    return { code: character.charCodeAt(0), end: start + 2 };
  throw new SyntaxError(`\\${character} is no escape of RE2`);
}

function readProperty(rest: string, start: number): Escape {
  const [whole, kind, braced, letter] = /^([pP])(?:\{(\^?\w+)\}|(\w))/.exec(rest) ?? [];
  const written = braced ?? letter;
  if (whole === undefined || written === undefined) throw new SyntaxError(`\\${rest[0]} needs the name of a property`);
  const isNegated = (kind === 'P') !== written.startsWith('^');
  const name = written.replace('^', '');
  const property = name.length <= 2 || name === 'Any' ? name : `Script=${name}`;
  const text = `\\${isNegated ? 'P' : 'p'}{${property}}`;
  try {
    new RegExp(text, 'u');
  } catch {
    throw new SyntaxError(`there is no property ${name}`);
  }
  return { property: text, end: start + 1 + whole.length };
}
