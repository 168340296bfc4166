import { Cursor } from './cursor.ts';
import { readHeader } from './decode-header.ts';
import { readLocations } from './decode-locations.ts';
import { readSamples } from './decode-samples.ts';
import { ProfileError } from './error.ts';
import { profileField } from './fields.ts';
import { idsOf } from './ids.ts';
import type { Int64s } from './int64.ts';
import { checkDepth, checkTotal } from './limits.ts';
import type { CheckSize, Limits } from './limits.ts';
import { inflate } from './inflate.ts';
import type { Profile } from './profile.ts';

/** What a profile may be at most. */
export interface DecodeOptions {
  /** Of the profile when it is inflated. 256 MiB. */
  readonly maxBytes?: number;
  /** Of each table: strings, samples, labels, locations, lines, functions, mappings. 2^22. */
  readonly maxEntries?: number;
  /** Frames of one sample. 16,384. */
  readonly maxDepth?: number;
  /** Frames of all samples together, which is what viewing a profile costs. 2^26. */
  readonly maxFrames?: number;
}

export const defaultMaxBytes = 256 * 1024 * 1024;

/**
 * Reads a profile: pprof's protobuf, as it is, with gzip or with zstd. Throws a ProfileError for anything that is not a
 * whole and consistent profile within the limits: every reference leads somewhere, no id is 0 or there twice, every sample
 * has a value for each sample type.
 */
export function decode(bytes: Uint8Array, options: DecodeOptions = {}): Profile {
  const content = inflate(bytes, options.maxBytes ?? defaultMaxBytes);
  if (content.length === 0) throw new ProfileError('The profile is empty.');
  const cursor = new Cursor(content);
  const counts = countFields(cursor);
  const limits = {
    checkSize: sizeCheck(options.maxEntries ?? 2 ** 22),
    maxDepth: options.maxDepth ?? 16_384,
    maxFrames: options.maxFrames ?? 2 ** 26,
  };
  for (const [name, field] of Object.entries(profileField)) limits.checkSize(name, counts[field]!);
  if (counts[profileField.string] === 0) throw new ProfileError('This is no pprof profile: it has no string table.');

  const header = readHeader(cursor, counts, limits.checkSize);
  const { strings, mappings, functions } = header;
  const references = {
    strings: strings.count,
    mappings: idsOf(mappings.id, duplicate('mapping', mappings.id)),
    functions: idsOf(functions.id, duplicate('function', functions.id)),
    checkSize: limits.checkSize,
  };
  const locations = readLocations(cursor, counts[profileField.location]!, references);
  const { samples, labels } = readSamples(cursor, {
    count: counts[profileField.sample]!,
    width: header.sampleTypes.length,
    strings: strings.count,
    locations: idsOf(locations.id, duplicate('location', locations.id)),
    limits,
  });
  const profile = { ...header, locations, samples, labels };
  checkFrames(profile, limits);
  return profile;
}

const sizeCheck =
  (maxEntries: number): CheckSize =>
  (name, count) => {
    if (count <= maxEntries) return;
    throw new ProfileError(`The profile has a ${name} more than ${maxEntries} times; maxEntries allows no more.`);
  };

/** How often each field is there: the sizes of the tables. */
function countFields(cursor: Cursor): Uint32Array {
  const counts = new Uint32Array(16);
  try {
    for (let field = cursor.field(); field !== 0; field = cursor.field()) {
      if (field < counts.length) counts[field]! += 1;
      cursor.skip(cursor.low);
    }
  } catch (error) {
    throw asText(cursor.bytes) ?? error;
  }
  return counts;
}

/** An error for what can be read: pprof's text forms, an HTML or JSON page of an error. */
function asText(bytes: Uint8Array): ProfileError | undefined {
  const begin = Buffer.from(bytes.subarray(0, 60)).toString('latin1');
  if (!/^[\t\r\n -~]+$/.test(begin)) return undefined;
  return new ProfileError(
    `This is text, not a pprof profile (of a server, ask for debug=0). It begins with ${JSON.stringify(begin)}.`,
  );
}

const duplicate = (what: string, ids: Int64s) => (index: number) => {
  const id = ids.unsigned(index);
  throw new ProfileError(`The id ${id} belongs to two ${what}s: the second is ${what} ${index + 1} of the file.`);
};

/** With the lines of each location: what the views go through. */
function checkFrames({ samples, locations }: Profile, limits: Limits): void {
  const { stack, stackStart } = samples;
  const { lineStart } = locations;
  const frames = new Uint32Array(locations.count);
  for (let index = 0; index < frames.length; index++)
    frames[index] = Math.max(1, lineStart[index + 1]! - lineStart[index]!);
  let total = 0;
  for (let sample = 0; sample < samples.count; sample++) {
    let depth = 0;
    for (let at = stackStart[sample]!; at < stackStart[sample + 1]!; at++) depth += frames[stack[at]!]!;
    checkDepth(depth, sample, limits);
    total += depth;
    checkTotal(total, limits);
  }
}
