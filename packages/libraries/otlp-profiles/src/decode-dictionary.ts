import type { AnyValue } from '@millrace/core';
import { ProfileError } from '@millrace/pprof';
import type { Cursor } from './cursor.ts';
import { readValue } from './decode-values.ts';
import {
  attributeTag,
  dictionaryTag,
  functionTag,
  lineTag,
  linkTag,
  locationTag,
  mappingTag,
  stackTag,
} from './fields.ts';
import { Lists } from './lists.ts';

type Int64 = number | bigint;

/** A ProfilesDictionary whose references have been checked: each leads to a row, or is 0, which says that there is none. */
export interface Dictionary {
  readonly strings: readonly string[];
  readonly functions: readonly FunctionRow[];
  readonly mappings: readonly MappingRow[];
  readonly locations: readonly LocationRow[];
  readonly stacks: Lists;
  readonly attributes: readonly AttributeRow[];
  readonly links: readonly LinkRow[];
}

export interface FunctionRow {
  name: number;
  systemName: number;
  file: number;
  startLine: Int64;
}

export interface MappingRow {
  start: Int64;
  limit: Int64;
  offset: Int64;
  file: number;
  readonly attributes: number[];
}

export interface LocationRow {
  mapping: number;
  address: Int64;
  readonly lines: LineRow[];
  readonly attributes: number[];
}

export interface LineRow {
  function: number;
  line: Int64;
  column: Int64;
}

export interface AttributeRow {
  key: number;
  value: AnyValue;
  unit: number;
}

/** In hex; empty for none. */
export interface LinkRow {
  traceId: string;
  spanId: string;
}

/** `messages` are where ProfilesDictionary messages stand: one, if the request is as it should be. */
export function readDictionary(cursor: Cursor, messages: readonly number[], maxEntries: number): Dictionary {
  const strings: string[] = [];
  const functions: FunctionRow[] = [];
  const mappings: MappingRow[] = [];
  const locations: LocationRow[] = [];
  const stacks = new Lists();
  const links: LinkRow[] = [];
  /** Their values may refer to strings that come later. */
  const attributesAt: number[] = [];
  let entries = 0;
  const takeEntry = (): void => {
    if (++entries > maxEntries)
      throw new ProfileError(`The dictionary has more than ${maxEntries} entries; maxEntries allows no more.`);
  };

  for (const message of messages) {
    cursor.at = message;
    const outer = cursor.enter();
    for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag()) {
      takeEntry();
      if (tag === dictionaryTag.string) strings.push(cursor.text());
      else if (tag === dictionaryTag.function) functions.push(readFunction(cursor));
      else if (tag === dictionaryTag.mapping) mappings.push(readMapping(cursor));
      else if (tag === dictionaryTag.location) locations.push(readLocation(cursor, takeEntry));
      else if (tag === dictionaryTag.stack) readStack(cursor, stacks);
      else if (tag === dictionaryTag.link) links.push(readLink(cursor));
      else if (tag === dictionaryTag.attribute) {
        attributesAt.push(cursor.at);
        cursor.slice();
      } else cursor.skip(tag, dictionaryTag);
    }
    cursor.leave(outer);
  }
  if (strings.length > 0 && strings[0] !== '')
    throw new ProfileError(`String 0 of the dictionary must be empty, and is ${JSON.stringify(strings[0])}.`);
  const text = (index: number): string => {
    checkIndex(index, { by: 'The value of an attribute', what: 'string', count: strings.length });
    return strings[index] ?? '';
  };
  const attributes = attributesAt.map((at) => {
    cursor.at = at;
    return readAttribute(cursor, text);
  });
  const dictionary = { strings, functions, mappings, locations, stacks, attributes, links };
  checkReferences(dictionary);
  return dictionary;
}

interface Reference {
  readonly by: string;
  readonly what: string;
  readonly count: number;
}

function missing(index: number, { by, what, count }: Reference): ProfileError {
  return new ProfileError(`${by} refers to ${what} ${index}, but the dictionary has ${count} of them.`);
}

/** An index that leads nowhere is an error; 0 says that there is none, even where the table is empty. */
export function checkIndex(index: number, reference: Reference): void {
  if (index >= reference.count && index !== 0) throw missing(index, reference);
}

function readFunction(cursor: Cursor): FunctionRow {
  const row: FunctionRow = { name: 0, systemName: 0, file: 0, startLine: 0 };
  const outer = cursor.enter();
  for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag())
    if (tag === functionTag.name) row.name = cursor.index();
    else if (tag === functionTag.systemName) row.systemName = cursor.index();
    else if (tag === functionTag.file) row.file = cursor.index();
    else if (tag === functionTag.startLine) row.startLine = cursor.int64();
    else cursor.skip(tag, functionTag);
  cursor.leave(outer);
  return row;
}

