import type { ProfilesBatch } from '@millrace/core';
import type { DecodedProfile } from '@millrace/otlp-profiles';
import { decodeProfiles } from '@millrace/otlp-profiles';
import type { Profile } from '@millrace/pprof';
import { formatValue, labelsOf, ProfileError, sampleTypeIndex, top, valuesOf } from '@millrace/pprof';
import type { Lines } from './detailed.ts';
import { nameText, pairsText, plainText, timeText } from './text.ts';

const shownFunctions = 10;
const shownStacks = 3;
const shownFrames = 20;

/** The profiles of a batch, or why they cannot be read: they have come as bytes that nobody has looked at. */
export function read(batch: ProfilesBatch): readonly DecodedProfile[] | string {
  try {
    return decodeProfiles(batch.request);
  } catch (error) {
    if (error instanceof ProfileError) return plainText(`These are no profiles: ${error.message}`);
    throw error;
  }
}

/** A line for each sample type of a profile. */
export function profileLines({ profile, attributes }: DecodedProfile): string[] {
  const when = whenText(profile);
  return profile.sampleTypes.map(({ type, unit }, index) => {
    const { total } = top(profile, { sampleType: index, limit: 0 });
    const parts = [`${total} ${plainText(unit)}`, `${profile.samples.count} samples`, ...when];
    return `${nameText(type)} ${parts.join(', ')} {${pairsText(attributes)}}`;
  });
}

function whenText({ timeNanos, durationNanos }: Profile): string[] {
  const duration = durationNanos === 0n ? [] : [formatValue(Number(durationNanos), 'nanoseconds')];
  return timeNanos === 0n ? duration : [...duration, `from ${nanosText(timeNanos)}`];
}

function nanosText(nanos: bigint): string {
  const second = 1_000_000_000n;
  const seconds = nanos / second - (nanos % second < 0n ? 1n : 0n);
  return timeText([Number(seconds), Number(nanos - seconds * second)]);
}

/** What a profile says of itself, where its time went, and its greatest stacks. */
export function profileDetails({ profile }: DecodedProfile): Lines {
  const { durationNanos, timeNanos, periodType, period, comments, dropFrames, keepFrames, docUrl } = profile;
  const texts = { 'drop frames': dropFrames, 'keep frames': keepFrames, documentation: docUrl };
  return [
    ...(timeNanos === 0n ? [] : [`time: ${nanosText(timeNanos)}`]),
    ...(durationNanos === 0n ? [] : [`duration: ${formatValue(Number(durationNanos), 'nanoseconds')}`]),
    ...(periodType ? [`period: ${period} ${plainText(periodType.unit)} of ${plainText(periodType.type)}`] : []),
    ...comments.map((comment) => `comment: ${plainText(comment)}`),
    ...Object.entries(texts).flatMap(([name, text]) => (text === '' ? [] : [`${name}: ${plainText(text)}`])),
    `samples: ${profile.samples.count}`,
    ...profile.sampleTypes.flatMap((_, index) => topLines(profile, index)),
    ...stackLines(profile),
  ];
}

function topLines(profile: Profile, index: number): Lines {
  const { sampleType, total, rows, omitted } = top(profile, { sampleType: index, limit: shownFunctions });
  const value = (one: number | bigint): string => formatValue(one, sampleType.unit).padStart(10);
  return [
    `Sample type ${nameText(sampleType.type)}, ${plainText(sampleType.unit)}: ${formatValue(total, sampleType.unit)}`,
    rows.length === 0
      ? []
      : [
          `${'self'.padStart(10)} ${'total'.padStart(10)}  function`,
          ...rows.map(({ self, total: all, name }) => `${value(self)} ${value(all)}  ${plainText(name)}`),
          ...(omitted > 0 ? [`and ${omitted} more`] : []),
        ],
  ];
}

/** The greatest by the sample type that viewers show first. */
function stackLines(profile: Profile): Lines {
  const { samples, sampleTypes } = profile;
  if (samples.count === 0) return [];
  const type = sampleTypeIndex(profile);
  const sizeOf = (sample: number): number => Math.abs(samples.values.number(sample * sampleTypes.length + type));
  const greatest: number[] = [];
  for (let sample = 0; sample < samples.count; sample++) {
    const at = greatest.findIndex((other) => sizeOf(other) < sizeOf(sample));
    if (at !== -1) greatest.splice(at, 0, sample);
    else if (greatest.length < shownStacks) greatest.push(sample);
    greatest.length = Math.min(greatest.length, shownStacks);
  }
  return greatest.flatMap((sample) => sampleLines(profile, sample));
}

function sampleLines(profile: Profile, sample: number): Lines {
  const { sampleTypes } = profile;
  const values = valuesOf(profile, sample).map((value, index) => {
    const { type, unit } = sampleTypes[index]!;
    return `${nameText(type)} ${formatValue(value, unit)}`;
  });
  const labels = labelsOf(profile, sample).map((label) =>
    'text' in label
      ? `${nameText(label.key)}: ${plainText(label.text)}`
      : `${nameText(label.key)}: ${label.number}${label.unit && ` ${plainText(label.unit)}`}`,
  );
  const frames = framesOf(profile, sample);
  const shown = frames.slice(0, shownFrames).map(plainText);
  return [
    `Stack ${values.join(', ')}`,
    [
      ...(labels.length > 0 ? ['labels:', labels] : []),
      ...shown,
      ...(frames.length > shownFrames ? [`and ${frames.length - shownFrames} more`] : []),
    ],
  ];
}

/** The leaf first; an address where there is no function. */
function framesOf({ samples, locations, functions, strings }: Profile, sample: number): string[] {
  const frames: string[] = [];
  for (let at = samples.stackStart[sample]!; at < samples.stackStart[sample + 1]!; at++) {
    const location = samples.stack[at]!;
    const [first, last] = [locations.lineStart[location]!, locations.lineStart[location + 1]!];
    if (first === last) frames.push(`0x${locations.address.unsigned(location).toString(16)}`);
    for (let line = first; line < last; line++) {
      const own = locations.lines.function[line]!;
      const file = strings.at(functions.file[own]!);
      const number = locations.lines.line.at(line);
      frames.push(`${strings.at(functions.name[own]!)}${file && ` ${file}`}${number === 0 ? '' : `:${number}`}`);
    }
  }
  return frames;
}
