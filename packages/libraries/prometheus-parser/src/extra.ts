import type { Cursor } from './cursor.ts';
import { hash, newline, openBrace, skipBlanks, space } from './cursor.ts';
import type { LabelRules } from './labels.ts';
import { LabelReader } from './labels.ts';
import { readNumber, readTime } from './number.ts';
import type { Exemplar, Extra } from './series.ts';

/** Reads what may come behind a value, up to the line feed. */
export class ExtraReader {
  readonly #rules: LabelRules;
  readonly #labels = new LabelReader();

  constructor({ format, most }: Pick<LabelRules, 'format' | 'most'>) {
    this.#rules = { format, most, name: 'refused' };
  }

  read(cursor: Cursor): Extra | undefined {
    return this.#rules.format === 'prometheus' ? readTimestamp(cursor) : this.#readOpenMetrics(cursor);
  }

  /** ` 1.234 # {trace_id="…"} 0.5 1.2` */
  #readOpenMetrics(cursor: Cursor): Extra {
    const { bytes } = cursor;
    if (bytes[cursor.at] !== space) throw cursor.expected('a space or the end of the line after the value');
    cursor.at++;
    const timeMs = bytes[cursor.at] === hash ? undefined : readTime(cursor, 'openmetrics');
    if (timeMs !== undefined) {
      if (bytes[cursor.at] === newline) return { timeMs };
      if (bytes[cursor.at++] !== space || bytes[cursor.at] !== hash)
        throw cursor.expected('an exemplar or the end of the line after the timestamp');
    }
    return { timeMs, exemplar: this.#readExemplar(cursor) };
  }

  /** `# {trace_id="…"} 0.5 1.2` */
  #readExemplar(cursor: Cursor): Exemplar {
    const { bytes } = cursor;
    if (bytes[cursor.at + 1] !== space || bytes[cursor.at + 2] !== openBrace) {
      cursor.at++;
      throw cursor.expected('an exemplar, # {…}');
    }
    cursor.at += 2;
    this.#labels.read(cursor, this.#rules);
    const labels = this.#labels.labels(cursor);
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
}

/** Of the text format, where any run of blanks is like one. */
function readTimestamp(cursor: Cursor): Extra | undefined {
  const { bytes } = cursor;
  skipBlanks(cursor);
  if (bytes[cursor.at] === newline) return undefined;
  const timeMs = readTime(cursor, 'prometheus');
  skipBlanks(cursor);
  if (bytes[cursor.at] !== newline) throw cursor.expected('the end of the line after the timestamp');
  return { timeMs };
}
