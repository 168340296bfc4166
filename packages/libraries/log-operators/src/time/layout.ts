import { OperatorProblem } from '../problem.ts';
import { type DateParts, type Directive, directives as d } from './directives.ts';

type Part = string | Directive;

const strptimeParts: Readonly<Record<string, readonly Part[]>> = {
  ...Object.fromEntries(
    (['Y', 'y', 'm', 'o', 'b', 'B', 'd', 'e', 'a', 'A', 'H', 'p', 'M', 'S', 'Z'] as const).map((name) => [
      name,
      [d[name]],
    ]),
  ),
  h: [d.b],
  q: [d.m],
  g: [d.d],
  I: [d.H],
  l: [d.H],
  P: [d.p],
  L: [d.fraction],
  f: [d.fraction],
  s: [d.fraction],
  z: [d.offset],
  i: [d.offset],
  j: [d.offset],
  k: [d.offset],
  w: [d.offset],
  D: [d.m, '/', d.d, '/', d.y],
  x: [d.m, '/', d.d, '/', d.y],
  F: [d.Y, '-', d.m, '-', d.d],
  T: [d.H, ':', d.M, ':', d.S],
  X: [d.H, ':', d.M, ':', d.S],
  R: [d.H, ':', d.M],
  r: [d.H, ':', d.M, ':', d.S, ' ', d.p],
  c: [d.a, ' ', d.b, ' ', d.e, ' ', d.H, ':', d.M, ':', d.S, ' ', d.Y],
  n: ['\n'],
  t: ['\t'],
  '%': ['%'],
};

function strptime(layout: string): Part[] {
  return [...layout.matchAll(/%(.?)|[^%]+/gs)].flatMap(([text, name]): readonly Part[] => {
    if (name === undefined) return [text];
    const parts = Object.hasOwn(strptimeParts, name) ? strptimeParts[name] : undefined;
    if (!parts) throw new OperatorProblem(`the layout has "${text}", which strptime does not know here`, 'layout');
    return parts;
  });
}

/** https://pkg.go.dev/time#pkg-constants; longer ones before those that they begin with. */
const goElements: readonly (readonly [string, Directive])[] = [
  ['January', d.B],
  ['Jan', d.b],
  ['Monday', d.A],
  ['Mon', d.a],
  ['MST', d.Z],
  ['2006', d.Y],
  ['002', d.dayOfYear],
  ['01', d.m],
  ['02', d.d],
  ['03', d.H],
  ['04', d.M],
  ['05', d.S],
  ['06', d.y],
  ['15', d.H],
  ['PM', d.p],
  ['pm', d.p],
  ...['-07:00:00', '-07:00', '-070000', '-0700', '-07', 'Z07:00:00', 'Z07:00', 'Z070000', 'Z0700', 'Z07'].map(
    (text) => [text, d.offset] as const,
  ),
  ['_2', d.e],
  ['1', d.m],
  ['2', d.d],
  ['3', d.H],
  ['4', d.M],
  ['5', d.S],
];

function goTime(layout: string): Part[] {
  const parts: Part[] = [];
  for (let at = 0; at < layout.length; ) {
    const rest = layout.slice(at);
    const fraction = /^[.,](?:0+|9+)(?!\d)/.exec(rest)?.[0];
    const [text, part] = fraction
      ? [fraction, d.pointAndFraction]
      : (goElements.find(([element]) => rest.startsWith(element)) ?? [rest[0]!, rest[0]!]);
    parts.push(part);
    at += text.length;
  }
  return parts;
}

export interface Layout {
  /** Undefined if the text is not of this layout. */
  read(text: string): DateParts | undefined;
}

/** Throws an OperatorProblem for a layout that cannot be understood. */
export function compileLayout(layout: string, type: 'strptime' | 'gotime'): Layout {
  const parts = type === 'strptime' ? strptime(layout) : goTime(layout);
  const readers: NonNullable<Directive['read']>[] = [];
  let source = '';
  for (const [index, part] of parts.entries()) {
    if (typeof part === 'string') {
      // As Go: a fraction may be behind a point or a comma, whichever the layout has.
      const isBeforeFraction = parts[index + 1] === d.fraction && /[.,]$/.test(part);
      const text = isBeforeFraction ? part.slice(0, -1) : part;
      source += text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&').replace(/ +/g, ' +');
      if (isBeforeFraction) source += '[.,]';
      continue;
    }
    source += `(${part.pattern})`;
    readers.push(('read' in part && part.read) || (() => {}));
    // As Go: seconds may have a fraction of which the layout says nothing.
    if (part === d.S && !saysFraction(parts, index)) {
      source += '([.,]\\d+)?';
      readers.push((text, into) => d.pointAndFraction.read(text ?? '', into));
    }
  }
  const regex = new RegExp(`^${source}$`);
  return {
    read(text) {
      const match = regex.exec(text);
      if (!match) return undefined;
      const into: DateParts = {};
      for (let index = 0; index < readers.length; index++) readers[index]!(match[index + 1] ?? '', into);
      return into;
    },
  };
}

function saysFraction(parts: readonly Part[], index: number): boolean {
  const next = parts[index + 1];
  if (next === d.pointAndFraction || next === d.fraction) return true;
  return typeof next === 'string' && /^[.,:]$/.test(next) && parts[index + 2] === d.fraction;
}
