import { Buffer } from 'node:buffer';

/** The string table: its strings stay bytes until they are asked for, and are decoded once. */
export class Strings {
  readonly count: number;
  readonly #bytes: Buffer;
  /** Start and end of each in the bytes. */
  readonly #ranges: Uint32Array;
  readonly #decoded: (string | undefined)[];

  constructor(bytes: Uint8Array, ranges: Uint32Array) {
    this.count = ranges.length / 2;
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#ranges = ranges;
    this.#decoded = Array.from<string | undefined>({ length: this.count });
  }

  static of(texts: readonly string[]): Strings {
    const strings = new Strings(new Uint8Array(0), new Uint32Array(texts.length * 2));
    for (const [index, text] of texts.entries()) strings.#decoded[index] = text;
    return strings;
  }

  /** The empty string for what is outside the table: a decoded profile has no such index. */
  at(index: number): string {
    const known = this.#decoded[index];
    if (known !== undefined) return known;
    if (index >= this.count) return '';
    const text = this.#bytes.toString('utf8', this.#ranges[index * 2], this.#ranges[index * 2 + 1]);
    this.#decoded[index] = text;
    return text;
  }
}
