import type { Cursor } from './cursor.ts';
import { ProfileError } from './error.ts';
import { delimited, profileField, varint } from './fields.ts';
import { Int64s } from './int64.ts';
import type { CheckSize } from './limits.ts';
import { mappingHas } from './profile.ts';
import type { Functions, Mappings, Profile, ValueType } from './profile.ts';
import { Strings } from './strings.ts';

type Header = Omit<Profile, 'samples' | 'labels' | 'locations'>;

/** Everything but locations and samples, which refer to it. */
export function readHeader(cursor: Cursor, counts: Uint32Array, checkSize: CheckSize): Header {
  const stringCount = counts[profileField.string]!;
  const ranges = new Uint32Array(stringCount * 2);
  const mappings = emptyMappings(counts[profileField.mapping]!);
  const functions = emptyFunctions(counts[profileField.function]!);
  const sampleTypes: [number, number][] = [];
  const comments: number[] = [];
  const numbers = new Int64s(profileField.docUrl + 1);
  let periodType: [number, number] | undefined;
  let strings = 0;
  let mapping = 0;
  let fun = 0;

  const read: Partial<Record<number, (field: number) => void>> = {
    [profileField.sampleType]: () => void sampleTypes.push(readValueType(cursor, stringCount)),
    [profileField.periodType]: () => void (periodType = readValueType(cursor, stringCount)),
    [profileField.mapping]: () => readMapping(cursor, { mappings, index: mapping++, strings: stringCount }),
    [profileField.function]: () => readFunction(cursor, { functions, index: fun++, strings: stringCount }),
    [profileField.string]: () => {
      if (strings === 0 && cursor.at !== cursor.end)
        throw new ProfileError('The first string of the string table is not empty.');
      ranges[strings * 2] = cursor.at;
      ranges[strings * 2 + 1] = cursor.end;
      strings++;
    },
  };

  cursor.at = 0;
  for (let field = cursor.field(); field !== 0; field = cursor.field()) {
    const wireType = cursor.low;
    const message = read[field];
    if (message) {
      cursor.expect(wireType, delimited, `field ${field} of the profile`);
      const outer = cursor.enter();
      message(field);
      cursor.leave(outer);
    } else if (field === profileField.comment && wireType === delimited) {
      const outer = cursor.enter();
      while (cursor.at < cursor.end) checkSize('comment', comments.push(text(cursor, stringCount)));
      cursor.leave(outer);
    } else if (field > profileField.string && field <= profileField.docUrl) {
      cursor.expect(wireType, varint, `field ${field} of the profile`);
      if (field === profileField.comment) comments.push(text(cursor, stringCount));
      else readNumber(cursor, { field, numbers });
    } else cursor.skip(wireType);
  }

  const table = new Strings(cursor.bytes, ranges);
  const valueType = ([type, unit]: [number, number]): ValueType => ({ type: table.at(type), unit: table.at(unit) });
  const named = (field: number): string => table.at(checkText({ numbers, field, strings: stringCount }));
  return {
    strings: table,
    sampleTypes: sampleTypes.map(valueType),
    defaultSampleType: named(profileField.defaultSampleType),
    mappings,
    functions,
    dropFrames: named(profileField.dropFrames),
    keepFrames: named(profileField.keepFrames),
    timeNanos: numbers.bigint(profileField.timeNanos),
    durationNanos: numbers.bigint(profileField.durationNanos),
    ...(periodType && { periodType: valueType(periodType) }),
    period: numbers.at(profileField.period),
    comments: comments.map((index) => table.at(index)),
    docUrl: named(profileField.docUrl),
  };
}

function readNumber(cursor: Cursor, { field, numbers }: { field: number; numbers: Int64s }): void {
  // One profile has one time; Go refuses a second one, too.
  if (field === profileField.timeNanos && !numbers.isZero(field))
    throw new ProfileError('Two profiles stand one behind the other: decode each of them, and merge them.');
  cursor.int64();
  numbers.setWords(field, cursor.low, cursor.high);
}

