export interface Random {
  /** From 0 to below 1. */
  next(): number;
  /** From 0 to below the limit. */
  int(limit: number): number;
  pick<T>(items: readonly T[]): T;
}

/** https://en.wikipedia.org/wiki/Xorshift: the same numbers for the same seed. */
export function seeded(seed: number): Random {
  let state = seed >>> 0 || 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  const int = (limit: number): number => Math.floor(next() * limit);
  return { next, int, pick: (items) => items[int(items.length)]! };
}
