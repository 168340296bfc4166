import { readClass } from './class.ts';
import { readEscape } from './escape.ts';
import { casesOf, foldCase, rangeText } from './ranges.ts';

/** A pattern of RE2 that matches whole texts, as Prometheus anchors those of relabelling. */
export interface WholeMatch {
  /** The groups of the match, the whole first; undefined if the text does not match. */
  exec(text: string): readonly (string | undefined)[] | undefined;
  test(text: string): boolean;
  /** Names of groups, and their numbers. */
  readonly names: ReadonlyMap<string, number>;
}

interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
  readonly U: boolean;
}

/** A repetition that RE2 allows at most. */
const mostTimes = 1_000;

/**
 * Compiles a pattern as Go's `regexp` reads it (https://pkg.go.dev/regexp/syntax), with `.` matching line breaks too. Throws a
 * SyntaxError for what RE2 does not have either: back references and looking around.
 */
export function compileRe2(pattern: string): WholeMatch {
  // Node 22 has no flags for a part of a pattern. One for the whole is left to it, others are spelled out.
  const ignoreCase = /^\(\?[imsU]*i[imsU]*\)/.test(pattern) && !/\(\?[imsU]*-[imsU]*i/.test(pattern);
  const { text, names } = translate(pattern, ignoreCase);
  let regex: RegExp;
  try {
    regex = new RegExp(`^(?:${text})$`, ignoreCase ? 'sui' : 'su');
  } catch (error) {
    const reason = (error as Error).message.split(': ').at(-1)!;
    throw new SyntaxError(`${reason.charAt(0).toLowerCase()}${reason.slice(1)}`);
  }
  return { names, test: (value) => regex.test(value), exec: (value) => regex.exec(value) ?? undefined };
}

interface Translated {
  readonly text: string;
  readonly names: ReadonlyMap<string, number>;
}

function translate(pattern: string, isFolded: boolean): Translated {
  const names = new Map<string, number>();
  const outer: Flags[] = [];
  let flags: Flags = { i: false, m: false, s: true, U: false };
  let groups = 0;
  let text = '';
  let at = 0;

  const literal = (character: string): void => {
    const cases = flags.i && !isFolded ? casesOf(character) : [character];
    text += cases.length > 1 ? `[${cases.join('')}]` : character.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
  };
  const open = (written: string, asJavaScript: string): void => {
    outer.push(flags);
    text += asJavaScript;
    at += written.length;
  };

  function group(): void {
    const rest = pattern.slice(at);
    const name = /^\(\?P?<(\w+)>/.exec(rest);
    if (name || !rest.startsWith('(?')) {
      groups++;
      if (name && names.has(name[1]!)) throw new SyntaxError(`two groups are named ${name[1]}`);
      if (name) names.set(name[1]!, groups);
      return open(name?.[0] ?? '(', '(');
    }
    const [whole, on = '', off = '', end] = /^\(\?([imsU]*)(?:-([imsU]+))?([:)])/.exec(rest) ?? [];
    if (whole === undefined)
      throw new SyntaxError(`"${rest.slice(0, 4)}" is not of RE2: it has (…), (?:…), (?P<name>…) and (?flags)`);
    if (end === ':') open(whole, '(?:');
    else at += whole.length;
    flags = { ...flags, ...switches(on, true), ...switches(off, false) };
  }

  function repetition(): boolean {
    const counted = /^\{(\d+)(?:,(\d*))?\}/.exec(pattern.slice(at, at + 24));
    if (counted && Math.max(Number(counted[1]), Number(counted[2] || 0)) > mostTimes)
      throw new SyntaxError(`${counted[0]} is too often: ${mostTimes} times are allowed`);
    const times = counted?.[0] ?? (/[*+?]/.test(pattern[at]!) ? pattern[at]! : undefined);
    if (times === undefined) return false;
    at += times.length;
    const isLazy = pattern[at] === '?';
    if (isLazy) at++;
    text += `${times}${isLazy === flags.U ? '' : '?'}`;
    return true;
  }

  function escape(): void {
    if (pattern.startsWith('\\Q', at)) {
      const end = pattern.indexOf('\\E', at);
      for (const character of pattern.slice(at + 2, end < 0 ? undefined : end)) literal(character);
      at = end < 0 ? pattern.length : end + 2;
      return;
    }
    const escaped = readEscape(pattern, at);
    at = escaped.end;
    if ('code' in escaped) literal(String.fromCodePoint(escaped.code));
    else if ('assertion' in escaped) text += escaped.assertion;
    else if ('property' in escaped) text += escaped.property;
    else text += `[${(flags.i ? foldCase(escaped.ranges) : escaped.ranges).map(rangeText).join('')}]`;
  }

  while (at < pattern.length) {
    const character = String.fromCodePoint(pattern.codePointAt(at)!);
    if (character === '\\') escape();
    else if (character === '(') group();
    else if (character === '[') {
      const read = readClass(pattern, at, flags.i && !isFolded);
      text += read.text;
      at = read.end;
    } else if (repetition()) continue;
    else {
      at += character.length;
      if (character === ')') {
        const before = outer.pop();
        if (!before) throw new SyntaxError('a ")" is not opened');
        flags = before;
        text += ')';
      } else if (character === '|') text += '|';
      else if (character === '.') text += flags.s ? '.' : '[^\\n]';
      else if (character === '^') text += flags.m ? '(?<![^\\n])' : '^';
      else if (character === '$') text += flags.m ? '(?![^\\n])' : '$';
      else literal(character);
    }
  }
  if (outer.length > 0) throw new SyntaxError('a "(" is not closed');
  return { text, names };
}

const switches = (letters: string, to: boolean): Partial<Flags> =>
  Object.fromEntries(letters.split('').map((letter) => [letter, to]));
