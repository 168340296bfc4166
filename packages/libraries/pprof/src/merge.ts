import { align } from './align.ts';
import { createBuilder } from './builder.ts';
import type { Builder, Header, SampleKey } from './builder.ts';
import { ProfileError } from './error.ts';
import { compare, fitting } from './int64.ts';
import type { Profile } from './profile.ts';
import { byText } from './top.ts';

/**
 * The sum of profiles, as go tool pprof makes it: samples with the same stack and labels are added, and what no sample needs
 * is left out. Of sample types, those that all have stay, in the finest unit that one has. Mappings of one file count as the
 * same wherever they were loaded. Time is the earliest that is known, duration the sum, period the greatest. Sums beyond 64
 * bits are a ProfileError.
 */
export function merge(profiles: readonly Profile[]): Profile {
  if (profiles.length === 0) throw new ProfileError('There are no profiles to merge.');
  const aligned = align(profiles);
  const merged = mergeAligned(aligned);
  // Samples that have cancelled each other may have been all that needed a location.
  return hasZeroSample(merged) ? mergeAligned([merged]) : merged;
}

function mergeAligned(profiles: readonly Profile[]): Profile {
  const builder = createBuilder(profiles[0]!.sampleTypes.length);
  const mappings = createMappings(builder);
  for (const profile of profiles) addProfile(builder, { profile, mappings });
  return builder.finish(headerOf(profiles));
}

function addProfile(builder: Builder, { profile, mappings }: { profile: Profile; mappings: MergedMappings }): void {
  const { samples } = profile;
  const width = profile.sampleTypes.length;
  const text = memo(profile.strings.count, (index) => builder.text(profile.strings.at(index)));
  const mapping = mappings.of(profile, text);
  const location = locationsOf(builder, { profile, text, mapping });
  const readLabels = labelReader(profile, text);
  let words = new Uint32Array(256);
  for (let sample = 0; sample < samples.count; sample++) {
    if (isZero(profile, sample)) continue;
    const begin = samples.stackStart[sample]!;
    const depth = samples.stackStart[sample + 1]! - begin;
    const size = 1 + depth + (samples.labelEnd[sample]! - samples.labelStart[sample]!) * 5;
    if (size > words.length) words = new Uint32Array(size * 2);
    for (let at = 0; at < depth; at++) words[at + 1] = location(samples.stack[begin + at]!);
    const key: SampleKey = { words, depth, length: readLabels(sample, { words, at: depth + 1 }) };
    builder.sample(key, samples.values, sample * width);
  }
}

type Memo = (index: number) => number;

/** Works out each index once. */
function memo(count: number, work: Memo): Memo {
  const known = new Int32Array(count).fill(-1);
  return (index) => {
    if (known[index] === -1) known[index] = work(index);
    return known[index]!;
  };
}

interface SourceOf {
  readonly profile: Profile;
  readonly text: Memo;
  readonly mapping: (index: number) => { readonly index: number; readonly offset: bigint };
}

function locationsOf(builder: Builder, { profile, text, mapping }: SourceOf): Memo {
  const { functions, locations } = profile;
  const { lines } = locations;
  const merged = memo(functions.count, (index) =>
    builder.function([
      text(functions.name[index]!),
      text(functions.systemName[index]!),
      text(functions.file[index]!),
      functions.startLine.low(index),
      functions.startLine.high(index),
    ]),
  );
  return memo(locations.count, (index) => {
    const own = locations.mapping[index]!;
    const { index: target, offset } = own === -1 ? { index: -1, offset: 0n } : mapping(own);
    const address = BigInt.asUintN(64, locations.address.unsigned(index) + offset);
    const words = [Number(address & 0xffff_ffffn), Number(address >> 32n), target + 1, locations.folded[index]!];
    for (let at = locations.lineStart[index]!; at < locations.lineStart[index + 1]!; at++)
      words.push(
        merged(lines.function[at]!),
        lines.line.low(at),
        lines.line.high(at),
        lines.column.low(at),
        lines.column.high(at),
      );
    return builder.location(words);
  });
}

