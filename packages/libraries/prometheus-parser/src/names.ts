import type { Cursor } from './cursor.ts';

interface Known {
  readonly bytes: Buffer;
  readonly wanted: boolean;
  readonly next: Known | undefined;
}

/** Beyond this, names are asked about again. */
const most = 65_536;
const longest = 1024;

export interface WantedNames {
  /** Whether the name that these bytes, from the cursor to `end`, say is wanted; `name` decodes them, and is called once for each. */
  wants(cursor: Cursor, end: number, name: () => string): boolean;
  /** Whether the line at the cursor is of the same unwanted name as the one before it. */
  repeatsUnwanted(cursor: Cursor): boolean;
}

/** Remembers what `wanted` said of each name, by its bytes. */
export function wantedNames(wanted: (name: string) => boolean): WantedNames {
  const known = new Map<number, Known>();
  let last: Buffer | undefined;

  const same = (a: Buffer, bytes: Buffer, at: number): boolean => {
    for (let index = 0; index < a.length; index++) if (a[index] !== bytes[at + index]) return false;
    return true;
  };

  return {
    wants(cursor, end, name) {
      const { bytes, at } = cursor;
      let hashed = 0;
      for (let index = at; index < end; index++) hashed = Math.imul(hashed ^ bytes[index]!, 0x01000193);
      hashed &= 0x3fffffff;
      const first = known.get(hashed);
      let found = first;
      while (found && !(found.bytes.length === end - at && same(found.bytes, bytes, at))) found = found.next;
      if (!found) {
        if (end - at > longest) return wanted(name());
        if (known.size >= most) known.clear();
        found = { bytes: Buffer.from(bytes.subarray(at, end)), wanted: wanted(name()), next: first };
        known.set(hashed, found);
      }
      last = found.wanted ? undefined : found.bytes;
      return found.wanted;
    },
    repeatsUnwanted({ bytes, at, end }) {
      if (!last || at + last.length >= end || !same(last, bytes, at)) return false;
      const after = bytes[at + last.length]!;
      return after === 123 || after === 32 || after === 44 || after === 125;
    },
  };
}
