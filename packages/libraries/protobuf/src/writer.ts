import type { HrTime } from '@millrace/core';

const two32 = 2 ** 32;

/**
 * Writes protobuf from the end to the start: the content of a message is there before its length is written, so nothing is
 * measured twice and nothing is moved. Whoever uses it writes the last field first.
 *
 * Tags are passed as the byte they are on the wire, `field << 3 | wire type`; every field of OTLP is below 16, so a tag is
 * one byte.
 */
export class Writer {
  #buffer: Buffer;
  #view: DataView;
  #start: number;

  constructor(capacity: number) {
    this.#buffer = Buffer.allocUnsafeSlow(capacity);
    this.#view = new DataView(this.#buffer.buffer);
    this.#start = capacity;
  }

  get capacity(): number {
    return this.#buffer.length;
  }

  /** Bytes written so far: what `message`, `copy` and `rewind` take as the mark they go back to. */
  get length(): number {
    return this.#buffer.length - this.#start;
  }

  copy(mark = 0): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#buffer.subarray(this.#start, this.#buffer.length - mark));
  }

  rewind(mark = 0): void {
    this.#start = this.#buffer.length - mark;
  }

  /** Makes what has been written since the mark a field: its length and its tag. */
  message(tag: number, mark: number): void {
    this.varint(this.length - mark);
    this.tag(tag);
  }

  tag(tag: number): void {
    this.#reserve(1);
    this.#buffer[--this.#start] = tag;
  }

  /** An unsigned integer up to 2^53. */
  varint(value: number): void {
    this.#reserve(8);
    if (value < 0x80) {
      this.#buffer[--this.#start] = value;
      return;
    }
    let size = 2;
    for (let limit = 0x4000; value >= limit; limit *= 0x80) size++;
    this.#start -= size;
    let at = this.#start;
    let rest = value;
    for (; rest >= 0x8000_0000; rest = Math.floor(rest / 0x80)) this.#buffer[at++] = (rest % 0x80) | 0x80;
    for (; rest >= 0x80; rest >>>= 7) this.#buffer[at++] = (rest & 0x7f) | 0x80;
    this.#buffer[at] = rest;
  }

  /** The low 64 bits in two's complement: a negative int64 takes ten bytes. */
  varint64(value: bigint): void {
    const bytes: number[] = [];
    let rest = BigInt.asUintN(64, value);
    for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
    bytes.push(Number(rest));
    this.bytes(Uint8Array.from(bytes));
  }

  fixed32(value: number): void {
    this.#reserve(4);
    this.#start -= 4;
    this.#view.setUint32(this.#start, value, true);
  }

  /** An integer, signed or unsigned. */
  fixed64(value: number | bigint): void {
    if (typeof value === 'number') return this.#words(value, Math.floor(value / two32));
    this.#reserve(8);
    this.#start -= 8;
    this.#view.setBigUint64(this.#start, BigInt.asUintN(64, value), true);
    return undefined;
  }

  /** Nanoseconds since the epoch; a time before it has no encoding and becomes 0, which says unknown. */
  time([seconds, nanos]: HrTime): void {
    if (!(seconds >= 0)) return this.#words(0, 0);
    // 10^9 times the seconds passes 2^53, so it is done in two halves of the seconds.
    const upper = Math.floor(seconds / 0x10000) * 1e9;
    const lower = (seconds % 0x10000) * 1e9 + nanos + (upper % 0x10000) * 0x10000;
    return this.#words(lower, Math.floor(upper / 0x10000) + Math.floor(lower / two32));
  }

  double(value: number): void {
    this.#reserve(8);
    this.#start -= 8;
    this.#view.setFloat64(this.#start, value, true);
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#start -= bytes.length;
    this.#buffer.set(bytes, this.#start);
  }

  /** UTF-8, a lone surrogate as U+FFFD. */
  text(text: string): void {
    const { length } = text;
    // UTF-16 to UTF-8 takes at most three bytes a unit.
    this.#reserve(length * 3);
    if (length > 96) {
      const size = Buffer.byteLength(text);
      this.#start -= size;
      this.#buffer.write(text, this.#start, size, 'utf8');
      return;
    }
    // Names and labels are short and ASCII: a loop is faster than a call into the runtime.
    const buffer = this.#buffer;
    const at = this.#start - length;
    for (let index = 0; index < length; index++) {
      const unit = text.charCodeAt(index);
      if (unit >= 0x80) return this.bytes(Buffer.from(text));
      buffer[at + index] = unit;
    }
    this.#start = at;
    return undefined;
  }

  /** False, and nothing written, unless it is exactly that many bytes in hex. */
  hex(digits: string, size: number): boolean {
    if (digits.length !== size * 2) return false;
    this.#reserve(size);
    if (this.#buffer.write(digits, this.#start - size, size, 'hex') !== size) return false;
    this.#start -= size;
    return true;
  }

  #words(low: number, high: number): void {
    this.#reserve(8);
    this.#start -= 8;
    this.#view.setUint32(this.#start, low, true);
    this.#view.setUint32(this.#start + 4, high, true);
  }

  #reserve(size: number): void {
    if (this.#start >= size) return;
    const { length } = this;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, length + size));
    this.#start = grown.length - length;
    this.#buffer.copy(grown, this.#start, this.#buffer.length - length);
    this.#buffer = grown;
    this.#view = new DataView(grown.buffer);
  }
}
