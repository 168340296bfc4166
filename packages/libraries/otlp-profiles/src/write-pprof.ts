import type { AnyValue } from '@millrace/core';
import type { Dictionary } from './decode-dictionary.ts';
import type { RawProfile, Type } from './decode-profile.ts';
import type { Header } from './header.ts';
import type { Label, LabelsOf } from './labels.ts';
import { buildIds, hasNames, names } from './names.ts';
import { Output } from './output.ts';
import * as tags from './pprof-tags.ts';
import type { Reached } from './reached.ts';

export interface Source {
  readonly dictionary: Dictionary;
  readonly labels: LabelsOf;
  /** What was one profile, in the order of its sample types. */
  readonly profiles: readonly [RawProfile, ...RawProfile[]];
  readonly header: Header;
  readonly reached: Reached;
}

interface Texts {
  (text: string): number;
  readonly list: readonly string[];
}

function createTexts(): Texts {
  const list = [''];
  const known = new Map([['', 0]]);
  const intern = (text: string): number => {
    let index = known.get(text);
    if (index === undefined) {
      index = list.push(text) - 1;
      known.set(text, index);
    }
    return index;
  };
  return Object.assign(intern, { list });
}

/**
 * The bytes of a pprof file, not compressed, laid out as Go does it: ids from 1 up in their order, the texts of sample types
 * first. The parser of Pyroscope 0.37 mixes others up with what it has read before.
 */
export function writePprof(source: Source): Uint8Array {
  const { profiles, header, reached } = source;
  const [first] = profiles;
  const output = new Output(1 << 16);
  const text = createTexts();
  const string = (index: number): number => text(source.dictionary.strings[index] ?? '');
  const writer: PprofWriter = { ...source, output, text, string };
  for (const { sampleType } of profiles) for (const index of [sampleType?.type, sampleType?.unit]) string(index ?? 0);

  output.number(tags.pprofTag.docUrl, text(header.docUrl));
  output.number(tags.pprofTag.defaultSampleType, text(header.defaultSampleType));
  output.packed(tags.pprofTag.comment, header.comments.map(text));
  output.int64(tags.pprofTag.period, first.period);
  if (first.periodType && first.periodType.type + first.periodType.unit > 0)
    writeType(writer, tags.pprofTag.periodType, first.periodType);
  output.int64(tags.pprofTag.duration, first.duration);
  output.int64(tags.pprofTag.time, first.time);
  output.number(tags.pprofTag.keepFrames, text(header.keepFrames));
  output.number(tags.pprofTag.dropFrames, text(header.dropFrames));
  for (const index of reached.functions.indices.toReversed()) writeFunction(writer, index);
  for (const index of reached.locations.indices.toReversed()) writeLocation(writer, index);
  for (const index of reached.mappings.indices.toReversed()) writeMapping(writer, index);
  writeSamples(writer);
  for (const { sampleType, samples } of profiles.toReversed())
    if (sampleType || samples.values.length > 0)
      writeType(writer, tags.pprofTag.sampleType, sampleType ?? { type: 0, unit: 0 });
  return Buffer.concat([output.copy(), stringTable(text.list)]);
}

function stringTable(list: readonly string[]): Uint8Array {
  const output = new Output(1 << 14);
  for (const text of list.toReversed()) {
    const mark = output.length;
    output.text(text);
    output.message(tags.pprofTag.string, mark);
  }
  return output.copy();
}

interface PprofWriter extends Source {
  readonly output: Output;
  /** The index of a text in the string table of the file. */
  readonly text: Texts;
  /** The same of a string of the dictionary. */
  readonly string: (index: number) => number;
}

function writeType({ output, string }: PprofWriter, tag: number, { type, unit }: Type): void {
  const mark = output.length;
  output.number(tags.valueTypeTag.unit, string(unit));
  output.number(tags.valueTypeTag.type, string(type));
  output.message(tag, mark);
}

function writeFunction({ output, dictionary, reached, string }: PprofWriter, index: number): void {
  const row = dictionary.functions[index]!;
  const mark = output.length;
  output.int64(tags.functionTag.startLine, row.startLine);
  output.number(tags.functionTag.file, string(row.file));
  output.number(tags.functionTag.systemName, string(row.systemName));
  output.number(tags.functionTag.name, string(row.name));
  output.number(tags.functionTag.id, reached.functions.idOf(index));
  output.message(tags.pprofTag.function, mark);
}