interface MergedMappings {
  of(profile: Profile, text: Memo): SourceOf['mapping'];
}

/** The same file at another address is the same mapping; what was in it moves by the offset. */
function createMappings(builder: Builder): MergedMappings {
  const known = new Map<string, { readonly index: number; readonly start: bigint }>();
  const pageSize = 4096n;
  return {
    of({ mappings, strings }, text) {
      const found = new Map<number, { readonly index: number; readonly offset: bigint }>();
      const mapping: SourceOf['mapping'] = (index) => {
        const before = found.get(index);
        if (before) return before;
        const start = mappings.start.unsigned(index);
        const size = BigInt.asUintN(64, mappings.limit.unsigned(index) - start);
        const name = strings.at(mappings.buildId[index]!) || strings.at(mappings.file[index]!);
        const pages = (size + pageSize - 1n) / pageSize;
        const key = `${pages} ${mappings.offset.unsigned(index)} ${name}`;
        let target = known.get(key);
        if (!target) {
          const row = { mappings, index, file: text(mappings.file[index]!), buildId: text(mappings.buildId[index]!) };
          target = { index: builder.mapping(row), start };
          known.set(key, target);
        }
        const result = { index: target.index, offset: target.start - start };
        found.set(index, result);
        return result;
      };
      // The first mapping is the program itself, and stays the first.
      if (known.size === 0 && mappings.count > 0) mapping(0);
      return mapping;
    },
  };
}

/** Writes the labels of a sample behind `at`, in the order of their keys and texts before numbers; the result is their end. */
function labelReader(
  { samples, labels, strings }: Profile,
  text: Memo,
): (sample: number, target: { words: Uint32Array; at: number }) => number {
  const order = (one: number, other: number): number =>
    Number(labels.text[one] === 0) - Number(labels.text[other] === 0) ||
    byText(strings.at(labels.key[one]!), strings.at(labels.key[other]!));
  return (sample, { words, at }) => {
    let end = at;
    const [first, last] = [samples.labelStart[sample]!, samples.labelEnd[sample]!];
    if (first === last) return end;
    const own = Array.from({ length: last - first }, (_, index) => first + index).sort(order);
    for (const label of own) {
      words[end++] = text(labels.key[label]!);
      words[end++] = text(labels.text[label]!);
      words[end++] = labels.number.low(label);
      words[end++] = labels.number.high(label);
      words[end++] = text(labels.unit[label]!);
    }
    return end;
  };
}

function headerOf(profiles: readonly Profile[]): Header {
  const [first] = profiles;
  const { sampleTypes, dropFrames, keepFrames, periodType } = first!;
  const duration = profiles.reduce((so, one) => so + one.durationNanos, 0n);
  return {
    sampleTypes,
    defaultSampleType: profiles.find((one) => one.defaultSampleType !== '')?.defaultSampleType ?? '',
    dropFrames,
    keepFrames,
    timeNanos: earliest(profiles.map(({ timeNanos }) => timeNanos)),
    durationNanos: BigInt(fitting(duration, () => `The sum of the durations, ${duration} ns,`)),
    ...(periodType && { periodType }),
    period: profiles.map(({ period }) => period).reduce((one, other) => (compare(one, other) < 0 ? other : one)),
    comments: [...new Set(profiles.flatMap(({ comments }) => comments))],
    docUrl: profiles.find((one) => one.docUrl !== '')?.docUrl ?? '',
  };
}

/** Go takes a later profile without a time for the earliest, and forgets the time. */
const earliest = (times: readonly bigint[]): bigint =>
  times.reduce((so, time) => (so === 0n || (time !== 0n && time < so) ? time : so), 0n);

function isZero({ samples, sampleTypes }: Profile, sample: number): boolean {
  const width = sampleTypes.length;
  for (let at = sample * width; at < (sample + 1) * width; at++) if (!samples.values.isZero(at)) return false;
  return true;
}

function hasZeroSample(profile: Profile): boolean {
  for (let sample = 0; sample < profile.samples.count; sample++) if (isZero(profile, sample)) return true;
  return false;
}
