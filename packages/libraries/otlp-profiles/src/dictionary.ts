import type { AnyValue } from '@millrace/core';
import { attributesKey } from '@millrace/core';
import * as tags from './fields.ts';
import type { Output } from './output.ts';
import type { Rows } from './rows.ts';
import { createRows } from './rows.ts';

/**
 * A ProfilesDictionary that is being filled. Words of rows, 64-bit integers as two with the low half first:
 * of functions name, system name, file, start line (2); of mappings start (2), limit (2), offset (2), file, attributes; of
 * locations mapping, address (2), attribute or 0, and for each line function, line (2), column (2); of stacks locations.
 */
export interface Dictionary {
  readonly functions: Rows;
  readonly mappings: Rows;
  readonly locations: Rows;
  readonly stacks: Rows;
  string(text: string): number;
  attribute(key: string, value: AnyValue, unit?: string): number;
  /** Both in hex: 16 and 8 bytes. */
  link(traceId: string, spanId: string): number;
  /** The content of the message. */
  write(output: Output): void;
}

interface Attribute {
  readonly key: number;
  readonly value: AnyValue;
  readonly unit: number;
}

export function createDictionary(): Dictionary {
  const [functions, mappings, locations, stacks] = [createRows(), createRows(), createRows(), createRows()];
  const strings = createList('');
  const links = createList({ traceId: '0'.repeat(32), spanId: '0'.repeat(16) });
  const attributes = createList<Attribute>({ key: 0, value: null, unit: 0 });
  return {
    functions,
    mappings,
    locations,
    stacks,
    string: (text) => (text === '' ? 0 : strings.intern(text, () => text)),
    link: (traceId, spanId) => links.intern(`${traceId} ${spanId}`, () => ({ traceId, spanId })),
    attribute(key, value, unit = '') {
      const row = { key: strings.intern(key, () => key), unit: unit === '' ? 0 : strings.intern(unit, () => unit) };
      return attributes.intern(`${row.key} ${row.unit} ${attributesKey({ value })}`, () => ({ ...row, value }));
    },
    write(output) {
      const table = (tag: number, count: number, writeRow: (index: number) => void): void => {
        for (let index = count - 1; index >= 0; index--) {
          const mark = output.length;
          writeRow(index);
          output.message(tag, mark);
        }
      };
      const { list } = attributes;
      table(tags.dictionaryTag.stack, stacks.count, (index) =>
        output.packed(tags.stackTag.locations, stacks.at(index)),
      );
      table(tags.dictionaryTag.attribute, list.length, (index) => writeAttribute(output, list[index]!));
      table(tags.dictionaryTag.string, strings.list.length, (index) => output.text(strings.list[index]!));
      table(tags.dictionaryTag.link, links.list.length, (index) => writeLink(output, links.list[index]!));
      table(tags.dictionaryTag.function, functions.count, (index) => writeFunction(output, functions.at(index)));
      table(tags.dictionaryTag.location, locations.count, (index) => writeLocation(output, locations.at(index)));
      table(tags.dictionaryTag.mapping, mappings.count, (index) => writeMapping(output, mappings.at(index)));
    },
  };
}

/** Rows by a text that tells them apart. */
function createList<Row>(first: Row): { readonly list: readonly Row[]; intern(key: string, make: () => Row): number } {
  const list = [first];
  const known = new Map<string, number>();
  return {
    list,
    intern(key, make) {
      let index = known.get(key);
      if (index === undefined) {
        index = list.push(make()) - 1;
        known.set(key, index);
      }
      return index;
    },
  };
}

function writeAttribute(output: Output, { key, value, unit }: Attribute): void {
  output.number(tags.attributeTag.unit, unit);
  if (key !== 0) {
    const mark = output.length;
    output.value(value);
    output.message(tags.attributeTag.value, mark);
  }
  output.number(tags.attributeTag.key, key);
}

function writeLink(output: Output, { traceId, spanId }: { traceId: string; spanId: string }): void {
  for (const [tag, digits, size] of [
    [tags.linkTag.spanId, spanId, 8],
    [tags.linkTag.traceId, traceId, 16],
  ] as const) {
    output.hex(digits, size);
    output.varint(size);
    output.tag(tag);
  }
}

function writeFunction(output: Output, [name = 0, systemName = 0, file = 0, low = 0, high = 0]: Uint32Array): void {
  output.halves(tags.functionTag.startLine, low, high);
  output.number(tags.functionTag.file, file);
  output.number(tags.functionTag.systemName, systemName);
  output.number(tags.functionTag.name, name);
}

export const mappingWords = 7;

function writeMapping(output: Output, words: Uint32Array): void {
  if (words.length === 0) return;
  output.packed(tags.mappingTag.attributes, words.subarray(mappingWords));
  output.number(tags.mappingTag.file, words[6]!);
  output.halves(tags.mappingTag.offset, words[4]!, words[5]!);
  output.halves(tags.mappingTag.limit, words[2]!, words[3]!);
  output.halves(tags.mappingTag.start, words[0]!, words[1]!);
}

export const locationWords = 4;
export const lineWords = 5;

function writeLocation(output: Output, words: Uint32Array): void {
  if (words.length === 0) return;
  if (words[3] !== 0) output.packed(tags.locationTag.attributes, [words[3]!]);
  for (let at = words.length - lineWords; at >= locationWords; at -= lineWords) {
    const mark = output.length;
    output.halves(tags.lineTag.column, words[at + 3]!, words[at + 4]!);
    output.halves(tags.lineTag.line, words[at + 1]!, words[at + 2]!);
    output.number(tags.lineTag.function, words[at]!);
    output.message(tags.locationTag.lines, mark);
  }
  output.halves(tags.locationTag.address, words[1]!, words[2]!);
  output.number(tags.locationTag.mapping, words[0]!);
}
