// Damage to requests: what networks, bad encoders and attackers do.
import type { Random } from './random.ts';

export function mutate(bytes: Uint8Array, other: Uint8Array, { below, pick }: Random): Uint8Array {
  const mutated = Buffer.from(bytes);
  const at = below(mutated.length + 1);
  const insert = (inserted: readonly number[]): Buffer =>
    Buffer.concat([mutated.subarray(0, at), Buffer.from(inserted), mutated.subarray(at)]);
  switch (below(8)) {
    case 0:
    case 1:
      for (let flips = 1 + below(4); flips > 0; flips--) {
        const place = below(mutated.length);
        mutated[place]! ^= 1 << below(8);
      }
      return mutated;
    case 2:
      return mutated.subarray(0, at);
    case 3:
      return Buffer.concat([mutated.subarray(0, at), other.subarray(below(other.length + 1))]);
    case 4:
      return insert(Array.from({ length: 1 + below(8) }, () => below(256)));
    case 5:
      // Lengths beyond all measure.
      return insert([0x0a, ...pick([[0xff, 0xff, 0xff, 0xff, 0x0f], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], Array.from({ length: 11 }, () => 0xff)])]);
    case 6:
      return nested(bytes, below(200), pick([0x0a, 0x2a, 0x32, 0x12]));
    default:
      return Buffer.concat([mutated.subarray(0, at), mutated.subarray(Math.min(mutated.length, at + 1 + below(20)))]);
  }
}

/** Messages in messages, around nothing. */
function nested(before: Uint8Array, depth: number, tag: number): Uint8Array {
  let inner = Buffer.alloc(0);
  for (let level = 0; level < depth; level++) {
    const size = inner.length;
    const length = size < 0x80 ? [size] : [(size & 0x7f) | 0x80, size >> 7];
    inner = Buffer.concat([Buffer.from([tag, ...length]), inner]);
  }
  return Buffer.concat([before, inner]);
}
