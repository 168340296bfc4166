import { randomInt } from 'node:crypto';

/*
 * Bytes four at a time, which is several times as fast as one by one. The last four may overlap the four before them.
 */

/** Nobody outside can know which bytes have the same hash. */
const seed = randomInt(2 ** 31);

/** The hash of what has two parts. */
export function chain(before: number, hashed: number): number {
  const mixed = Math.imul(before ^ hashed, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}

export function hashOf(view: DataView, start: number, end: number): number {
  let hashed = seed ^ (end - start);
  const last = end - 4;
  if (last < start) {
    for (let at = start; at < end; at++) hashed = chain(hashed, view.getUint8(at));
    return hashed;
  }
  for (let at = start; at < last; at += 4) hashed = chain(hashed, view.getInt32(at, true));
  return chain(hashed, view.getInt32(last, true));
}

// More parameters than elsewhere: an object for each place is made again and again where the engine does not inline.

/** Whether the bytes from `start` to `end` are those at `at` of the other view. */
export function sameBytes(view: DataView, start: number, end: number, other: DataView, at: number): boolean {
  const offset = at - start;
  const last = end - 4;
  if (last < start) {
    for (let index = start; index < end; index++)
      if (view.getUint8(index) !== other.getUint8(index + offset)) return false;
    return true;
  }
  for (let index = start; index < last; index += 4)
    if (view.getInt32(index, true) !== other.getInt32(index + offset, true)) return false;
  return view.getInt32(last, true) === other.getInt32(last + offset, true);
}

/** Puts the bytes from `start` to `end` at `at` of the other view. */
export function copyBytes(view: DataView, start: number, end: number, other: DataView, at: number): void {
  const offset = at - start;
  const last = end - 4;
  if (last < start) {
    for (let index = start; index < end; index++) other.setUint8(index + offset, view.getUint8(index));
    return;
  }
  for (let index = start; index < last; index += 4) other.setInt32(index + offset, view.getInt32(index, true), true);
  other.setInt32(last + offset, view.getInt32(last, true), true);
}

export const viewOf = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);
