import { wholeOf } from '../json/scalars.ts';
import type { Whole } from '../status/nodes.ts';

/** Exactly; undefined if there is nothing to add, or more than 64 bits. What is not known adds nothing. */
export function sum(values: Iterable<Whole>): Whole {
  let total: bigint | undefined;
  for (const value of values) if (value !== undefined) total = (total ?? 0n) + BigInt(value);
  return wholeOf(total);
}

export function sumOfFloats(values: Iterable<number | undefined>): number | undefined {
  let total: number | undefined;
  for (const value of values) if (value !== undefined) total = (total ?? 0) + value;
  return total;
}

export const ratioOf = (part: Whole, of: Whole): number | undefined =>
  part === undefined || of === undefined || Number(of) <= 0 ? undefined : Number(part) / Number(of);

export const secondsOf = (nanoseconds: number | undefined): number | undefined =>
  nanoseconds === undefined ? undefined : nanoseconds / 1e9;
