import { compare, magnitude } from './int64.ts';
import type { Int64 } from './int64.ts';
import type { Frame, Nodes } from './nodes.ts';
import type { Profile, Samples, ValueType } from './profile.ts';
import { viewOf } from './view.ts';
import type { ViewOptions } from './view.ts';

export interface TopOptions extends ViewOptions {
  /** `self` by default. */
  readonly sort?: 'self' | 'total';
  /** How many rows at most; all by default. */
  readonly limit?: number;
}

export interface TopRow extends Frame {
  /** What was spent in it, and not in what it called. */
  readonly self: Int64;
  /** What was spent in it and in what it called, recursion counted once. */
  readonly total: Int64;
}

export interface Top {
  readonly sampleType: ValueType;
  /** Of the profile before it was filtered. */
  readonly total: Int64;
  readonly rows: readonly TopRow[];
  /** Rows that the limit left out. */
  readonly omitted: number;
}

/** What was spent in each function (or file, or line), the most first. */
export function top(profile: Profile, options: TopOptions = {}): Top {
  const { profile: seen, sampleType, total, weights, nodes } = viewOf(profile, options);
  const sums = weights.columns.map((weight) => sumUp(seen.samples, { weight, nodes }));
  const [selfs, totals] = [sums.map((one) => one.self), sums.map((one) => one.total)];
  const rows: TopRow[] = [];
  for (const [index, frame] of nodes.frames.entries()) {
    const row = { ...frame, self: weights.total(selfs, index), total: weights.total(totals, index) };
    if (row.self !== 0 || row.total !== 0) rows.push(row);
  }
  rows.sort(options.sort === 'total' ? byTotal : bySelf);
  const shown = rows.slice(0, options.limit ?? rows.length);
  return { sampleType, total, rows: shown, omitted: rows.length - shown.length };
}

function sumUp(
  { count, stack, stackStart }: Samples,
  { weight, nodes }: { weight: Float64Array; nodes: Nodes },
): { self: Float64Array; total: Float64Array } {
  const { start, node } = nodes;
  const self = new Float64Array(nodes.frames.length);
  const total = new Float64Array(nodes.frames.length);
  const seen = new Int32Array(nodes.frames.length).fill(-1);
  for (let sample = 0; sample < count; sample++) {
    const value = weight[sample]!;
    const begin = stackStart[sample]!;
    const end = stackStart[sample + 1]!;
    if (value === 0 || begin === end) continue;
    self[node[start[stack[begin]!]!]!]! += value;
    for (let at = begin; at < end; at++) {
      const location = stack[at]!;
      const last = start[location + 1]!;
      for (let line = start[location]!; line < last; line++) {
        const index = node[line]!;
        if (seen[index] === sample) continue;
        seen[index] = sample;
        total[index]! += value;
      }
    }
  }
  return { self, total };
}

/** What the orders of rows look at. */
export interface Sortable {
  readonly name: string;
  readonly self: Int64;
  readonly total: Int64;
}

export const bySelf = (one: Sortable, other: Sortable): number =>
  compare(magnitude(other.self), magnitude(one.self)) ||
  byText(one.name, other.name) ||
  compare(magnitude(other.total), magnitude(one.total));

export const byTotal = (one: Sortable, other: Sortable): number =>
  compare(magnitude(other.total), magnitude(one.total)) ||
  byText(one.name, other.name) ||
  compare(magnitude(other.self), magnitude(one.self));

export const byText = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
