import type { Histogram } from '@millrace/core';
import type { Column, Row } from '@millrace/sql';
import { indexOf } from './columns.ts';
import type { MetricConfig } from './query-schema.ts';
import { toDouble, toInt, ValueError } from './values.ts';

/** A histogram of each row; undefined for one whose buckets are all NULL. */
export function createHistogram(
  config: NonNullable<MetricConfig['histogram']>,
  columns: readonly Column[],
): (row: Row) => Histogram | undefined {
  const buckets = Object.entries(config.buckets as Readonly<Record<string, number | '+Inf'>>)
    .map(([name, bound]) => ({ name, index: indexOf(columns, name), bound: bound === '+Inf' ? Infinity : bound }))
    .sort((a, b) => a.bound - b.bound);
  const boundaries = buckets.map(({ bound }) => bound).filter(Number.isFinite);
  const sumIndex = config.sum_column === undefined ? undefined : indexOf(columns, config.sum_column);

  return (row) => {
    if (buckets.every(({ index }) => row[index] === null)) return undefined;
    const counts: bigint[] = [];
    let before = 0n;
    for (const { name, index } of buckets) {
      const value = row[index]!;
      if (value === null) throw new ValueError(`the bucket ${name} is NULL, but not all are`);
      const own = BigInt(toInt(value));
      const count = config.cumulative_buckets ? own - before : own;
      if (count < 0n) throw new ValueError(`the bucket ${name} has less than the one before, or than nothing`);
      before = own;
      counts.push(count);
    }
    // There is one more count than boundaries.
    if (counts.length === boundaries.length) counts.push(0n);
    const sum = sumIndex === undefined ? null : row[sumIndex]!;
    return {
      count: exact(counts.reduce((total, count) => total + count, 0n)),
      ...(sum !== null && { sum: toDouble(sum) }),
      buckets: { boundaries, counts: counts.map(exact) },
    };
  };
}

const exact = (value: bigint): number | bigint => (value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value);
