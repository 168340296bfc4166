const step = (hash: number, word: number): number => Math.imul(((hash << 13) | (hash >>> 19)) ^ word, 0x9e37_79b1);

/** Of the bytes from start to end: four at once, the last four may overlap. */
export function hashOf(view: DataView, start: number, end: number): number {
  const last = end - 4;
  let hash = end - start;
  if (start > last) for (let at = start; at < end; at++) hash = step(hash, view.getUint8(at));
  else {
    for (let at = start; at < last; at += 4) hash = step(hash, view.getInt32(at, true));
    hash = step(hash, view.getInt32(last, true));
  }
  hash ^= hash >>> 16;
  return Math.imul(hash, 0x85eb_ca6b) ^ (hash >>> 13);
}

/** Some bytes of a request. */
export interface Piece {
  readonly view: DataView;
  readonly start: number;
  readonly size: number;
}

/** Whether the bytes from start on are those kept at a place. */
export function isSame(kept: DataView, keptAt: number, { view, start, size }: Piece): boolean {
  const last = size - 4;
  if (last < 0) {
    for (let offset = 0; offset < size; offset++)
      if (kept.getUint8(keptAt + offset) !== view.getUint8(start + offset)) return false;
    return true;
  }
  for (let offset = 0; offset < last; offset += 4)
    if (kept.getInt32(keptAt + offset, true) !== view.getInt32(start + offset, true)) return false;
  return kept.getInt32(keptAt + last, true) === view.getInt32(start + last, true);
}