/** Reads an index into the string table. */
export function text(cursor: Cursor, strings: number): number {
  const index = cursor.uint();
  if (index >= strings) throw missingString(index, strings);
  return index;
}

function checkText({ numbers, field, strings }: { numbers: Int64s; field: number; strings: number }): number {
  const index = numbers.number(field);
  if (index < 0 || index >= strings) throw missingString(index, strings);
  return index;
}

const missingString = (index: number, strings: number): ProfileError =>
  new ProfileError(`The string ${index} does not exist: the string table has ${strings}.`);

function readValueType(cursor: Cursor, strings: number): [number, number] {
  const found: [number, number] = [0, 0];
  for (let field = cursor.field(); field !== 0; field = cursor.field()) {
    const wireType = cursor.low;
    if (field > 2) {
      cursor.skip(wireType);
      continue;
    }
    cursor.expect(wireType, varint, `field ${field} of a value type`);
    found[field === 1 ? 0 : 1] = text(cursor, strings);
  }
  return found;
}

interface FunctionAt {
  readonly functions: Functions;
  readonly index: number;
  readonly strings: number;
}

function readFunction(cursor: Cursor, { functions, index, strings }: FunctionAt): void {
  for (let field = cursor.field(); field !== 0; field = cursor.field()) {
    const wireType = cursor.low;
    if (field > 5) {
      cursor.skip(wireType);
      continue;
    }
    cursor.expect(wireType, varint, `field ${field} of a function`);
    if (field === 2) functions.name[index] = text(cursor, strings);
    else if (field === 3) functions.systemName[index] = text(cursor, strings);
    else if (field === 4) functions.file[index] = text(cursor, strings);
    else {
      cursor.int64();
      (field === 1 ? functions.id : functions.startLine).setWords(index, cursor.low, cursor.high);
    }
  }
  if (functions.id.isZero(index)) throw new ProfileError(`Function ${index + 1} of the file has no id.`);
}

interface MappingAt {
  readonly mappings: Mappings;
  readonly index: number;
  readonly strings: number;
}

const hasBits = [mappingHas.functions, mappingHas.files, mappingHas.lines, mappingHas.inlineFrames] as const;

function readMapping(cursor: Cursor, { mappings, index, strings }: MappingAt): void {
  const numbers = [mappings.id, mappings.start, mappings.limit, mappings.offset];
  for (let field = cursor.field(); field !== 0; field = cursor.field()) {
    const wireType = cursor.low;
    if (field > 10) {
      cursor.skip(wireType);
      continue;
    }
    cursor.expect(wireType, varint, `field ${field} of a mapping`);
    if (field === 5) mappings.file[index] = text(cursor, strings);
    else if (field === 6) mappings.buildId[index] = text(cursor, strings);
    else {
      cursor.int64();
      if (field < 5) numbers[field - 1]!.setWords(index, cursor.low, cursor.high);
      else if ((cursor.low | cursor.high) !== 0) mappings.has[index]! |= hasBits[field - 7]!;
      else mappings.has[index]! &= ~hasBits[field - 7]!;
    }
  }
  if (mappings.id.isZero(index)) throw new ProfileError(`Mapping ${index + 1} of the file has no id.`);
}

const emptyFunctions = (count: number): Functions => ({
  count,
  id: new Int64s(count),
  name: new Uint32Array(count),
  systemName: new Uint32Array(count),
  file: new Uint32Array(count),
  startLine: new Int64s(count),
});

const emptyMappings = (count: number): Mappings => ({
  count,
  id: new Int64s(count),
  start: new Int64s(count),
  limit: new Int64s(count),
  offset: new Int64s(count),
  file: new Uint32Array(count),
  buildId: new Uint32Array(count),
  has: new Uint8Array(count),
});
