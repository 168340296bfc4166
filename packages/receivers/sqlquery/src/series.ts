import type { Attributes, HrTime } from '@millrace/core';
import type { Row, Value } from '@millrace/sql';
import type { Group } from './groups.ts';

/** A series of one metric: what stays the same of it from run to run. */
export interface Series {
  readonly attributes: Attributes;
  readonly group: Group;
  /** The run that has seen it last. */
  seen: number;
  startTime: HrTime;
  /** Of the last point. */
  endTime: HrTime;
  value: number | bigint | undefined;
}

/** More are not remembered: they are recorded, but their end is not told. */
export const maxSeries = 100_000;

/** By the value of a column: the node of the next column, or of the last one the series. */
type Node = Map<Value, Node | Series>;

export interface SeriesMap {
  /** The series of a row, by the values of these columns: no text is built to find it. */
  of(row: Row): Series | undefined;
  /** Remembers it, if there is room. */
  add(row: Row, series: Series): Series;
  /** Takes out those that this run has not seen. */
  takeUnseen(run: number): Series[];
}

export function createSeriesMap(indexes: readonly number[]): SeriesMap {
  const root: Node = new Map();
  const depth = Math.max(indexes.length, 1);
  let size = 0;

  const keyAt = (row: Row, level: number): Value => {
    const index = indexes[level];
    const value = index === undefined ? null : row[index]!;
    return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value;
  };

  function takeUnseen(node: Node, level: number, { run, found }: { run: number; found: Series[] }): void {
    for (const [value, child] of node) {
      if (level < depth - 1) {
        takeUnseen(child as Node, level + 1, { run, found });
        if ((child as Node).size === 0) node.delete(value);
      } else if ((child as Series).seen !== run) {
        found.push(child as Series);
        node.delete(value);
      }
    }
  }

  return {
    of(row) {
      let node: Node | Series | undefined = root;
      for (let level = 0; level < depth && node; level++) node = (node as Node).get(keyAt(row, level));
      return node as Series | undefined;
    },
    add(row, series) {
      if (size >= maxSeries) return series;
      size++;
      let node = root;
      for (let level = 0; level < depth - 1; level++) {
        const key = keyAt(row, level);
        let child = node.get(key) as Node | undefined;
        if (!child) node.set(key, (child = new Map()));
        node = child;
      }
      node.set(keyAt(row, depth - 1), series);
      return series;
    },
    takeUnseen(run) {
      const found: Series[] = [];
      takeUnseen(root, 0, { run, found });
      size -= found.length;
      return found;
    },
  };
}
