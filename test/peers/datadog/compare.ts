import type { Mapped, Sketch } from '../../../packages/exporters/datadog/src/map/series.ts';
import type { Translated } from './translator.ts';

/** Series and sketches, theirs and ours in one form and one order. What is in the bins of sketches is apart. */
export interface Comparable {
  /** One text each: it takes a tenth of the time to compare them. */
  readonly items: readonly string[];
  /** Of the sketches among the items, in their order. */
  readonly bins: readonly Bins[];
}

export type Bins = Pick<Sketch, 'keys' | 'counts'>;

interface Item {
  readonly text: string;
  readonly bins: Bins | undefined;
}

export const theirs = ({ series, sketches }: Translated): Comparable =>
  comparable([
    ...series.map(({ timestamp, ...one }) => itemOf({ ...one, timestamp: secondsOf(timestamp) })),
    ...sketches.map(({ timestamp, keys, counts, ...one }) =>
      itemOf({ ...one, timestamp: secondsOf(timestamp) }, { keys: keys ?? [], counts: counts ?? [] }),
    ),
  ]);

export const ours = ({ series, sketches }: Mapped): Comparable =>
  comparable([
    ...series.flatMap(({ points, unit = '', host = '', interval = 0, ...one }) =>
      points.map((point) => itemOf({ ...one, unit, host, interval, ...point })),
    ),
    ...sketches.flatMap(({ points, unit = '', host = '', ...one }) =>
      points.map(({ timestamp, sketch: { keys, counts, ...summary } }) =>
        itemOf({ ...one, unit, host, timestamp, ...summary }, { keys, counts }),
      ),
    ),
  ]);

/** Times of theirs are nanoseconds, which a number cannot hold. */
const secondsOf = (nanoseconds: number): number => Math.floor(nanoseconds / 1e9 + 1e-4);

function itemOf(fields: Readonly<Record<string, unknown>>, bins?: Bins): Item {
  const text = Object.keys(fields)
    .sort()
    .map((name) => `${name}=${shown(name, fields[name])}`)
    .join(' ');
  return { text, bins };
}

const ofSketches = new Set(['min', 'max', 'sum', 'average']);

function shown(name: string, value: unknown): string {
  // A tag twice says no more than once.
  if (name === 'tags') return JSON.stringify([...new Set(value as readonly string[])].sort());
  // Logarithms of two libraries differ in the last digits.
  if (ofSketches.has(name)) return (value as number).toPrecision(10);
  return Object.is(value, -0) ? '-0' : String(value);
}

function comparable(items: readonly Item[]): Comparable {
  const sorted = items.toSorted((a, b) => (a.text < b.text ? -1 : 1));
  return {
    items: sorted.map(({ text }) => text),
    bins: sorted.map(({ bins }) => bins).filter((bins) => bins !== undefined),
  };
}

/** How many observations have another key in one than in the other, at most, below any key. */
export function movedOf(a: Bins, b: Bins): number {
  const change = new Map<number, number>();
  const add = ({ keys, counts }: Bins, sign: 1 | -1): void => {
    for (const [index, key] of keys.entries()) change.set(key, (change.get(key) ?? 0) + sign * counts[index]!);
  };
  add(a, 1);
  add(b, -1);
  let [below, most] = [0, 0];
  for (const [, count] of [...change].sort(([one], [other]) => one - other)) {
    below += count;
    most = Math.max(most, Math.abs(below));
  }
  return most;
}