function readMapping(cursor: Cursor): MappingRow {
  const row: MappingRow = { start: 0, limit: 0, offset: 0, file: 0, attributes: [] };
  const outer = cursor.enter();
  for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag())
    if (tag === mappingTag.start) row.start = cursor.uint64();
    else if (tag === mappingTag.limit) row.limit = cursor.uint64();
    else if (tag === mappingTag.offset) row.offset = cursor.uint64();
    else if (tag === mappingTag.file) row.file = cursor.index();
    else if (isList(tag, mappingTag.attributes)) cursor.each(tag, () => row.attributes.push(cursor.index()));
    else cursor.skip(tag, mappingTag);
  cursor.leave(outer);
  return row;
}

/** Lines are entries too: each becomes an object, from two bytes. */
function readLocation(cursor: Cursor, takeEntry: () => void): LocationRow {
  const row: LocationRow = { mapping: 0, address: 0, lines: [], attributes: [] };
  const outer = cursor.enter();
  for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag())
    if (tag === locationTag.mapping) row.mapping = cursor.index();
    else if (tag === locationTag.address) row.address = cursor.uint64();
    else if (tag === locationTag.lines) {
      takeEntry();
      row.lines.push(readLine(cursor));
    } else if (isList(tag, locationTag.attributes)) cursor.each(tag, () => row.attributes.push(cursor.index()));
    else cursor.skip(tag, locationTag);
  cursor.leave(outer);
  return row;
}

function readLine(cursor: Cursor): LineRow {
  const row: LineRow = { function: 0, line: 0, column: 0 };
  const outer = cursor.enter();
  for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag())
    if (tag === lineTag.function) row.function = cursor.index();
    else if (tag === lineTag.line) row.line = cursor.int64();
    else if (tag === lineTag.column) row.column = cursor.int64();
    else cursor.skip(tag, lineTag);
  cursor.leave(outer);
  return row;
}

function readStack(cursor: Cursor, stacks: Lists): void {
  const outer = cursor.enter();
  for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag())
    if (isList(tag, stackTag.locations)) cursor.each(tag, () => stacks.push(cursor.index()));
    else cursor.skip(tag, stackTag);
  cursor.leave(outer);
  stacks.finish();
}

function readLink(cursor: Cursor): LinkRow {
  const row: LinkRow = { traceId: '', spanId: '' };
  const outer = cursor.enter();
  for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag())
    if (tag === linkTag.traceId) row.traceId = idText(cursor.slice());
    else if (tag === linkTag.spanId) row.spanId = idText(cursor.slice());
    else cursor.skip(tag, linkTag);
  cursor.leave(outer);
  return row;
}

/** An id of zeros is none. */
const idText = (bytes: Buffer): string => (bytes.every((byte) => byte === 0) ? '' : bytes.toString('hex'));

function readAttribute(cursor: Cursor, text: (index: number) => string): AttributeRow {
  const row: AttributeRow = { key: 0, value: null, unit: 0 };
  const outer = cursor.enter();
  for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag())
    if (tag === attributeTag.key) row.key = cursor.index();
    else if (tag === attributeTag.value) row.value = readValue(cursor, text);
    else if (tag === attributeTag.unit) row.unit = cursor.index();
    else cursor.skip(tag, attributeTag);
  cursor.leave(outer);
  return row;
}

/** A repeated field of integers may come packed or one by one. */
export const isList = (tag: number, packed: number): boolean => tag === packed || tag === (packed & ~7);

function checkReferences(dictionary: Dictionary): void {
  const { strings, functions, mappings, locations, stacks, attributes } = dictionary;
  const check = (
    index: number,
    what: 'string' | 'mapping' | 'function' | 'location' | 'attribute',
    by: () => string,
  ): void => {
    const count = counts[what];
    if (index >= count && index !== 0) throw missing(index, { by: by(), what, count });
  };
  const counts = {
    string: strings.length,
    mapping: mappings.length,
    function: functions.length,
    location: locations.length,
    attribute: attributes.length,
  };
  for (const [index, row] of functions.entries())
    for (const text of [row.name, row.systemName, row.file]) check(text, 'string', () => `Function ${index}`);
  for (const [index, row] of mappings.entries()) {
    check(row.file, 'string', () => `Mapping ${index}`);
    for (const one of row.attributes) check(one, 'attribute', () => `Mapping ${index}`);
  }
  for (const [index, row] of locations.entries()) {
    check(row.mapping, 'mapping', () => `Location ${index}`);
    for (const one of row.attributes) check(one, 'attribute', () => `Location ${index}`);
    for (const line of row.lines) check(line.function, 'function', () => `A line of location ${index}`);
  }
  for (let index = 0; index < stacks.count; index++)
    for (let at = stacks.start(index); at < stacks.end(index); at++)
      if (stacks.values.at(at) >= locations.length) check(stacks.values.at(at), 'location', () => `Stack ${index}`);
  for (const [index, row] of attributes.entries())
    for (const text of [row.key, row.unit]) check(text, 'string', () => `Attribute ${index}`);
}
