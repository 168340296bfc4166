// Protobuf for tests, as plainly as it can be written.
type Int = number | bigint;

function varint(value: Int): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return [...bytes, Number(rest)];
}

export const int = (field: number, value: Int): Buffer => Buffer.from([...varint(field * 8), ...varint(value)]);

export const bytes = (field: number, content: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([...varint(field * 8 + 2), ...varint(content.length)]), content]);

export const text = (field: number, value: string): Buffer => bytes(field, Buffer.from(value));

export const message = (field: number, ...fields: readonly Buffer[]): Buffer => bytes(field, Buffer.concat(fields));

export const packed = (field: number, ...values: readonly Int[]): Buffer =>
  bytes(field, Buffer.from(values.flatMap(varint)));

export const fixed64 = (field: number, value: bigint): Buffer => {
  const content = Buffer.alloc(8);
  content.writeBigUInt64LE(value);
  return Buffer.concat([Buffer.from(varint(field * 8 + 1)), content]);
};
