import type { Cursor } from './cursor.ts';
import { closeBrace, comma, equals, isLabelByte, isLabelStart, quote, skipBlanks } from './cursor.ts';
import type { Format } from './format.ts';
import type { Labels } from './series.ts';
import { asciiText, readQuoted } from './text.ts';

export interface LabelRules {
  readonly format: Format;
  readonly most: number;
  /** Whether a metric's name may be among the labels, in quotes: not in exemplars, and not where there is one already. */
  readonly name: 'allowed' | 'refused';
}

/**
 * Reads labels. Most series have the labels of the series before with one value or two changed: what is the same to the
 * byte is not read again, and a copy of the object has the right shape.
 */
export class LabelReader {
  /** The name that was among the labels last read. */
  name: string | undefined = undefined;
  #names: string[] = [];
  #values: string[] = [];
  #labels: Labels = noLabels;
  /** Where the labels last read begin and end, and in which bytes. */
  #bytes: Buffer | undefined = undefined;
  #starts: number[] = [];
  #ends: number[] = [];

  /** Reads up to the closing brace; the cursor is behind the opening one, and in the end behind the closing one. */
  read(cursor: Cursor, rules: LabelRules): Labels {
    const { bytes } = cursor;
    const loose = rules.format === 'prometheus';
    const [names, values] = [this.#names, this.#values];
    const [starts, ends] = [this.#starts, this.#ends];
    this.name = undefined;
    if (this.#bytes !== bytes) starts.length = 0;
    this.#bytes = bytes;
    let count = 0;
    let sameNames = true;
    let changed = 0;
    if (loose) skipBlanks(cursor);
    while (bytes[cursor.at] !== closeBrace) {
      const start = cursor.at;
      if (count < starts.length && repeats(bytes, start, { start: starts[count]!, end: ends[count]! })) {
        cursor.at = start + ends[count]! - starts[count]!;
        starts[count] = start;
        ends[count++] = cursor.at;
      } else {
        const label = readLabelName(cursor);
        if (loose) skipBlanks(cursor);
        if (bytes[start] === quote && bytes[cursor.at] !== equals) this.#takeName(cursor, label, rules);
        else {
          const value = readValue(cursor, loose);
          if (count === rules.most) throw cursor.error(`more than ${rules.most} labels`, 'limit');
          if (value !== '') {
            if (names[count] !== label) {
              sameNames = false;
              names[count] = label;
            }
            if (values[count] !== value) {
              changed |= count < 31 ? 1 << count : everything;
              values[count] = value;
            }
            starts[count] = start;
            ends[count++] = cursor.at;
          }
        }
      }
      endLabel(cursor, loose);
    }
    cursor.at++;
    starts.length = count;
    if (sameNames && names.length === count) {
      if (changed !== 0) this.#labels = changedLabels(this.#labels, { names, values, changed });
    } else this.#renew(cursor, count);
    return this.#labels;
  }

  #renew(cursor: Cursor, count: number): void {
    const names = this.#names;
    names.length = count;
    this.#values.length = count;
    this.#labels = noLabels;
    this.#labels = newLabels(cursor, names, this.#values);
    // The engine has one string of each name that is a property, by which properties are found much faster.
    const keys = Object.keys(this.#labels);
    for (let at = 0; at < count; at++) if (keys[at] === names[at]) names[at] = keys[at]!;
  }

  #takeName(cursor: Cursor, name: string, rules: LabelRules): void {
    if (rules.name === 'refused' || this.name !== undefined) throw cursor.expected('= after a label name');
    if (name === '') throw cursor.error('the name of the metric is empty');
    this.name = name;
  }
}

export const noLabels: Labels = Object.freeze({});

interface Change {
  readonly names: readonly string[];
  readonly values: readonly string[];
  /** A bit for each label up to the 31st; the last one for those after it. */
  readonly changed: number;
}

const everything = 1 << 31;

function changedLabels(before: Labels, { names, values, changed }: Change): Labels {
  const labels: Record<string, string> = { ...before };
  for (let at = 0; at < names.length; at++)
    if ((changed & (at < 31 ? 1 << at : everything)) !== 0) labels[names[at]!] = values[at]!;
  return labels;
}

function newLabels(cursor: Cursor, names: readonly string[], values: readonly string[]): Labels {
  const labels: Record<string, string> = {};
  for (let at = 0; at < names.length; at++) {
    const name = names[at]!;
    if (name === '') throw cursor.error('the name of a label is empty');
    if (name === '__name__' || Object.hasOwn(labels, name)) throw cursor.error(`the label ${name} is there twice`);
    if (name === '__proto__')
      Object.defineProperty(labels, name, { value: values[at], enumerable: true, configurable: true, writable: true });
    else labels[name] = values[at]!;
  }
  return labels;
}

/** Whether the bytes at `at` are those from `start` to `end`, which ends with a quote. */
function repeats(bytes: Buffer, at: number, { start, end }: { readonly start: number; readonly end: number }): boolean {
  const offset = at - start;
  for (let index = start; index < end; index++) if (bytes[index] !== bytes[index + offset]) return false;
  return true;
}

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
  return asciiText(bytes, at, end);
}

function readValue(cursor: Cursor, loose: boolean): string {
  const { bytes } = cursor;
  if (bytes[cursor.at] !== equals) throw cursor.expected('= after a label name');
  cursor.at++;
  if (loose) skipBlanks(cursor);
  if (bytes[cursor.at] !== quote) throw cursor.expected('a label value in quotes');
  cursor.at++;
  return readQuoted(cursor, 'a label value');
}

/** Prometheus takes labels without a comma between them, in its own text format. */
function endLabel(cursor: Cursor, loose: boolean): void {
  const { bytes } = cursor;
  if (loose) skipBlanks(cursor);
  if (bytes[cursor.at] === comma) {
    cursor.at++;
    if (loose) skipBlanks(cursor);
  } else if (!loose && bytes[cursor.at] !== closeBrace) throw cursor.expected('a comma or } after a label');
}
