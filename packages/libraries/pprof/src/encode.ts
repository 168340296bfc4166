import { Writer } from '@millrace/protobuf';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { profileField } from './fields.ts';
import { Int64s } from './int64.ts';
import { mappingHas } from './profile.ts';
import type { Profile } from './profile.ts';
import { createTexts } from './texts.ts';

export interface EncodeOptions {
  /** `gzip` by default, which every reader of pprof files takes. */
  readonly compression?: 'gzip' | 'zstd' | 'none';
}

/** A pprof file. Each text is in the string table once, and only if something refers to it. */
export function encode(profile: Profile, { compression = 'gzip' }: EncodeOptions = {}): Uint8Array {
  const bytes = encodeProfile(profile);
  if (compression === 'none') return bytes;
  return compression === 'gzip' ? gzipSync(bytes, { level: 1 }) : zstdCompressSync(bytes);
}

const tagOf = (field: number, wireType: 0 | 2): number => (field << 3) | wireType;

/** Writes numbers of messages: those that are 0 are left out, as proto3 has it. */
class Output extends Writer {
  number(field: number, value: number): void {
    if (value === 0) return;
    this.varint(value);
    this.tag(tagOf(field, 0));
  }

  int64(field: number, column: Int64s, index: number): void {
    if (column.isZero(index)) return;
    this.word(column, index);
    this.tag(tagOf(field, 0));
  }

  word(column: Int64s, index: number): void {
    if (column.high(index) === 0) this.varint(column.low(index) >>> 0);
    else this.varint64(column.bigint(index));
  }
}

/** From the last field to the first: that is how a Writer goes. */
function encodeProfile(profile: Profile): Uint8Array {
  const output = new Output(1 << 16);
  const texts = createTexts();
  const known = new Int32Array(profile.strings.count).fill(-1);
  const text = (index: number): number => {
    if (known[index] === -1) known[index] = texts.intern(profile.strings.at(index));
    return known[index]!;
  };
  const numbers = Int64s.of(profile.timeNanos, profile.durationNanos, profile.period);
  output.number(profileField.docUrl, texts.intern(profile.docUrl));
  output.number(profileField.defaultSampleType, texts.intern(profile.defaultSampleType));
  writeComments(
    output,
    profile.comments.map((comment) => texts.intern(comment)),
  );
  output.int64(profileField.period, numbers, 2);
  const { periodType } = profile;
  const writeType = (field: number, type: { type: string; unit: string }): void => {
    const mark = output.length;
    output.number(2, texts.intern(type.unit));
    output.number(1, texts.intern(type.type));
    output.message(tagOf(field, 2), mark);
  };
  if (periodType) writeType(profileField.periodType, periodType);
  output.int64(profileField.durationNanos, numbers, 1);
  output.int64(profileField.timeNanos, numbers, 0);
  output.number(profileField.keepFrames, texts.intern(profile.keepFrames));
  output.number(profileField.dropFrames, texts.intern(profile.dropFrames));
  writeFunctions(output, profile, text);
  writeLocations(output, profile);
  writeMappings(output, profile, text);
  writeSamples(output, profile, text);
  for (const type of profile.sampleTypes.toReversed()) writeType(profileField.sampleType, type);
  return withStrings(output.copy(), texts.list);
}

/** The string table is complete only now; fields of protobuf may stand in any order. */
function withStrings(rest: Uint8Array, texts: readonly string[]): Uint8Array {
  const output = new Writer(1 << 16);
  for (const text of texts.toReversed()) {
    const mark = output.length;
    output.text(text);
    output.message(tagOf(profileField.string, 2), mark);
  }
  return Buffer.concat([rest, output.copy()]);
}

function writeComments(output: Output, comments: readonly number[]): void {
  if (comments.length === 0) return;
  const mark = output.length;
  for (const comment of comments.toReversed()) output.varint(comment);
  output.message(tagOf(profileField.comment, 2), mark);
}

type Text = (index: number) => number;

function writeFunctions(output: Output, { functions }: Profile, text: Text): void {
  for (let index = functions.count - 1; index >= 0; index--) {
    const mark = output.length;
    output.int64(5, functions.startLine, index);
    output.number(4, text(functions.file[index]!));
    output.number(3, text(functions.systemName[index]!));
    output.number(2, text(functions.name[index]!));
    output.int64(1, functions.id, index);
    output.message(tagOf(profileField.function, 2), mark);
  }
}

function writeLocations(output: Output, { locations, functions, mappings }: Profile): void {
  const { lines } = locations;
  for (let index = locations.count - 1; index >= 0; index--) {
    const mark = output.length;
    output.number(5, locations.folded[index]!);
    for (let at = locations.lineStart[index + 1]! - 1; at >= locations.lineStart[index]!; at--) {
      const line = output.length;
      output.int64(3, lines.column, at);
      output.int64(2, lines.line, at);
      output.int64(1, functions.id, lines.function[at]!);
      output.message(tagOf(4, 2), line);
    }
    output.int64(3, locations.address, index);
    const mapping = locations.mapping[index]!;
    if (mapping !== -1) output.int64(2, mappings.id, mapping);
    output.int64(1, locations.id, index);
    output.message(tagOf(profileField.location, 2), mark);
  }
}

function writeMappings(output: Output, { mappings }: Profile, text: Text): void {
  for (let index = mappings.count - 1; index >= 0; index--) {
    const mark = output.length;
    const has = mappings.has[index]!;
    for (const [field, bit] of hasFields) output.number(field, has & bit ? 1 : 0);
    output.number(6, text(mappings.buildId[index]!));
    output.number(5, text(mappings.file[index]!));
    output.int64(4, mappings.offset, index);
    output.int64(3, mappings.limit, index);
    output.int64(2, mappings.start, index);
    output.int64(1, mappings.id, index);
    output.message(tagOf(profileField.mapping, 2), mark);
  }
}

const hasFields = [
  [10, mappingHas.inlineFrames],
  [9, mappingHas.lines],
  [8, mappingHas.files],
  [7, mappingHas.functions],
] as const;

function writeSamples(output: Output, { samples, labels, locations, sampleTypes }: Profile, text: Text): void {
  const width = sampleTypes.length;
  for (let sample = samples.count - 1; sample >= 0; sample--) {
    const mark = output.length;
    for (let at = samples.labelEnd[sample]! - 1; at >= samples.labelStart[sample]!; at--) {
      const label = output.length;
      output.number(4, text(labels.unit[at]!));
      output.int64(3, labels.number, at);
      output.number(2, text(labels.text[at]!));
      output.number(1, text(labels.key[at]!));
      output.message(tagOf(3, 2), label);
    }
    const values = output.length;
    for (let type = width - 1; type >= 0; type--) output.word(samples.values, sample * width + type);
    output.message(tagOf(2, 2), values);
    const stack = output.length;
    for (let at = samples.stackStart[sample + 1]! - 1; at >= samples.stackStart[sample]!; at--)
      output.word(locations.id, samples.stack[at]!);
    if (output.length > stack) output.message(tagOf(1, 2), stack);
    output.message(tagOf(profileField.sample, 2), mark);
  }
}
