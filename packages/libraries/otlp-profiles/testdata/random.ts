import { decode } from '@millrace/pprof';
import type { Profile } from '@millrace/pprof';
import * as wire from './wire.ts';

export type Random = (below: number) => number;

/** https://en.wikipedia.org/wiki/Xorshift */
export function createRandom(seed: number): Random {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const list = <Row>(count: number, make: (index: number) => Row): Row[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** A profile with some of everything: inlined lines, labels that come twice, 64-bit integers of every size. */
export function randomProfile(random: Random): Profile {
  const strings = [''];
  const string = (text: string): number => {
    if (!strings.includes(text)) strings.push(text);
    return strings.indexOf(text);
  };
  const text = (kind: string, count: number): number => string(`${kind} ${random(count)} ä`);
  const perhaps = (kind: string): number => (random(2) === 0 ? 0 : text(kind, 3));
  const int64 = (): bigint => {
    const size = random(5);
    if (size === 0) return 0n;
    if (size < 3) return BigInt(random(1000)) * (size === 1 ? 1n : -1n);
    const big = (BigInt(random(2 ** 31)) << 32n) | BigInt(random(2 ** 31));
    return size === 3 ? big : -big;
  };
  const type = (field: number, name: number) => wire.message(field, wire.int(1, name), wire.int(2, text('unit', 3)));
  const label = () => {
    const key = wire.int(1, string(['thread', 'trace_id', 'span_id', 'bytes', ''][random(5)]!));
    if (random(2) === 0) return wire.message(3, key, wire.int(3, int64()), wire.int(4, perhaps('unit')));
    const ids = ['00f067aa0ba902b7', '4bf92f3577b34da6a3ce929d0e0e4736', 'main'];
    return wire.message(3, key, wire.int(2, string(ids[random(3)]!)));
  };

  const types = 1 + random(3);
  const mappings = random(4);
  const functions = 1 + random(8);
  const locations = 1 + random(12);
  const fields = [
    ...list(types, (index) => type(1, string(`type ${index}`))),
    ...list(random(20), () =>
      wire.message(
        2,
        wire.packed(1, ...list(random(6), () => 1 + random(locations))),
        wire.packed(2, ...list(types, int64)),
        ...list(random(4), label),
      ),
    ),
    ...list(mappings, (index) =>
      wire.message(
        3,
        wire.int(1, index + 1),
        ...list(3, (field) => wire.int(2 + field, int64())),
        wire.int(5, perhaps('file')),
        wire.int(6, perhaps('build')),
        ...list(4, (field) => wire.int(7 + field, random(2))),
      ),
    ),
    ...list(locations, (index) =>
      wire.message(
        4,
        wire.int(1, index + 1),
        wire.int(2, random(mappings + 1)),
        wire.int(3, int64()),
        ...list(random(3), () =>
          wire.message(4, wire.int(1, 1 + random(functions)), wire.int(2, int64()), wire.int(3, int64())),
        ),
        wire.int(5, random(5) === 0 ? 1 : 0),
      ),
    ),
    ...list(functions, (index) =>
      wire.message(
        5,
        wire.int(1, index + 1),
        wire.int(2, perhaps(`function ${index}`)),
        wire.int(3, perhaps('system')),
        wire.int(4, perhaps('source')),
        wire.int(5, int64()),
      ),
    ),
    wire.int(7, perhaps('drop')),
    wire.int(8, perhaps('keep')),
    wire.int(9, BigInt(random(2 ** 31)) * 1_000_000_007n),
    wire.int(10, BigInt(random(2 ** 31)) * 3n),
    ...(random(3) === 0 ? [] : [type(11, string('period'))]),
    wire.int(12, int64()),
    wire.packed(13, ...list(random(3), () => text('comment', 9))),
    wire.int(14, perhaps('type')),
    wire.int(15, perhaps('url')),
  ];
  return decode(Buffer.concat([...fields, ...strings.map((one) => wire.text(6, one))]));
}
