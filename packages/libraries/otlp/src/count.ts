import type { Signal } from '@millrace/core';
import { Cursor } from './cursor.ts';

// The tags on the way to the items, by level. A metric has one of five kinds of data.
const ways: { readonly [S in Signal]: readonly (readonly number[])[] } = {
  metrics: [[0x0a], [0x12], [0x12], [0x2a, 0x3a, 0x4a, 0x52, 0x5a], [0x0a]],
  logs: [[0x0a], [0x12], [0x12]],
  traces: [[0x0a], [0x12], [0x12]],
  profiles: [[0x0a], [0x12], [0x12], [0x12]],
};
const metricLevel = 3;

/** The items of a request that has been checked. What is below them is passed over. */
export function countItems(signal: Signal, request: Buffer): number {
  const cursor = new Cursor(request);
  const way = ways[signal];
  const count = (level: number, end: number): number => {
    const tags = way[level]!;
    const isLast = level === way.length - 1;
    const oneOf = signal === 'metrics' && level === metricLevel;
    let items = 0;
    while (cursor.at < end) {
      const tag = cursor.varint();
      if (!tags.includes(tag)) {
        cursor.skip(tag);
        continue;
      }
      const stop = cursor.end();
      const inside = isLast ? 1 : count(level + 1, stop);
      cursor.at = stop;
      items = oneOf ? inside : items + inside;
    }
    return items;
  };
  return count(0, request.length);
}
