import type { Shape } from './shape.ts';

export interface Member {
  readonly name: string;
  readonly shape: Shape;
}

/** The members of a shape by the bytes of their names, so that no text is made of the many that are not wanted. */
export interface Keys {
  /** The hash is that of the same bytes, made with `hashStep` from 0 on. */
  find(bytes: Uint8Array, from: number, to: number, hash: number): Member | undefined;
}

export const hashStep = (hash: number, byte: number): number => (Math.imul(hash, 31) + byte) | 0;

const tables = new WeakMap<Shape, Keys>();

export function keysOf(shape: Extract<Shape, { is: 'members' }>): Keys {
  const known = tables.get(shape);
  if (known) return known;
  const byHash = new Map<number, { readonly bytes: Uint8Array; readonly member: Member }[]>();
  for (const [name, one] of shape.members) {
    const bytes = Buffer.from(name);
    const hash = bytes.reduce(hashStep, 0);
    byHash.set(hash, [...(byHash.get(hash) ?? []), { bytes, member: { name, shape: one } }]);
  }
  const keys: Keys = {
    find(bytes, from, to, hash) {
      const candidates = byHash.get(hash);
      if (!candidates) return undefined;
      return candidates.find((one) => isAt(one.bytes, bytes, { from, to }))?.member;
    },
  };
  tables.set(shape, keys);
  return keys;
}

function isAt(key: Uint8Array, bytes: Uint8Array, { from, to }: { from: number; to: number }): boolean {
  if (key.length !== to - from) return false;
  for (let at = 0; at < key.length; at++) if (key[at] !== bytes[from + at]) return false;
  return true;
}
