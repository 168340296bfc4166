/** What decides whether one comes before another. */
export interface Candidate {
  /** Undefined if it is not known. */
  readonly value: number | undefined;
  /** Ranks those of unknown value among themselves. */
  readonly fallback: number;
  readonly incumbent: boolean;
  /** Unique: the earlier seen is the lower. */
  readonly order: number;
}

/** Negative if `a` comes first: the greater value, then those of unknown value, then incumbents, then the one seen first. */
export function compare(a: Candidate, b: Candidate): number {
  if (a.value !== b.value) {
    if (a.value === undefined) return 1;
    if (b.value === undefined) return -1;
    return b.value - a.value;
  }
  if (a.value === undefined && a.fallback !== b.fallback) return b.fallback > a.fallback ? 1 : -1;
  if (a.incumbent !== b.incumbent) return a.incumbent ? -1 : 1;
  return a.order - b.order;
}

/** What an incumbent counts when places are given away: who wants its place must exceed it by more than the margin. */
export const withMargin = (value: number, margin: number): number => value + Math.abs(value) * margin;

const manyPlaces = 32;

/** The first n in order. */
export function first<T extends Candidate>(candidates: readonly T[], n: number): T[] {
  if (n === 0) return [];
  if (candidates.length <= n || n > manyPlaces) return candidates.toSorted(compare).slice(0, n);
  // A few places among many: nearly every candidate is done with after one comparison.
  const best: T[] = [];
  for (const candidate of candidates) {
    if (best.length === n) {
      if (compare(candidate, best[n - 1]!) > 0) continue;
      best.pop();
    }
    let place = best.length;
    while (place > 0 && compare(candidate, best[place - 1]!) < 0) place--;
    best.splice(place, 0, candidate);
  }
  return best;
}
