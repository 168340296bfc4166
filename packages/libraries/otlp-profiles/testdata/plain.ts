import type { Profile } from '@millrace/pprof';
import { labelsOf, mappingHas, valuesOf } from '@millrace/pprof';

/** Everything that a profile says, without its indexes and ids, to compare two of them. */
export function plain(profile: Profile) {
  const { strings, mappings, locations, functions, samples } = profile;
  const line = (at: number): string => {
    const own = locations.lines.function[at]!;
    const texts = [functions.name, functions.systemName, functions.file].map((column) => strings.at(column[own]!));
    return [...texts, functions.startLine.bigint(own), locations.lines.line.bigint(at), locations.lines.column.bigint(at)].join('|');
  };
  const location = (index: number) => ({
    address: String(locations.address.unsigned(index)),
    mapping: locations.mapping[index] === -1 ? '' : mapping(locations.mapping[index]!),
    lines: range(locations.lineStart[index]!, locations.lineStart[index + 1]!).map(line),
    folded: locations.folded[index],
  });
  const mapping = (index: number): string => {
    const numbers = [mappings.start, mappings.limit, mappings.offset].map((column) => column.unsigned(index));
    const texts = [mappings.file, mappings.buildId].map((column) => strings.at(column[index]!));
    return [...numbers, ...texts].join(' ').trimEnd();
  };
  const known = new Map<number, ReturnType<typeof location>>();
  const shown = (index: number) => {
    if (!known.has(index)) known.set(index, location(index));
    return known.get(index)!;
  };
  return {
    sampleTypes: profile.sampleTypes,
    defaultSampleType: profile.defaultSampleType,
    periodType: profile.periodType ?? { type: '', unit: '' },
    period: String(profile.period),
    time: String(profile.timeNanos),
    duration: String(profile.durationNanos),
    texts: [profile.dropFrames, profile.keepFrames, profile.docUrl, ...profile.comments],
    mappings: range(0, mappings.count).map((index) => ({ text: mapping(index), has: hasOf(mappings.has[index]!) })),
    samples: range(0, samples.count).map((sample) => ({
      values: valuesOf(profile, sample).map(String),
      stack: [...samples.stack.subarray(samples.stackStart[sample], samples.stackStart[sample + 1])].map(shown),
      labels: labelsOf(profile, sample)
        .map((label) => ('text' in label ? `${label.key}=${label.text}|` : `${label.key}=${label.number}|${label.unit}`))
        .sort(),
    })),
  };
}

const range = (start: number, end: number): number[] => Array.from({ length: end - start }, (_, index) => start + index);

const hasOf = (bits: number): string[] =>
  Object.entries(mappingHas).flatMap(([name, bit]) => ((bits & bit) === 0 ? [] : [name]));
