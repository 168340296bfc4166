/** The list with each item replaced by what `keep` returns, and without those for which it returns undefined. The list itself, if nothing changed. */
export function narrow<T>(list: readonly T[], keep: (item: T) => T | undefined): readonly T[] {
  let changed: T[] | undefined;
  for (const [index, item] of list.entries()) {
    const kept = keep(item);
    if (!changed && kept !== item) changed = list.slice(0, index);
    if (changed && kept !== undefined) changed.push(kept);
  }
  return changed ?? list;
}