function writeLocation({ output, dictionary, reached }: PprofWriter, index: number): void {
  const { mapping, address, lines, attributes } = dictionary.locations[index]!;
  const mark = output.length;
  if (attributes.some((one) => isTrue(dictionary, one, names.isFolded))) output.number(tags.locationTag.folded, 1);
  for (const line of lines.toReversed()) {
    // pprof has no line without a function.
    if (line.function === 0) continue;
    const start = output.length;
    output.int64(tags.lineTag.column, line.column);
    output.int64(tags.lineTag.line, line.line);
    output.number(tags.lineTag.function, reached.functions.idOf(line.function));
    output.message(tags.locationTag.line, start);
  }
  output.int64(tags.locationTag.address, address);
  if (mapping !== 0) output.number(tags.locationTag.mapping, reached.mappings.idOf(mapping));
  output.number(tags.locationTag.id, reached.locations.idOf(index));
  output.message(tags.pprofTag.location, mark);
}

function writeMapping({ output, dictionary, reached, text, string }: PprofWriter, index: number): void {
  const { start, limit, offset, file, attributes } = dictionary.mappings[index]!;
  const mark = output.length;
  for (const [at, [, name]] of hasNames.entries())
    if (attributes.some((one) => isTrue(dictionary, one, name))) output.number(tags.mappingHasTags[at]!, 1);
  output.number(tags.mappingTag.buildId, text(buildIdOf(dictionary, attributes)));
  output.number(tags.mappingTag.file, string(file));
  output.int64(tags.mappingTag.offset, offset);
  output.int64(tags.mappingTag.limit, limit);
  output.int64(tags.mappingTag.start, start);
  output.number(tags.mappingTag.id, reached.mappings.idOf(index));
  output.message(tags.pprofTag.mapping, mark);
}

function buildIdOf(dictionary: Dictionary, attributes: readonly number[]): string {
  for (const name of buildIds)
    for (const index of attributes) {
      const value = valueOf(dictionary, index, name);
      if (typeof value === 'string' && value !== '') return value;
    }
  return '';
}

const isTrue = (dictionary: Dictionary, index: number, name: string): boolean =>
  valueOf(dictionary, index, name) === true;

/** The value of an attribute if that is its name. */
function valueOf({ attributes, strings }: Dictionary, index: number, name: string): AnyValue | undefined {
  if (index === 0) return undefined;
  const { key, value } = attributes[index]!;
  return strings[key] === name ? value : undefined;
}

function writeSamples(writer: PprofWriter): void {
  const { output, labels, profiles } = writer;
  const { stacks, links, attributes, values } = profiles[0].samples;
  for (let sample = values.length - 1; sample >= 0; sample--) {
    const mark = output.length;
    for (const label of labels.link(links.at(sample)).toReversed()) writeLabel(writer, label);
    for (const index of attributes.list(sample).toReversed())
      for (const label of labels.attribute(index).toReversed()) writeLabel(writer, label);
    const valuesMark = output.length;
    for (let at = profiles.length - 1; at >= 0; at--) output.word(profiles[at]!.samples.values[sample]!);
    output.message(tags.sampleTag.values, valuesMark);
    writeStack(writer, stacks.at(sample));
    output.message(tags.pprofTag.sample, mark);
  }
}

function writeStack({ output, dictionary: { stacks }, reached }: PprofWriter, stack: number): void {
  if (stack === 0 || stacks.size(stack) === 0) return;
  const mark = output.length;
  for (let at = stacks.end(stack) - 1; at >= stacks.start(stack); at--)
    output.varint(reached.locations.idOf(stacks.values.at(at)));
  output.message(tags.sampleTag.locations, mark);
}

function writeLabel({ output, text }: PprofWriter, label: Label): void {
  const mark = output.length;
  output.number(tags.labelTag.unit, text(label.unit ?? ''));
  output.int64(tags.labelTag.number, label.number ?? 0);
  output.number(tags.labelTag.text, text(label.text ?? ''));
  output.number(tags.labelTag.key, text(label.key));
  output.message(tags.sampleTag.label, mark);
}
