import { ProfileError } from './error.ts';
import type { Int64, Int64s } from './int64.ts';
import type { Strings } from './strings.ts';

/** What a value of a sample is, as `cpu` in `nanoseconds`. */
export interface ValueType {
  readonly type: string;
  readonly unit: string;
}

/**
 * A profile as columns: a sample, location, function or mapping is an index into the columns of its table, and refers to
 * others by index, not by id. Texts are indexes into `strings`; 0 is the empty string and says that there is none.
 * The fields are those of https://github.com/google/pprof/blob/main/proto/profile.proto.
 */
export interface Profile {
  readonly strings: Strings;
  /** What the values of each sample are, in order. */
  readonly sampleTypes: readonly ValueType[];
  /** The type that viewers show first; empty: the last. */
  readonly defaultSampleType: string;
  readonly samples: Samples;
  readonly labels: Labels;
  readonly mappings: Mappings;
  readonly locations: Locations;
  readonly functions: Functions;
  /** Regular expressions of frames that viewers leave out, and of those among them that they keep. */
  readonly dropFrames: string;
  readonly keepFrames: string;
  /** When it began, in nanoseconds since the epoch; 0: unknown. */
  readonly timeNanos: bigint;
  /** 0: unknown. */
  readonly durationNanos: bigint;
  readonly periodType?: ValueType;
  /** How many of the period type pass between two samples. */
  readonly period: Int64;
  readonly comments: readonly string[];
  readonly docUrl: string;
}

export interface Samples {
  readonly count: number;
  /** The stack of sample `i` is `stack.subarray(stackStart[i], stackStart[i + 1])`: locations, the leaf first. */
  readonly stackStart: Uint32Array;
  readonly stack: Uint32Array;
  /** Value `type` of sample `i` is at `i * sampleTypes.length + type`. */
  readonly values: Int64s;
  /** The labels of sample `i` go from `labelStart[i]` to `labelEnd[i]`. */
  readonly labelStart: Uint32Array;
  readonly labelEnd: Uint32Array;
}

/** A label says a text, or, where `text` is 0, a number in a unit. */
export interface Labels {
  readonly count: number;
  readonly key: Uint32Array;
  readonly text: Uint32Array;
  readonly number: Int64s;
  readonly unit: Uint32Array;
}

export interface Locations {
  readonly count: number;
  /** As in the file, unsigned. */
  readonly id: Int64s;
  /** Unsigned; 0: unknown. */
  readonly address: Int64s;
  /** -1: unknown. */
  readonly mapping: Int32Array;
  readonly folded: Uint8Array;
  /** Lines of location `i` go from `lineStart[i]` to `lineStart[i + 1]`: the innermost inlined call first, its caller last. */
  readonly lineStart: Uint32Array;
  readonly lines: Lines;
}

export interface Lines {
  readonly function: Uint32Array;
  readonly line: Int64s;
  readonly column: Int64s;
}

export interface Functions {
  readonly count: number;
  readonly id: Int64s;
  readonly name: Uint32Array;
  readonly systemName: Uint32Array;
  readonly file: Uint32Array;
  readonly startLine: Int64s;
}

export interface Mappings {
  readonly count: number;
  readonly id: Int64s;
  /** Addresses, unsigned. */
  readonly start: Int64s;
  readonly limit: Int64s;
  readonly offset: Int64s;
  readonly file: Uint32Array;
  readonly buildId: Uint32Array;
  /** Bits of `mappingHas`. */
  readonly has: Uint8Array;
}

/** What is known of the locations of a mapping. */
export const mappingHas = { functions: 1, files: 2, lines: 4, inlineFrames: 8 } as const;

/** A label of a sample as it reads. */
export type Label =
  | { readonly key: string; readonly text: string }
  | { readonly key: string; readonly number: Int64; readonly unit: string };

export function labelsOf(profile: Profile, sample: number): Label[] {
  const { samples, labels, strings } = profile;
  const list: Label[] = [];
  for (let at = samples.labelStart[sample]!; at < samples.labelEnd[sample]!; at++) {
    const key = strings.at(labels.key[at]!);
    const text = labels.text[at]!;
    list.push(
      text === 0
        ? { key, number: labels.number.at(at), unit: strings.at(labels.unit[at]!) }
        : { key, text: strings.at(text) },
    );
  }
  return list;
}

export function valuesOf(profile: Profile, sample: number): Int64[] {
  const width = profile.sampleTypes.length;
  return profile.sampleTypes.map((_, type) => profile.samples.values.at(sample * width + type));
}

/**
 * Which value of the samples is meant: by type (`inuse_` may be missing in the profile), by index, or, without a name, the
 * profile's default and else the last.
 */
export function sampleTypeIndex({ sampleTypes, defaultSampleType }: Profile, name?: string | number): number {
  const types = sampleTypes.map(({ type }) => type);
  if (types.length === 0) throw new ProfileError('The profile has no sample types, so there is nothing to show.');
  if (name === undefined) {
    const known = defaultSampleType === '' ? -1 : types.indexOf(defaultSampleType);
    return known === -1 ? types.length - 1 : known;
  }
  if (typeof name === 'number' && Number.isInteger(name) && name >= 0 && name < types.length) return name;
  const found = types.findIndex((type) => type === name || type === String(name).replace(/^inuse_/, ''));
  if (found !== -1) return found;
  throw new ProfileError(
    `The profile has no sample type ${JSON.stringify(name)}; it has ${typeNames({ sampleTypes })}.`,
  );
}

const shownTypes = 10;
const shownLength = 60;

/** The names of the sample types, for messages: of very many the first, and of long ones the beginning. */
export function typeNames({ sampleTypes }: Pick<Profile, 'sampleTypes'>): string {
  const names = sampleTypes.slice(0, shownTypes).map(({ type }) => JSON.stringify(type.slice(0, shownLength)));
  const more = sampleTypes.length - names.length;
  return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** A ProfileError, if values of the one say nothing beside values of the other. */
export function checkComparable(one: ValueType, other: ValueType): void {
  if (one.type === other.type && one.unit === other.unit) return;
  const short = (name: string): string => name.slice(0, shownLength);
  const shown = [one, other].map(({ type, unit }) => `${short(type)} in ${short(unit)}`);
  throw new ProfileError(`The profiles cannot be compared: the one shows ${shown.join(', the other ')}.`);
}
