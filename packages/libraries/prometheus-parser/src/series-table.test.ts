import { expect, test } from 'vitest';
import { createParser } from './index.ts';

interface Known {
  readonly id: string;
  readonly madeIn: number;
}

/** `ids` in the order of the page; the value of each is its place. */
const pageOf = (ids: readonly string[]): Buffer =>
  Buffer.from(ids.map((id, at) => `some_name{id="${id}",padding="${'x'.repeat(100)}"} ${at}\n`).join(''));

const range = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, at) => String(from + at));

test('series stay the same in any order, while others come and go', () => {
  let page = 0;
  let read: [Known, number][] = [];
  const parser = createParser<Known>({
    sink: {
      series: ({ labels }) => ({ id: labels['id']!, madeIn: page }),
      sample: (known, value) => void read.push([known, value]),
    },
  });
  // Longer than a part of the store.
  const long = 'y'.repeat(300_000);
  // With more bytes than one part of the store has.
  const pages = [
    range(0, 10_000),
    [long, ...range(0, 10_000).reverse()],
    range(5000, 20_000),
    range(0, 100),
    [...range(0, 3000), long],
  ];
  let before = new Map<string, number>();
  for (const ids of pages) {
    page++;
    read = [];
    const open = parser.begin('prometheus');
    open.push(pageOf(ids));
    const { gone, added } = open.end();
    expect(read.map(([{ id }, value]) => [id, value])).toEqual(ids.map((id, at) => [id, at]));
    expect(read.every(([{ id, madeIn }]) => madeIn === (before.get(id) ?? page))).toBe(true);
    expect(added).toBe(ids.filter((id) => !before.has(id)).length);
    const now = new Set(ids);
    expect(gone.map(({ id }) => id).sort()).toEqual([...before.keys()].filter((id) => !now.has(id)).sort());
    before = new Map(read.map(([{ id, madeIn }]) => [id, madeIn]));
  }
});
