/** Reads protobuf. Throws a RangeError where the bytes end too early or cannot be protobuf. */
export class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The next field's tag, `field << 3 | wire type`; undefined at the end. */
  tag(): number | undefined {
    if (this.#at === this.#bytes.length) return undefined;
    const tag = this.varint();
    if (tag < 8 || tag > 0xffff_ffff) throw new RangeError(`${tag} is no protobuf tag.`);
    return tag;
  }

  /** An integer up to 2^53; use `varint64` where it may be negative or greater. */
  varint(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 63; scale *= 0x80) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new RangeError('An integer has more than ten bytes.');
  }

  /** A signed int64. */
  varint64(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
    throw new RangeError('An integer has more than ten bytes.');
  }

  /** A field's content by its length: shares the memory of what is read. */
  bytes(): Uint8Array {
    return this.#take(this.varint());
  }

  text(): string {
    return this.#take(this.varint()).toString('utf8');
  }

  /** Passes over the content of a field that is of no interest. */
  skip(tag: number): void {
    switch (tag & 7) {
      case 0:
        this.varint64();
        return;
      case 1:
        this.#take(8);
        return;
      case 2:
        this.#take(this.varint());
        return;
      case 5:
        this.#take(4);
        return;
      default:
        throw new RangeError(`Wire type ${tag & 7} is not one that proto3 has.`);
    }
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new RangeError('The bytes end within an integer.');
    return byte;
  }

  #take(size: number): Buffer {
    const end = this.#at + size;
    if (end > this.#bytes.length) throw new RangeError(`The bytes end within a field of ${size} bytes.`);
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}
