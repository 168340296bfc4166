/** Memory that is written from the start on. What is written stays where it is, so that it can be found by its places. */
export class Arena {
  buffer: Buffer;
  at = 0;

  constructor(capacity: number) {
    this.buffer = Buffer.allocUnsafeSlow(capacity);
  }

  byte(value: number): void {
    this.#reserve(1);
    this.buffer[this.at++] = value;
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.buffer.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** What is at these places of another. */
  slice(buffer: Buffer, start: number, end: number): void {
    this.#reserve(end - start);
    this.at += buffer.copy(this.buffer, this.at, start, end);
  }

  /** An unsigned integer, as protobuf has it. */
  varint(value: number): void {
    this.#reserve(10);
    let rest = value;
    for (; rest >= 0x8000_0000; rest = Math.floor(rest / 0x80)) this.buffer[this.at++] = (rest % 0x80) | 0x80;
    for (; rest >= 0x80; rest >>>= 7) this.buffer[this.at++] = (rest & 0x7f) | 0x80;
    this.buffer[this.at++] = rest;
  }

  /**
   * A message of two short texts in ASCII, its fields 1 and 2. False, and nothing written, where it is none: most pairs are, and
   * their sizes are known without looking at them twice.
   */
  shortPair(tag: number, key: string, text: string): boolean {
    const keySize = key.length;
    const { length } = text;
    const size = keySize + length + 4;
    if (size >= 0x80) return false;
    this.#reserve(size + 2);
    const { buffer } = this;
    let { at } = this;
    buffer[at++] = tag;
    buffer[at++] = size;
    buffer[at++] = 0x0a;
    buffer[at++] = keySize;
    for (let index = 0; index < keySize; index++) buffer[at++] = key.charCodeAt(index);
    buffer[at++] = 0x12;
    buffer[at++] = length;
    for (let index = 0; index < length; index++) {
      const unit = text.charCodeAt(index);
      if (unit >= 0x80) return false;
      buffer[at++] = unit;
    }
    this.at = at;
    return true;
  }

  /** UTF-8, a lone surrogate as U+FFFD. */
  text(text: string): void {
    const { length } = text;
    this.#reserve(length * 3);
    const { buffer, at } = this;
    if (length > 48) {
      this.at += buffer.write(text, at, 'utf8');
      return;
    }
    // Names and values are short and ASCII: a loop is faster than a call into the runtime.
    for (let index = 0; index < length; index++) {
      const unit = text.charCodeAt(index);
      if (unit >= 0x80) {
        this.at += buffer.write(text, at, 'utf8');
        return;
      }
      buffer[at + index] = unit;
    }
    this.at = at + length;
  }

  #reserve(size: number): void {
    if (this.at + size <= this.buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.buffer.length * 2, this.at + size));
    this.buffer.copy(grown, 0, 0, this.at);
    this.buffer = grown;
  }
}

/** The bytes of a text in UTF-8. */
export function utf8Length(text: string): number {
  const { length } = text;
  if (length > 48) return Buffer.byteLength(text);
  for (let index = 0; index < length; index++) if (text.charCodeAt(index) >= 0x80) return Buffer.byteLength(text);
  return length;
}

/** The bytes that a varint takes. */
export function varintLength(value: number): number {
  let length = 1;
  for (let limit = 0x80; value >= limit; limit *= 0x80) length++;
  return length;
}
