/** Code points from the first to the second, both of them included. */
export type Range = readonly [number, number];

const last = 0x10ffff;
const of = (text: string): Range[] =>
  [...text.matchAll(/(.)-(.)/gsu)].map(([, low, high]) => [low!.codePointAt(0)!, high!.codePointAt(0)!]);

const word = of('0-9A-Z_-_a-z');
const space = of('\t-\n\f-\r - ');
const digit = of('0-9');

/** What `\d`, `\s` and `\w` are in RE2: of ASCII alone, and `\s` without the vertical tab. */
export const perlClasses: Readonly<Record<string, readonly Range[]>> = {
  d: digit,
  s: space,
  w: word,
  D: complement(digit),
  S: complement(space),
  W: complement(word),
};

/** What stands between `[:` and `:]`. */
export const posixClasses: Readonly<Record<string, readonly Range[]>> = {
  alnum: of('0-9A-Za-z'),
  alpha: of('A-Za-z'),
  ascii: [[0, 0x7f]],
  blank: of('\t-\t - '),
  cntrl: [
    [0, 0x1f],
    [0x7f, 0x7f],
  ],
  digit,
  graph: of('!-~'),
  lower: of('a-z'),
  print: of(' -~'),
  punct: of('!-/:-@[-`{-~'),
  space: of('\t-\r - '),
  upper: of('A-Z'),
  word,
  xdigit: of('0-9A-Fa-f'),
};

/** All other code points, of ranges that are sorted and apart. */
export function complement(ranges: readonly Range[]): Range[] {
  const others: Range[] = [];
  let next = 0;
  for (const [low, high] of ranges) {
    if (low > next) others.push([next, low - 1]);
    next = high + 1;
  }
  if (next <= last) others.push([next, last]);
  return others;
}

/** As it stands in a class of a JavaScript pattern with the flag `u`. */
export const rangeText = ([low, high]: Range): string => (low === high ? point(low) : `${point(low)}-${point(high)}`);

const point = (code: number): string => {
  const text = String.fromCodePoint(code);
  return /[0-9A-Za-z_]/.test(text) ? text : `\\u{${code.toString(16)}}`;
};

/** More are not gone through one by one: such a range has its letters in both cases. */
const widest = 2_048;

/** The same with its letters in both cases. */
export function foldCase(ranges: readonly Range[]): Range[] {
  const folded: Range[] = [...ranges];
  for (const [low, high] of ranges) {
    if (high - low > widest) continue;
    for (let code = low; code <= high; code++)
      for (const other of casesOf(String.fromCodePoint(code))) {
        const folds = other.codePointAt(0)!;
        if (folds !== code) folded.push([folds, folds]);
      }
  }
  return folded;
}

/** A character in its cases, itself among them. */
export const casesOf = (character: string): string[] => [
  ...new Set(
    [character, character.toLowerCase(), character.toUpperCase()].filter(
      (one) => one.length === String.fromCodePoint(one.codePointAt(0)!).length,
    ),
  ),
];
