import { chain, hashOf, sameBytes } from './bytes.ts';
import type { Cursor } from './cursor.ts';
import { closeBrace, comma, equals, isLabelByte, isLabelStart, openBrace, quote, skipBlanks } from './cursor.ts';
import type { Format } from './format.ts';
import { LabelSets } from './label-sets.ts';
import type { Labels } from './series.ts';
import { asciiText, otherText, readQuoted, skipQuoted } from './text.ts';

const valueOf = 'a label value';

export interface LabelRules {
  readonly format: Format;
  readonly most: number;
  /** Whether a metric's name may be among the labels, in quotes: not in exemplars, and not where there is one already. */
  readonly name: 'allowed' | 'refused';
}

/**
 * Reads labels. Most series have the labels of the series before with one value or two changed: what is the same to the
 * byte is not read again. The hash of the whole is put together from those of the labels and of what is between them.
 */
export class LabelReader {
  /** The name that was among the labels last read. */
  name: string | undefined = undefined;
  /** Of the bytes between the braces, with them. */
  hash = 0;
  #count = 0;
  readonly #names: string[] = [];
  readonly #values: string[] = [];
  readonly #sets = new LabelSets();
  /** Where each label begins, how many bytes it has to its value and to its end, and its hash; and the bytes it is in. */
  readonly #starts: number[] = [];
  readonly #heads: number[] = [];
  readonly #lengths: number[] = [];
  readonly #hashes: number[] = [];
  #view: DataView | undefined = undefined;

  /** Reads up to the closing brace; the cursor is on the opening one, and in the end behind the closing one. */
  read(cursor: Cursor, rules: LabelRules): void {
    const { bytes, view } = cursor;
    if (this.#view !== view) this.#starts.length = 0;
    this.#view = view;
    this.name = undefined;
    this.#count = 0;
    const start = cursor.at++;
    if (rules.format === 'prometheus') skipBlanks(cursor);
    let hash = cursor.at === start + 1 ? openBrace : hashOf(view, start, cursor.at);
    if (bytes[cursor.at] === closeBrace) cursor.at++;
    else
      do hash = chain(hash, this.#repeat(cursor) ?? this.#readLabel(cursor, rules));
      while (bytes[cursor.at - 1] !== closeBrace);
    this.hash = hash;
  }

  /** Those last read. */
  labels(cursor: Cursor): Labels {
    return this.#sets.labels(cursor, { names: this.#names, values: this.#values, count: this.#count });
  }

  /** Passes over a label, and what ends it, that is what was in its place before. Its hash; undefined if it is not the same. */
  #repeat(cursor: Cursor): number | undefined {
    const at = this.#count;
    if (at >= this.#starts.length) return undefined;
    const start = cursor.at;
    const end = start + this.#lengths[at]!;
    if (end >= cursor.end || !sameBytes(cursor.view, start, end, cursor.view, this.#starts[at]!)) return undefined;
    // What ends it may go on: `a="b",` and then a brace.
    if (cursor.bytes[end - 1] !== closeBrace && !beginsLabel(cursor.bytes[end]!)) return undefined;
    cursor.at = end;
    this.#count++;
    return this.#hashes[at]!;
  }

  /** Whether the label at the cursor begins as the one in its place did, up to its value; the cursor is then behind that. */
  #repeatHead(cursor: Cursor): boolean {
    const at = this.#count;
    if (at >= this.#starts.length) return false;
    const start = cursor.at;
    const end = start + this.#heads[at]!;
    if (end >= cursor.end || !sameBytes(cursor.view, start, end, cursor.view, this.#starts[at]!)) return false;
    cursor.at = end;
    return true;
  }

  /** Reads a label and what ends it: a comma, the closing brace, or both. Its hash. */
  #readLabel(cursor: Cursor, rules: LabelRules): number {
    const { at: start } = cursor;
    const at = this.#count;
    const name = this.#repeatHead(cursor) ? this.#names[at] : this.#readHead(cursor, rules);
    if (name === undefined) return endLabel(cursor, start, rules);
    const head = cursor.at;
    const kind = skipQuoted(cursor, valueOf);
    const end = cursor.at - 1;
    if (at === rules.most) throw cursor.error(`more than ${rules.most} labels`, 'limit');
    if (end === head) return endLabel(cursor, start, rules);
    const other = kind === 'plain' ? undefined : otherText(cursor, head, valueOf);
    const hash = endLabel(cursor, start, rules);
    this.#names[at] = name;
    this.#values[at] = other ?? asciiText(cursor, { start: head, end, hash });
    this.#starts[at] = start;
    this.#heads[at] = head - start;
    this.#lengths[at] = cursor.at - start;
    this.#hashes[at] = hash;
    this.#count++;
    return hash;
  }

  /** Reads up to the value: `code="`. Undefined if it was a metric's name. */
  #readHead(cursor: Cursor, rules: LabelRules): string | undefined {
    const { bytes, at: start } = cursor;
    const loose = rules.format === 'prometheus';
    const name = readLabelName(cursor);
    if (loose) skipBlanks(cursor);
    if (bytes[start] === quote && bytes[cursor.at] !== equals) {
      this.#takeName(cursor, name, rules);
      return undefined;
    }
    if (bytes[cursor.at] !== equals) throw cursor.expected('= after a label name');
    cursor.at++;
    if (loose) skipBlanks(cursor);
    if (bytes[cursor.at] !== quote) throw cursor.expected('a label value in quotes');
    cursor.at++;
    return name;
  }

  #takeName(cursor: Cursor, name: string, rules: LabelRules): void {
    if (rules.name === 'refused' || this.name !== undefined) throw cursor.expected('= after a label name');
    if (name === '') throw cursor.error('the name of the metric is empty');
    this.name = name;
  }
}

const beginsLabel = (byte: number): boolean => isLabelStart(byte) || byte === quote;

function readLabelName(cursor: Cursor): string {
  const { bytes, at } = cursor;
  if (bytes[at] === quote) {
    cursor.at++;
    return readQuoted(cursor, 'a name');
  }
  if (!isLabelStart(bytes[at]!)) throw cursor.expected('a label name or }');
  let end = at + 1;
  while (isLabelByte(bytes[end]!)) end++;
  cursor.at = end;
  return asciiText(cursor, { start: at, end, hash: hashOf(cursor.view, at, end) });
}

/** Passes over what is behind a label, with the closing brace if it was the last. The hash of all from `start`. */
function endLabel(cursor: Cursor, start: number, { format }: LabelRules): number {
  const { bytes, view } = cursor;
  const loose = format === 'prometheus';
  if (loose) skipBlanks(cursor);
  if (bytes[cursor.at] === comma) {
    cursor.at++;
    if (loose) skipBlanks(cursor);
  } else if (!loose && bytes[cursor.at] !== closeBrace) throw cursor.expected('a comma or } after a label');
  // Prometheus takes labels without a comma between them, in its own text format.
  if (bytes[cursor.at] === closeBrace) cursor.at++;
  return hashOf(view, start, cursor.at);
}
