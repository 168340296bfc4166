import { ProfileError } from '@millrace/pprof';

const two32 = 2 ** 32;

/** Reads protobuf within messages. Throws a ProfileError that says at which byte it is none. */
export class Cursor {
  readonly bytes: Buffer;
  at = 0;
  /** Of the message that is being read. */
  end: number;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.end = this.bytes.length;
  }

  /** The next field's tag, `field << 3 | wire type`; 0 at the end of the message. */
  tag(): number {
    if (this.at >= this.end) return 0;
    const start = this.at;
    const tag = this.uint();
    if (tag < 8 || tag >= two32) throw this.#error(`${tag} is no tag of protobuf`, start);
    return tag;
  }

  /** Goes into the message whose length comes next; `leave` needs what it returns. */
  enter(): number {
    const outer = this.end;
    this.end = this.#stop();
    return outer;
  }

  leave(outer: number): void {
    this.at = this.end;
    this.end = outer;
  }

  /** An unsigned integer, exact up to 2^53. */
  uint(): number {
    const { bytes, end } = this;
    const start = this.at;
    if (start < end && bytes[start]! < 0x80) return bytes[this.at++]!;
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 10; count++, scale *= 0x80) {
      if (this.at >= end) throw this.#error('The message ends within an integer', start);
      const byte = bytes[this.at++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw this.#error('An integer has more than ten bytes', start);
  }

  uint64(): number | bigint {
    const start = this.at;
    const value = this.uint();
    return value <= Number.MAX_SAFE_INTEGER ? value : safe(this.#big(start));
  }

  int64(): number | bigint {
    const start = this.at;
    const value = this.uint();
    return value <= Number.MAX_SAFE_INTEGER ? value : safe(BigInt.asIntN(64, this.#big(start)));
  }

  /** An index: an int32 that is not negative. */
  index(): number {
    const start = this.at;
    const value = this.uint();
    if (value > 0x7fff_ffff) throw this.#error(`${BigInt.asIntN(32, this.#big(start))} is no index`, start);
    return value;
  }

  fixed64(): bigint {
    const start = this.at;
    this.#advance(8);
    return this.bytes.readBigUInt64LE(start);
  }

  double(): number {
    const start = this.at;
    this.#advance(8);
    return this.bytes.readDoubleLE(start);
  }

  text(): string {
    return this.slice().toString('utf8');
  }

  /** Shares the memory of what is read. */
  slice(): Buffer {
    const outer = this.enter();
    const slice = this.bytes.subarray(this.at, this.end);
    this.leave(outer);
    return slice;
  }

  /** A repeated field of integers, packed or not. */
  each(tag: number, read: () => void): void {
    if ((tag & 7) !== 2) {
      read();
      return;
    }
    const outer = this.enter();
    while (this.at < this.end) read();
    this.leave(outer);
  }

  /** Passes over a field that is not known. One that is known must not come with another wire type: `known` are its tags. */
  skip(tag: number, known: Readonly<Record<string, number>>): void {
    for (const [name, one] of Object.entries(known))
      if (one >>> 3 === tag >>> 3) throw this.#error(`The field ${name} has wire type ${tag & 7}`, this.at);
    const wireType = tag & 7;
    if (wireType === 0) this.uint();
    else if (wireType === 1) this.#advance(8);
    else if (wireType === 2) this.at = this.#stop();
    else if (wireType === 5) this.#advance(4);
    else throw this.#error(`Wire type ${wireType} is not one that proto3 has`, this.at);
  }

  #stop(): number {
    const start = this.at;
    const size = this.uint();
    if (size > this.end - this.at) throw this.#error(`A field of ${size} bytes is longer than what it is in`, start);
    return this.at + size;
  }

  #advance(size: number): void {
    if (size > this.end - this.at) throw this.#error(`A field of ${size} bytes is longer than what it is in`, this.at);
    this.at += size;
  }

  #big(start: number): bigint {
    let value = 0n;
    let shift = 0n;
    for (let at = start; at < this.at; at++, shift += 7n) value |= BigInt(this.bytes[at]! & 0x7f) << shift;
    return BigInt.asUintN(64, value);
  }

  #error(what: string, at: number): ProfileError {
    return new ProfileError(`${what}, at byte ${at} of the request.`);
  }
}

const safe = (value: bigint): number | bigint => {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
};
