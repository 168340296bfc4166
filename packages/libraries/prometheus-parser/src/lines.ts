import {
  backslash,
  closeBrace,
  comma,
  Cursor,
  hash,
  isBlank,
  isNameByte,
  isNameStart,
  newline,
  openBrace,
  quote,
  skipBlanks,
  space,
} from './cursor.ts';
import type { Format } from './format.ts';
import type { LabelRules } from './labels.ts';
import { LabelReader, noLabels } from './labels.ts';
import type { Limits } from './limits.ts';
import { readMetadata } from './metadata.ts';
import type { WantedNames } from './names.ts';
import { readNumber, readTime } from './number.ts';
import type { Entry, SeriesTable } from './series-table.ts';
import type { Exemplar, Extra, Series, Sink } from './series.ts';
import { asciiText } from './text.ts';

export interface Reading<T> {
  readonly format: Format;
  readonly sink: Sink<T>;
  readonly table: SeriesTable<T>;
  readonly names: WantedNames | undefined;
  readonly limits: Limits;
  /** Grows from page to page. */
  readonly number: number;
  /** Of this parser. */
  readonly seed: number;
  /** What comes before the first entry. */
  readonly root: Entry<T>;
}

/** Reads the lines of one page. */
export class Lines<T> {
  readonly cursor = new Cursor();
  readonly #page: Reading<T>;
  readonly #loose: boolean;
  readonly #rules: LabelRules;
  readonly #labels = new LabelReader();
  #previous: Entry<T>;
  samples = 0;
  taken = 0;
  added = 0;
  /** How many different series there were. */
  series = 0;
  /** Whether `# EOF` was there. */
  ended = false;

  constructor(page: Reading<T>) {
    this.#page = page;
    this.#loose = page.format === 'prometheus';
    this.#previous = page.root;
    this.#rules = { format: page.format, most: page.limits.labels, name: 'refused' };
  }

  /** Reads bytes that end with a line feed. */
  read(bytes: Buffer, from: number, to: number): void {
    const { cursor } = this;
    const { lineBytes } = this.#page.limits;
    cursor.bytes = bytes;
    cursor.end = to;
    let at = from;
    while (at < to) {
      cursor.line++;
      cursor.lineStart = at;
      cursor.at = at;
      if (this.ended) throw cursor.error('expected nothing after # EOF');
      this.#readLine();
      if (cursor.at - at > lineBytes) throw cursor.error(`longer than ${lineBytes} bytes`, 'limit');
      at = cursor.at + 1;
    }
  }

  /** The page is over. */
  finish(): void {
    this.#previous.following = undefined;
  }

