import type { Entry, Node } from './tree.ts';

/**
 * `later` over `earlier`: maps merge deeply, everything else is replaced. A key without a value (`batch:`) leaves a map that
 * is there as it is: it never deletes.
 */
export function merge(earlier: Node, later: Node): Node {
  if (earlier.kind !== 'map') return later;
  if (later.kind === 'scalar' && later.value === null) return earlier;
  if (later.kind !== 'map') return later;
  const entries = new Map<string, Entry>(earlier.entries);
  for (const [key, entry] of later.entries) {
    const before = entries.get(key);
    entries.set(key, before ? { key: entry.key, value: merge(before.value, entry.value) } : entry);
  }
  // What was merged is no longer the text of one file.
  return { kind: 'map', entries, span: later.span };
}
