import { Reader } from '@millrace/protobuf';

type WireType = 'int64' | 'uint64' | 'sint64' | 'bool';

/** The request of `/Aggregator/Publish`, by field number from 1. */
const fields = [
  ['unix_time', 'int64'],
  ['running', 'bool'],
  ['milli_cpu_usage', 'uint64'],
  ['memory_total_mb', 'uint64'],
  ['memory_rss_mb', 'uint64'],
  ['memory_limit_mb', 'uint64'],
  ['disk_usage_mb', 'sint64'],
  ['disk_limit_mb', 'sint64'],
  ['disk_read_kbps', 'uint64'],
  ['disk_write_kbps', 'uint64'],
  ['disk_read_iops', 'uint64'],
  ['disk_write_iops', 'uint64'],
  ['pids_current', 'uint64'],
  ['pids_limit', 'uint64'],
  ['milli_cpu_limit', 'uint64'],
] as const satisfies readonly (readonly [string, WireType])[];

export type FieldName = (typeof fields)[number][0];

/** What the wire has: a field that proto3 did not write, because it is zero, is not here. A bool is 0 or 1. */
export type Message = { readonly [name in FieldName]?: bigint };

const varintType = 0;
const groupTypes: ReadonlySet<number> = new Set([3, 4]);

/** Fields that are not known are passed over. Throws a RangeError that says in which field it is wrong; its cause says what. */
export function decodeMessage(bytes: Uint8Array): Message {
  const reader = new Reader(bytes);
  const message: { [name in FieldName]?: bigint } = {};
  let where = 'The first field';
  try {
    for (let tag = reader.tag(); tag !== undefined; tag = reader.tag()) {
      const number = Math.floor(tag / 8);
      const wireType = tag & 7;
      const field = fields[number - 1];
      where = `Field ${number}${field ? ` (${field[0]})` : ''}`;
      if (!field) {
        if (groupTypes.has(wireType)) throw new RangeError(`Wire type ${wireType}, a group, is not one of proto3.`);
        reader.skip(tag);
      } else {
        if (wireType !== varintType) throw new RangeError(`It has wire type ${wireType}, and must have 0, a varint.`);
        message[field[0]] = valueOf(field[1], reader.varint64());
      }
      where = `What comes after field ${number}`;
    }
  } catch (error) {
    throw new RangeError(`The message cannot be read. ${where}`, { cause: error });
  }
  return message;
}

function valueOf(type: WireType, bits: bigint): bigint {
  switch (type) {
    case 'int64':
      return bits;
    case 'uint64':
      return BigInt.asUintN(64, bits);
    case 'sint64':
      return zigzag(BigInt.asUintN(64, bits));
    case 'bool':
      return bits === 0n ? 0n : 1n;
  }
}

/** https://protobuf.dev/programming-guides/encoding/#signed-ints */
const zigzag = (bits: bigint): bigint => (bits >> 1n) ^ -(bits & 1n);