  /** Leaves the cursor on the line feed. */
  #readLine(): void {
    const { cursor } = this;
    const { table, names } = this.#page;
    const guess = this.#previous.following;
    if (guess !== undefined && table.begins(cursor, guess)) {
      const { at, bytes } = cursor;
      const after = at + guess.length;
      // A name alone may be the beginning of one that has labels: `up {a="b"}`.
      if (bytes[after] === space && bytes[after + 1] !== openBrace && bytes[after + 1] !== space) {
        this.#previous = guess;
        cursor.at = after;
        this.#readSample(guess);
        return;
      }
    }
    if (names?.repeatsUnwanted(cursor)) {
      cursor.at = cursor.bytes.indexOf(newline, cursor.at);
      return;
    }
    this.#readUnexpected();
  }

  #readUnexpected(): void {
    const { cursor } = this;
    const { bytes } = cursor;
    if (this.#loose) skipBlanks(cursor);
    const byte = bytes[cursor.at]!;
    if (byte === hash) {
      this.ended = readMetadata(cursor, this.#page.format, this.#page.sink);
      return;
    }
    if (byte === newline && this.#loose) return;
    const entry = this.#find();
    if (!entry) {
      cursor.at = bytes.indexOf(newline, cursor.at);
      return;
    }
    const previous = this.#previous;
    if (previous.following !== entry) {
      // What came after the one before is likely to come after the one that has been put between.
      entry.following ??= previous.following;
      previous.following = entry;
    }
    this.#previous = entry;
    this.#readSample(entry);
  }

  /** The series at the cursor, which is then behind it; undefined if its name is not wanted. */
  #find(): Entry<T> | undefined {
    const { cursor } = this;
    const { names, table, seed } = this.#page;
    const { at: start } = cursor;
    const nameEnd = this.#nameEnd();
    if (names && !names.wants(cursor, nameEnd, () => this.#nameAt(start))) return undefined;
    const end = this.#seriesEnd(nameEnd);
    const hashed = hashOf(cursor.bytes, { start, end, seed });
    const found = table.find(cursor, end, hashed);
    if (found) {
      cursor.at = end;
      return found;
    }
    return this.#add({ nameEnd, end, hashed });
  }

  #add({
    nameEnd,
    end,
    hashed,
  }: {
    readonly nameEnd: number;
    readonly end: number;
    readonly hashed: number;
  }): Entry<T> {
    const { cursor } = this;
    const { table, sink, number } = this.#page;
    const start = cursor.at;
    const series = this.#parse(nameEnd, end);
    const target = sink.series(series);
    cursor.at = start;
    const entry = table.add(cursor, end, hashed);
    entry.target = target;
    entry.addedIn = number;
    if (target !== undefined) this.added++;
    cursor.at = end;
    return entry;
  }

  #parse(nameEnd: number, end: number): Series {
    const { cursor } = this;
    const { bytes, at } = cursor;
    if (bytes[at] === openBrace) {
      cursor.at++;
      const labels = this.#labels.read(cursor, { ...this.#rules, name: 'allowed' });
      const { name } = this.#labels;
      if (name === undefined) throw cursor.error('there is no name');
      return { name, labels };
    }
    const name = asciiText(bytes, at, nameEnd);
    if (nameEnd === end) return { name, labels: noLabels };
    cursor.at = nameEnd;
    if (this.#loose) skipBlanks(cursor);
    cursor.at++;
    return { name, labels: this.#labels.read(cursor, this.#rules) };
  }

  #nameAt(start: number): string {
    const { cursor } = this;
    cursor.at = start;
    const nameEnd = this.#nameEnd();
    const { name } = this.#parse(nameEnd, this.#seriesEnd(nameEnd));
    cursor.at = start;
    return name;
  }

  /** Behind what says the name: `up`, or `{"my.name"`; the whole series where the name is not the first between the braces. */
  #nameEnd(): number {
    const { cursor } = this;
    const { bytes } = cursor;
    let { at } = cursor;
    if (isNameStart(bytes[at]!)) {
      do at++;
      while (isNameByte(bytes[at]!));
      return at;
    }
    if (bytes[at] !== openBrace) throw cursor.expected('the name of a metric');
    if (bytes[at + 1] === quote) {
      at = quotedEnd(bytes, at + 2);
      if (bytes[at] === comma || bytes[at] === closeBrace) return at;
    }
    return this.#seriesEnd(cursor.at);
  }

  /** Behind the closing brace, or the name where it has no labels. */
  #seriesEnd(nameEnd: number): number {
    const { cursor } = this;
    const { bytes } = cursor;
    const start = cursor.at;
    let at = start;
    if (bytes[start] !== openBrace) {
      at = nameEnd;
      if (this.#loose) while (isBlank(bytes[at]!)) at++;
      if (bytes[at] !== openBrace) return nameEnd;
    }
    for (;;) {
      const byte = bytes[at++]!;
      if (byte === closeBrace) return at;
      if (byte === quote) {
        at = quotedEnd(bytes, at);
        if (bytes[at - 1] === quote) continue;
        cursor.at = at;
        throw cursor.expected('a quote after a label value');
      }
      if (byte === newline) {
        cursor.at = at - 1;
        throw cursor.expected('} after the labels');
      }
    }
  }

  #readSample(entry: Entry<T>): void {
    const { cursor } = this;
    const { limits, number, sink } = this.#page;
    if (this.#loose) skipBlanks(cursor);
    else {
      if (cursor.bytes[cursor.at] !== space) throw cursor.expected('a space before the value');
      cursor.at++;
    }
    const value = readNumber(cursor, 'a value');
    const extra = cursor.bytes[cursor.at] === newline ? undefined : this.#readExtra();
    if (++this.samples > limits.samples) throw cursor.error(`more than ${limits.samples} samples`, 'limit');
    if (entry.seenIn !== number) {
      entry.seenIn = number;
      this.series++;
    }
    const { target } = entry;
    if (target === undefined) return;
    this.taken++;
    sink.sample(target, value, extra);
  }

  #readExtra(): Extra | undefined {
    const { cursor } = this;
    const { format } = this.#page;
    const { bytes } = cursor;
    if (this.#loose) {
      skipBlanks(cursor);
      if (bytes[cursor.at] === newline) return undefined;
      const timeMs = readTime(cursor, format);
      skipBlanks(cursor);
      if (bytes[cursor.at] !== newline) throw cursor.expected('the end of the line after the timestamp');
      return { timeMs };
    }
    if (bytes[cursor.at] !== space) throw cursor.expected('a space or the end of the line after the value');
    cursor.at++;
    const timeMs = bytes[cursor.at] === hash ? undefined : readTime(cursor, format);
    if (timeMs !== undefined) {
      if (bytes[cursor.at] === newline) return { timeMs };
      if (bytes[cursor.at++] !== space || bytes[cursor.at] !== hash)
        throw cursor.expected('an exemplar or the end of the line after the timestamp');
    }
    return { timeMs, exemplar: readExemplar(cursor, this.#page.limits.labels) };
  }
}

/** Four bytes a step: each step waits for the one before. */
function hashOf(bytes: Buffer, { start, end, seed }: { start: number; end: number; seed: number }): number {
  let hashed = seed;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const four = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    hashed = Math.imul(hashed ^ four, 0x9e3779b1);
    hashed ^= hashed >>> 15;
  }
  for (; at < end; at++) hashed = Math.imul(hashed ^ bytes[at]!, 0x01000193);
  return hashed ^ (hashed >>> 13);
}

/** Behind the quote that ends what begins at `at`, or on the line feed if there is none. */
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

/** ` # {trace_id="…"} 0.5 1.234`; the cursor is on the #. */
function readExemplar(cursor: Cursor, most: number): Exemplar {
  const { bytes } = cursor;
  if (bytes[cursor.at + 1] !== space || bytes[cursor.at + 2] !== openBrace) {
    cursor.at++;
    throw cursor.expected('an exemplar, # {…}');
  }
  cursor.at += 3;
  const labels = new LabelReader().read(cursor, { format: 'openmetrics', most, name: 'refused' });
  if (bytes[cursor.at] !== space) throw cursor.expected('a space before the value of the exemplar');
  cursor.at++;
  const value = readNumber(cursor, 'the value of the exemplar');
  if (bytes[cursor.at] === newline) return { labels, value };
  if (bytes[cursor.at] !== space) throw cursor.expected('the end of the line after the exemplar');
  cursor.at++;
  const timeMs = readTime(cursor, 'openmetrics');
  if (bytes[cursor.at] !== newline) throw cursor.expected('the end of the line after the exemplar');
  return { labels, value, timeMs };
}
