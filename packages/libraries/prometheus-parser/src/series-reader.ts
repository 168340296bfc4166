import { chain, hashOf, sameBytes } from './bytes.ts';
import type { Cursor } from './cursor.ts';
import {
  backslash,
  closeBrace,
  comma,
  isNameByte,
  isNameStart,
  newline,
  openBrace,
  quote,
  skipBlanks,
} from './cursor.ts';
import { noLabels } from './label-sets.ts';
import type { LabelRules } from './labels.ts';
import { LabelReader } from './labels.ts';
import type { Series } from './series.ts';
import { asciiText } from './text.ts';

/** Reads what a sample is of: `up`, `http_requests_total{code="200"}`, `{"my.name",code="200"}`. */
export class SeriesReader {
  /** Of the bytes last read. */
  hash = 0;
  readonly #loose: boolean;
  readonly #rules: LabelRules;
  readonly #rulesOfAll: LabelRules;
  readonly #labels = new LabelReader();
  #hasLabels = false;
  /** The name before the braces, and its bytes. */
  #name = '';
  #view: DataView | undefined = undefined;
  #start = 0;
  #length = 0;
  #nameHash = 0;

  constructor({ format, most }: Pick<LabelRules, 'format' | 'most'>) {
    this.#loose = format === 'prometheus';
    this.#rules = { format, most, name: 'refused' };
    this.#rulesOfAll = { format, most, name: 'allowed' };
  }

  /** Leaves the cursor behind it. */
  read(cursor: Cursor): void {
    const { bytes, view } = cursor;
    if (bytes[cursor.at] === openBrace) {
      this.#view = undefined;
      this.#hasLabels = true;
      this.#labels.read(cursor, this.#rulesOfAll);
      this.hash = this.#labels.hash;
      if (this.#labels.name === undefined) throw cursor.error('there is no name');
      this.#name = this.#labels.name;
      return;
    }
    this.#readName(cursor);
    this.hash = this.#nameHash;
    const end = cursor.at;
    if (this.#loose) skipBlanks(cursor);
    this.#hasLabels = bytes[cursor.at] === openBrace;
    if (!this.#hasLabels) {
      cursor.at = end;
      return;
    }
    if (cursor.at > end) this.hash = chain(this.hash, hashOf(view, end, cursor.at));
    this.#labels.read(cursor, this.#rules);
    this.hash = chain(this.hash, this.#labels.hash);
  }

  /** The one last read. */
  series(cursor: Cursor): Series {
    return { name: this.#name, labels: this.#hasLabels ? this.#labels.labels(cursor) : noLabels };
  }

  /** Behind what says the name: `up`, or `{"my.name"`; the whole series where the name is not the first between the braces. */
  nameEnd(cursor: Cursor): number {
    const { bytes, at } = cursor;
    if (bytes[at] !== openBrace) return endOfName(cursor);
    if (bytes[at + 1] === quote) {
      const end = quotedEnd(bytes, at + 2);
      if (bytes[end] === comma || bytes[end] === closeBrace) return end;
    }
    this.read(cursor);
    const end = cursor.at;
    cursor.at = at;
    return end;
  }

  /** The name of the series at the cursor, which stays there. */
  nameAt(cursor: Cursor): string {
    const { at } = cursor;
    this.read(cursor);
    cursor.at = at;
    return this.#name;
  }

  #readName(cursor: Cursor): void {
    const { bytes, view, at: start } = cursor;
    if (this.#view === view && this.#repeats(cursor) && !isNameByte(bytes[start + this.#length]!)) {
      cursor.at = start + this.#length;
      return;
    }
    const end = endOfName(cursor);
    const hash = hashOf(view, start, end);
    this.#name = asciiText(cursor, { start, end, hash });
    this.#view = view;
    this.#start = start;
    this.#length = end - start;
    this.#nameHash = hash;
    cursor.at = end;
  }

  #repeats({ view, at, end }: Cursor): boolean {
    const after = at + this.#length;
    return after < end && sameBytes(view, at, after, view, this.#start);
  }
}

function endOfName(cursor: Cursor): number {
  const { bytes } = cursor;
  let { at } = cursor;
  if (!isNameStart(bytes[at]!)) throw cursor.expected('the name of a metric');
  do at++;
  while (isNameByte(bytes[at]!));
  return at;
}

/** Behind the quote that ends what begins at `from`, or on the line feed if there is none. */
function quotedEnd(bytes: Buffer, from: number): number {
  let at = from;
  for (;;) {
    const byte = bytes[at];
    if (byte === quote) return at + 1;
    if (byte === newline) return at;
    if (byte === backslash && bytes[at + 1] !== newline) at++;
    at++;
  }
}
