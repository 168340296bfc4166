import type { Entry } from '../entry.ts';
import type { Emit } from './operator.ts';

interface JoinedText {
  read(entry: Entry): string;
  write(entry: Entry, text: string): void;
}

interface JoinLimits {
  readonly separator: string;
  /** The entry that is emitted, with the text of all. */
  readonly keeps: 'oldest' | 'newest';
  /** 0: no limit. */
  readonly maxBytes: number;
  readonly maxEntries: number;
  readonly waitMs: number;
}

/** Entries that wait for others whose texts belong to theirs, by a key. */
export interface Joiner {
  add(key: string, entry: Entry, now: number): void;
  has(key: string): boolean;
  size(key: string): number;
  /** No more may be added. */
  isFull(key: string): boolean;
  release(key: string, emit: Emit): void;
  flush(now: number, emit: Emit): void;
  held(): readonly Entry[];
}

interface Group {
  readonly entries: Entry[];
  readonly texts: string[];
  bytes: number;
  since: number;
}

export function joiner({ read, write }: JoinedText, limits: JoinLimits): Joiner {
  const { separator, keeps, maxBytes, maxEntries, waitMs } = limits;
  const groups = new Map<string, Group>();

  function release(key: string, emit: Emit): void {
    const group = groups.get(key);
    if (!group) return;
    groups.delete(key);
    const { entries, texts } = group;
    const kept = (keeps === 'oldest' ? entries[0] : entries.at(-1))!;
    if (entries.length > 1) {
      write(kept, texts.join(separator));
      kept.joined = entries.flatMap((entry) => (entry.joined === undefined ? [entry] : entry.joined));
    }
    emit(kept);
  }

  return {
    add(key, entry, now) {
      let group = groups.get(key);
      if (!group) groups.set(key, (group = { entries: [], texts: [], bytes: 0, since: now }));
      const text = read(entry);
      group.entries.push(entry);
      group.texts.push(text);
      group.bytes += text.length + separator.length;
      group.since = now;
    },
    has: (key) => groups.has(key),
    size: (key) => groups.get(key)?.entries.length ?? 0,
    isFull(key) {
      const group = groups.get(key);
      return group !== undefined && ((maxBytes > 0 && group.bytes >= maxBytes) || group.entries.length >= maxEntries);
    },
    release,
    flush(now, emit) {
      for (const [key, { since }] of groups) if (now - since >= waitMs) release(key, emit);
    },
    held: () => (groups.size === 0 ? none : [...groups.values()].flatMap(({ entries }) => entries)),
  };
}

const none: readonly Entry[] = [];
