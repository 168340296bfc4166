// Protobuf for tests, as plainly as it can be written.
type Int = number | bigint;

function varint(value: Int): number[] {
  const bytes: number[] = [];
  let rest = BigInt(value);
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return [...bytes, Number(rest)];
}

export const text = (value: string): Buffer => Buffer.from(value);

export const numberField = (field: number, value: Int): Buffer => Buffer.from([...varint(field * 8), ...varint(value)]);

export const bytesField = (field: number, content: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([...varint(field * 8 + 2), ...varint(content.length)]), content]);

export const message = (field: number, ...fields: readonly Buffer[]): Buffer => bytesField(field, Buffer.concat(fields));

export const packed = (field: number, ...values: readonly Int[]): Buffer =>
  bytesField(field, Buffer.from(values.flatMap(varint)));
