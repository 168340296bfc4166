import type { HrTime } from '@millrace/core';
import { internKey, internText } from './interned.ts';

const two32 = 2 ** 32;

/**
 * Reads protobuf that has been checked (`checkRequest`): it does not look again whether fields end where they should. Whoever
 * uses it compares `at` with the end of the message it is in.
 */
export class Cursor {
  readonly bytes: Buffer;
  readonly view: DataView;
  at: number;
  /** Whether something came that the object made of it does not say exactly. */
  inexact = false;
  #start: HrTime = [0, 0];
  #startLow = 0;
  #startHigh = 0;
  #end: HrTime = [0, 0];
  #endLow = 0;
  #endHigh = 0;

  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
  }

  /** An unsigned integer of up to 53 bits: tags, lengths, uint32. */
  varint(): number {
    const byte = this.bytes[this.at++]!;
    return byte < 0x80 ? byte : this.#moreVarint(byte);
  }

  #moreVarint(first: number): number {
    let value = first & 0x7f;
    for (let scale = 0x80; this.at < this.bytes.length; scale *= 0x80) {
      const byte = this.bytes[this.at++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
    }
    return value;
  }

  /** The end of a field whose length comes next. */
  end(): number {
    const size = this.varint();
    return this.at + size;
  }

  /** The low 32 bits of an integer, unsigned. */
  uint32(): number {
    const { at } = this;
    const value = this.varint();
    if (value < two32) return value;
    this.at = at;
    return Number(BigInt.asUintN(32, this.#bigVarint()));
  }

  /** Of int32, and of enums. Negative ones take ten bytes. */
  int32(): number {
    return this.uint32() | 0;
  }

  sint32(): number {
    const value = this.uint32();
    return (value >>> 1) ^ -(value & 1);
  }

  bool(): boolean {
    const { at } = this;
    if (this.varint() === 0) return false;
    this.at = at;
    return this.#bigVarint() !== 0n;
  }

  int64(): number | bigint {
    const { at } = this;
    const value = this.varint();
    if (value <= Number.MAX_SAFE_INTEGER) return value;
    this.at = at;
    return safe(BigInt.asIntN(64, this.#bigVarint()));
  }

  uint64(): number | bigint {
    const { at } = this;
    const value = this.varint();
    if (value <= Number.MAX_SAFE_INTEGER) return value;
    this.at = at;
    return safe(this.#bigVarint());
  }

  #bigVarint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.bytes[this.at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return BigInt.asUintN(64, value);
  }

  fixed32(): number {
    const value = this.view.getUint32(this.at, true);
    this.at += 4;
    return value;
  }

  double(): number {
    const value = this.view.getFloat64(this.at, true);
    this.at += 8;
    return value;
  }

  fixed64(): number | bigint {
    const high = this.view.getUint32(this.at + 4, true);
    this.at += 8;
    return high < 0x20_0000
      ? high * two32 + this.view.getUint32(this.at - 8, true)
      : this.view.getBigUint64(this.at - 8, true);
  }

  sfixed64(): number | bigint {
    const high = this.view.getInt32(this.at + 4, true);
    this.at += 8;
    return high >= -0x20_0000 && high < 0x20_0000
      ? safeSum(high * two32, this.view.getUint32(this.at - 8, true))
      : this.view.getBigInt64(this.at - 8, true);
  }

  time(): HrTime {
    const low = this.view.getUint32(this.at, true);
    const high = this.view.getUint32(this.at + 4, true);
    this.at += 8;
    return hrTime(low, high);
  }

  /** The same object as last time for the same time: the points of a request mostly share theirs. */
  startTime(): HrTime {
    const low = this.view.getUint32(this.at, true);
    const high = this.view.getUint32(this.at + 4, true);
    this.at += 8;
    if (low !== this.#startLow || high !== this.#startHigh) {
      this.#start = hrTime(low, high);
      this.#startLow = low;
      this.#startHigh = high;
    }
    return this.#start;
  }

  /** As `startTime`, remembered apart from it. */
  endTime(): HrTime {
    const low = this.view.getUint32(this.at, true);
    const high = this.view.getUint32(this.at + 4, true);
    this.at += 8;
    if (low !== this.#endLow || high !== this.#endHigh) {
      this.#end = hrTime(low, high);
      this.#endLow = low;
      this.#endHigh = high;
    }
    return this.#end;
  }

  text(): string {
    const end = this.end();
    const text = internText(this.bytes, this.view, { start: this.at, end });
    this.at = end;
    return text;
  }

  /** Text that will be the name of a property. */
  key(): string {
    const end = this.end();
    const key = internKey(this.bytes, this.view, { start: this.at, end });
    this.at = end;
    return key;
  }

  /** Bytes in hex; undefined if there are none. */
  id(): string | undefined {
    const end = this.end();
    const id = end === this.at ? undefined : this.bytes.toString('hex', this.at, end);
    this.at = end;
    return id;
  }

  /** Shares the memory of the request. */
  slice(): Buffer {
    const end = this.end();
    const slice = this.bytes.subarray(this.at, end);
    this.at = end;
    return slice;
  }

  /** Passes over the content of a field that is of no interest. */
  skip(tag: number): void {
    const wireType = tag & 7;
    if (wireType === 2) this.at = this.end();
    else if (wireType === 1) this.at += 8;
    else if (wireType === 5) this.at += 4;
    else while (this.bytes[this.at++]! >= 0x80);
  }
}

const safe = (value: bigint): number | bigint => {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
};

/** -2^53 is not a safe integer, and a bigint therefore. */
const safeSum = (high: number, low: number): number | bigint =>
  high + low >= Number.MIN_SAFE_INTEGER ? high + low : BigInt(high) + BigInt(low);

/** From nanoseconds in two halves, which pass 2^53. */
function hrTime(low: number, high: number): HrTime {
  // The quotient may be off by one; the remainder is exact in 32 bits.
  let seconds = Math.floor((high * two32 + low) / 1e9);
  let nanos = (low - Math.imul((seconds % two32) | 0, 1e9)) | 0;
  if (nanos < 0) {
    seconds--;
    nanos += 1e9;
  } else if (nanos >= 1e9) {
    seconds++;
    nanos -= 1e9;
  }
  return [seconds, nanos];
}
