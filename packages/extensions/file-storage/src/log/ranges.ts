/** Records that lie one after the other in a segment, from the first byte to behind the last. */
export interface Range {
  readonly start: number;
  readonly end: number;
  readonly records: number;
  readonly items: number;
}

/** Ranges of one segment that do not overlap; those that touch are one. */
export interface Ranges {
  readonly list: readonly Range[];
  /** False, and nothing is done, if a part of it is in already. */
  add(range: Range): boolean;
  /** Where the range that holds this offset ends; the offset itself if none does. */
  after(offset: number): number;
}

export function createRanges(): Ranges {
  const list: Range[] = [];

  /** The index of the first range that ends behind the offset. */
  function search(offset: number): number {
    let [low, high] = [0, list.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (list[middle]!.end <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  return {
    list,
    add(range) {
      const index = search(range.start);
      const [before, behind] = [list[index - 1], list[index]];
      if (behind !== undefined && behind.start < range.end) return false;
      const joinsBefore = before?.end === range.start;
      const joinsBehind = behind?.start === range.end;
      let merged = joinsBefore ? join(before, range) : range;
      if (joinsBehind) merged = join(merged, behind);
      list.splice(joinsBefore ? index - 1 : index, Number(joinsBefore) + Number(joinsBehind), merged);
      return true;
    },
    after(offset) {
      const range = list[search(offset)];
      return range !== undefined && range.start <= offset ? range.end : offset;
    },
  };
}

const join = (a: Range, b: Range): Range => ({
  start: a.start,
  end: b.end,
  records: a.records + b.records,
  items: a.items + b.items,
});
