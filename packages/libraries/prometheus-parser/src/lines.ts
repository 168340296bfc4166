import { viewOf } from './bytes.ts';
import { Cursor, hash, newline, openBrace, skipBlanks, space } from './cursor.ts';
import { ExtraReader } from './extra.ts';
import type { Format } from './format.ts';
import type { Limits } from './limits.ts';
import { readMetadata } from './metadata.ts';
import type { WantedNames } from './names.ts';
import { readNumber } from './number.ts';
import { SeriesReader } from './series-reader.ts';
import type { SeriesTable } from './series-table.ts';
import { beginning } from './series-table.ts';
import type { Sink } from './series.ts';

export interface Reading<T> {
  readonly format: Format;
  readonly sink: Sink<T>;
  readonly table: SeriesTable<T>;
  readonly names: WantedNames | undefined;
  readonly limits: Limits;
  /** Grows from page to page. */
  readonly number: number;
}

/** Reads the lines of one page. */
export class Lines<T> {
  readonly cursor = new Cursor();
  readonly #page: Reading<T>;
  readonly #loose: boolean;
  readonly #series: SeriesReader;
  readonly #extra: ExtraReader;
  /** The series of the sample before. */
  #previous = beginning;
  samples = 0;
  taken = 0;
  added = 0;
  /** How many different series there were. */
  series = 0;
  /** Whether `# EOF` was there. */
  ended = false;

  constructor(page: Reading<T>) {
    const { format, limits } = page;
    this.#page = page;
    this.#loose = format === 'prometheus';
    this.#series = new SeriesReader({ format, most: limits.labels });
    this.#extra = new ExtraReader({ format, most: limits.labels });
  }

  /** Reads bytes that end with a line feed. */
  read(bytes: Buffer, from: number, to: number): void {
    const { cursor } = this;
    const { lineBytes } = this.#page.limits;
    cursor.bytes = bytes;
    cursor.view = viewOf(bytes);
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
    this.#page.table.columns.following[this.#previous] = 0;
  }

  /** Leaves the cursor on the line feed. */
  #readLine(): void {
    const { cursor } = this;
    const { table, names } = this.#page;
    const guess = table.columns.following[this.#previous]!;
    if (guess !== 0 && table.begins(cursor, guess)) {
      const { at, bytes } = cursor;
      const after = at + table.columns.length[guess]!;
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
    const series = this.#find();
    if (series === 0) {
      cursor.at = bytes.indexOf(newline, cursor.at);
      return;
    }
    const { following } = this.#page.table.columns;
    const expected = following[this.#previous]!;
    if (expected !== series) {
      // What came after the one before is likely to come after the one that has been put between.
      if (following[series] === 0) following[series] = expected;
      following[this.#previous] = series;
    }
    this.#previous = series;
    this.#readSample(series);
  }

  /** The series at the cursor, which is then behind it; 0 if its name is not wanted. */
  #find(): number {
    const { cursor } = this;
    const { names, table } = this.#page;
    const reader = this.#series;
    if (names && !names.wants(cursor, reader.nameEnd(cursor), () => reader.nameAt(cursor))) return 0;
    const { at } = cursor;
    reader.read(cursor);
    const end = cursor.at;
    cursor.at = at;
    const series = table.find(cursor, end, reader.hash) || this.#add(end);
    cursor.at = end;
    return series;
  }

  #add(end: number): number {
    const { cursor } = this;
    const { table, sink, number: page } = this.#page;
    const target = sink.series(this.#series.series(cursor));
    if (target !== undefined) this.added++;
    return table.add(cursor, { end, hash: this.#series.hash, page, target });
  }

  #readSample(series: number): void {
    const { cursor } = this;
    const { limits, number, sink, table } = this.#page;
    if (this.#loose) skipBlanks(cursor);
    else {
      if (cursor.bytes[cursor.at] !== space) throw cursor.expected('a space before the value');
      cursor.at++;
    }
    const value = readNumber(cursor, 'a value');
    const extra = cursor.bytes[cursor.at] === newline ? undefined : this.#extra.read(cursor);
    if (++this.samples > limits.samples) throw cursor.error(`more than ${limits.samples} samples`, 'limit');
    const { seenIn } = table.columns;
    if (seenIn[series] !== number) {
      seenIn[series] = number;
      this.series++;
    }
    const target = table.targets[series];
    if (target === undefined) return;
    this.taken++;
    sink.sample(target, value, extra);
  }
}
