import type { Entry } from './codec.ts';

const compare = (a: Entry, b: Entry): number => a.seconds - b.seconds || a.nanos - b.nanos;

/**
 * Puts the lines of a stream into the order of their times, and sets those apart by nanoseconds that have the same time and
 * the same content: Loki would take them for one that was sent twice, and keep one.
 */
export function inOrder(entries: Entry[], written: Buffer): void {
  sort(entries);
  let last: Entry | undefined;
  /** Of the contents at the time of `last`, and those that were moved on from before it: the latest entry with each. */
  const latest = new Map<string, Entry>();
  let latestMoved: Entry | undefined;
  const content = ({ start, end }: Entry): string => written.toString('latin1', start, end);
  let moved = false;
  for (const [index, entry] of entries.entries()) {
    const next = entries[index + 1];
    const isNew = !last || compare(last, entry) < 0;
    if (isNew && (!latestMoved || compare(latestMoved, entry) < 0)) latest.clear();
    last = { ...entry };
    // Almost all are alone at their time, and need not be looked at.
    if (latest.size === 0 && (!next || compare(entry, next) < 0)) continue;
    const key = content(entry);
    const same = latest.get(key);
    if (same && compare(same, entry) >= 0) {
      entry.seconds = same.seconds + (same.nanos === 999_999_999 ? 1 : 0);
      entry.nanos = same.nanos === 999_999_999 ? 0 : same.nanos + 1;
      moved = true;
      if (!latestMoved || compare(latestMoved, entry) < 0) latestMoved = entry;
    }
    latest.set(key, entry);
  }
  if (moved) sort(entries);
}

function sort(entries: Entry[]): void {
  for (let index = 1; index < entries.length; index++)
    if (compare(entries[index - 1]!, entries[index]!) > 0) {
      entries.sort(compare);
      return;
    }
}
