import { Int64List, Uint32List } from './growable.ts';
import { Int64s } from './int64.ts';
import type { Locations, Mappings, Functions, Profile, Samples, Labels } from './profile.ts';
import { createSequences } from './sequences.ts';
import { Strings } from './strings.ts';
import { createTexts } from './texts.ts';

/** 64-bit integers by halves, as words of a sequence: unsigned, low first. */
type Words = readonly number[];

/** Builds the tables of a profile with each mapping, function, location and sample once. */
export interface Builder {
  /** The index of a text in the string table. */
  text(text: string): number;
  /** Words: start name, system name, file, start line (two). */
  function(words: Words): number;
  /** Appends a mapping. Numbers are in `numbers` at `index`: start, limit and offset. */
  mapping(one: MappingRow): number;
  /** Address (two words), mapping + 1, folded, and for each line function, line (two) and column (two). */
  location(words: Words): number;
  /** Adds the values at `from` to the sample with this stack and these labels. */
  sample(key: SampleKey, values: Int64s, from: number): void;
  finish(header: Header): Profile;
}

export interface MappingRow {
  readonly mappings: Mappings;
  readonly index: number;
  readonly file: number;
  readonly buildId: number;
}

/** A stack, then labels of five words: key, text, number (two), unit. */
export interface SampleKey {
  readonly words: Uint32Array;
  readonly depth: number;
  readonly length: number;
}

export type Header = Omit<Profile, 'strings' | 'samples' | 'labels' | 'mappings' | 'locations' | 'functions'>;

export function createBuilder(width: number): Builder {
  const texts = createTexts();
  const functions = createSequences();
  const locations = createSequences();
  const samples = createSequences();
  const depths = new Uint32List();
  const values = new Int64List();
  const mappings: MappingRow[] = [];
  const intern = (table: typeof functions, words: Words): number =>
    table.intern(Uint32Array.from(words), 0, words.length);
  return {
    text: (text) => texts.intern(text),
    function: (words) => intern(functions, words),
    mapping: (row) => mappings.push(row) - 1,
    location: (words) => intern(locations, words),
    sample({ words, depth, length }, column, from) {
      // Depth first, so that a location is never taken for a part of a label.
      words[0] = depth;
      const index = samples.intern(words, 0, length);
      if (index < depths.length) {
        for (let type = 0; type < width; type++) values.add(index * width + type, column, from + type);
        return;
      }
      depths.push(depth);
      for (let type = 0; type < width; type++) values.pushFrom(column, from + type);
    },
    finish: (header) => ({
      ...header,
      strings: Strings.of(texts.list),
      mappings: buildMappings(mappings),
      functions: buildFunctions(functions),
      locations: buildLocations(locations),
      ...buildSamples(samples, { depths, values: values.toColumn() }),
    }),
  };
}

type Table = ReturnType<typeof createSequences>;

function ids(count: number): Int64s {
  const column = new Int64s(count);
  for (let index = 0; index < count; index++) column.setWords(index, index + 1, 0);
  return column;
}

function buildMappings(rows: readonly MappingRow[]): Mappings {
  const copy = (column: 'start' | 'limit' | 'offset'): Int64s => {
    const copied = new Int64s(rows.length);
    for (const [at, { mappings, index }] of rows.entries())
      copied.setWords(at, mappings[column].low(index), mappings[column].high(index));
    return copied;
  };
  return {
    count: rows.length,
    id: ids(rows.length),
    start: copy('start'),
    limit: copy('limit'),
    offset: copy('offset'),
    file: Uint32Array.from(rows, ({ file }) => file),
    buildId: Uint32Array.from(rows, ({ buildId }) => buildId),
    has: Uint8Array.from(rows, ({ mappings, index }) => mappings.has[index]!),
  };
}

function buildFunctions(table: Table): Functions {
  const { count } = table;
  const startLine = new Int64s(count);
  const [name, systemName, file] = [new Uint32Array(count), new Uint32Array(count), new Uint32Array(count)];
  for (let index = 0; index < count; index++) {
    const words = table.at(index);
    name[index] = words[0]!;
    systemName[index] = words[1]!;
    file[index] = words[2]!;
    startLine.setWords(index, words[3]!, words[4]!);
  }
  return { count, id: ids(count), name, systemName, file, startLine };
}

const locationWords = 4;
const lineWords = 5;

function buildLocations(table: Table): Locations {
  const { count } = table;
  const address = new Int64s(count);
  const mapping = new Int32Array(count);
  const folded = new Uint8Array(count);
  const lineStart = new Uint32Array(count + 1);
  const [functions, line, column] = [new Uint32List(), new Int64List(), new Int64List()];
  for (let index = 0; index < count; index++) {
    const words = table.at(index);
    address.setWords(index, words[0]!, words[1]!);
    mapping[index] = words[2]! - 1;
    folded[index] = words[3]!;
    for (let at = locationWords; at < words.length; at += lineWords) {
      functions.push(words[at]!);
      line.push(words[at + 1]!, words[at + 2]!);
      column.push(words[at + 3]!, words[at + 4]!);
    }
    lineStart[index + 1] = functions.length;
  }
  const lines = { function: functions.toArray(), line: line.toColumn(), column: column.toColumn() };
  return { count, id: ids(count), address, mapping, folded, lineStart, lines };
}

const labelWords = 5;

function buildSamples(
  table: Table,
  { depths, values }: { depths: Uint32List; values: Int64s },
): { samples: Samples; labels: Labels } {
  const { count } = table;
  const stackStart = new Uint32Array(count + 1);
  const [labelStart, labelEnd] = [new Uint32Array(count), new Uint32Array(count)];
  const stack = new Uint32List();
  const [key, text, number, unit] = [new Uint32List(), new Uint32List(), new Int64List(), new Uint32List()];
  for (let index = 0; index < count; index++) {
    const words = table.at(index);
    const end = depths.array[index]! + 1;
    for (let at = 1; at < end; at++) stack.push(words[at]!);
    stackStart[index + 1] = stack.length;
    labelStart[index] = key.length;
    for (let at = end; at < words.length; at += labelWords) {
      key.push(words[at]!);
      text.push(words[at + 1]!);
      number.push(words[at + 2]!, words[at + 3]!);
      unit.push(words[at + 4]!);
    }
    labelEnd[index] = key.length;
  }
  return {
    samples: { count, stackStart, stack: stack.toArray(), values, labelStart, labelEnd },
    labels: {
      count: key.length,
      key: key.toArray(),
      text: text.toArray(),
      number: number.toColumn(),
      unit: unit.toArray(),
    },
  };
}
