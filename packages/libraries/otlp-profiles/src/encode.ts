import type { AnyValue, Attributes } from '@millrace/core';
import { attributesKey } from '@millrace/core';
import type { Profile, ValueType } from '@millrace/pprof';
import type { Dictionary } from './dictionary.ts';
import { createDictionary } from './dictionary.ts';
import { labelsIn } from './encode-labels.ts';
import type { SampleLabels } from './encode-labels.ts';
import { stacksOf } from './encode-tables.ts';
import { profileTag, requestTag, resourceProfilesTag, sampleTag, scopeProfilesTag, valueTypeTag } from './fields.ts';
import { names } from './names.ts';
import { Output } from './output.ts';

/** A profile and what it is of. */
export interface ResourceProfile {
  readonly resource: Attributes;
  readonly profile: Profile;
  /** Of the profile. */
  readonly attributes?: Attributes;
}

export interface EncodedProfiles {
  readonly request: Uint8Array;
  /** What core's `profilesBatch` wants to know: an OTLP sample has one value, so each sample counts once for each sample type. */
  readonly samples: number;
}

/** A profile in the words of the dictionary. */
interface Part {
  readonly profile: Profile;
  readonly stacks: Uint32Array;
  readonly labels: readonly SampleLabels[];
  readonly attributes: readonly number[];
}

const resourceTag = { attributes: 0x0a } as const;
const scopeTag = { attributes: 0x1a } as const;

/**
 * An ExportProfilesServiceRequest (opentelemetry-proto, profiles v1development) of profiles, with one dictionary for all. A
 * profile is a scope that holds one OTLP profile for each sample type; profiles in a row that are of the same resource share it.
 */
export function encodeProfiles(parts: readonly ResourceProfile[]): EncodedProfiles {
  const dictionary = createDictionary();
  const groups: { readonly resource: Attributes; readonly key: string; readonly parts: Part[] }[] = [];
  let samples = 0;
  for (const { resource, profile, attributes = {} } of parts) {
    const key = attributesKey(resource);
    const part = partOf(dictionary, profile, attributes);
    const last = groups.at(-1);
    if (last?.key === key) last.parts.push(part);
    else groups.push({ resource, key, parts: [part] });
    samples += profile.samples.count * profile.sampleTypes.length;
  }
  const output = new Output(1 << 16);
  for (const { resource, parts: own } of groups.toReversed()) {
    const mark = output.length;
    for (const part of own.toReversed()) writeScope(output, part, dictionary);
    const start = output.length;
    output.attributes(resourceTag.attributes, resource, dictionary.string);
    output.message(resourceProfilesTag.resource, start);
    output.message(requestTag.resourceProfiles, mark);
  }
  // Complete only now. It comes first: a Writer goes from the end to the start.
  const mark = output.length;
  dictionary.write(output);
  output.message(requestTag.dictionary, mark);
  return { request: output.copy(), samples };
}

function partOf(dictionary: Dictionary, profile: Profile, attributes: Attributes): Part {
  const { count } = profile.samples;
  const stack = stacksOf(dictionary, profile);
  const label = labelsIn(dictionary, profile);
  const stacks = new Uint32Array(count);
  const labels: SampleLabels[] = [];
  for (let sample = 0; sample < count; sample++) {
    stacks[sample] = stack(sample);
    labels.push(label(sample));
  }
  const all: Record<string, AnyValue | undefined> = {
    ...attributes,
    ...(profile.comments.length > 0 && { [names.comment]: profile.comments }),
    ...(profile.dropFrames !== '' && { [names.dropFrames]: profile.dropFrames }),
    ...(profile.keepFrames !== '' && { [names.keepFrames]: profile.keepFrames }),
    ...(profile.docUrl !== '' && { [names.docUrl]: profile.docUrl }),
  };
  const indices = Object.entries(all).flatMap(([key, value]) =>
    value === undefined ? [] : [dictionary.attribute(key, value)],
  );
  return { profile, stacks, labels, attributes: indices };
}

/** A ValueType in the words of the dictionary. */
type Words = readonly [type: number, unit: number];

interface Types {
  /** Undefined for a profile that has no sample types. */
  readonly samples: readonly (Words | undefined)[];
  readonly period: Words | undefined;
}

function typesOf(dictionary: Dictionary, { sampleTypes, periodType }: Profile): Types {
  const words = ({ type, unit }: ValueType): Words => [dictionary.string(type), dictionary.string(unit)];
  return {
    samples: sampleTypes.length === 0 ? [undefined] : sampleTypes.map(words),
    period: periodType && words(periodType),
  };
}

function writeScope(output: Output, part: Part, dictionary: Dictionary): void {
  const types = typesOf(dictionary, part.profile);
  const { sampleTypes, defaultSampleType } = part.profile;
  const mark = output.length;
  for (let type = types.samples.length - 1; type >= 0; type--) {
    const start = output.length;
    writeProfile(output, part, { types, type });
    output.message(scopeProfilesTag.profiles, start);
  }
  const scope = output.length;
  const attributes = {
    ...(defaultSampleType !== '' && { [names.defaultSampleType]: defaultSampleType }),
    ...(sampleTypes.length > 1 && { [names.sampleTypeOrder]: sampleTypes.map((_, index) => index) }),
  };
  output.attributes(scopeTag.attributes, attributes, dictionary.string);
  output.message(scopeProfilesTag.scope, scope);
  output.message(resourceProfilesTag.scopeProfiles, mark);
}

function writeProfile(output: Output, part: Part, { types, type }: { types: Types; type: number }): void {
  const { profile, attributes } = part;
  output.packed(profileTag.attributes, attributes);
  output.int64(profileTag.period, profile.period);
  if (types.period) writeType(output, profileTag.periodType, types.period);
  output.int64(profileTag.duration, profile.durationNanos);
  if (profile.timeNanos !== 0n) {
    output.fixed64(profile.timeNanos);
    output.tag(profileTag.time);
  }
  writeSamples(output, part, type);
  const words = types.samples[type];
  if (words) writeType(output, profileTag.sampleType, words);
}

function writeSamples(output: Output, { profile, stacks, labels }: Part, type: number): void {
  const { values, count } = profile.samples;
  const width = profile.sampleTypes.length;
  for (let sample = count - 1; sample >= 0; sample--) {
    const mark = output.length;
    const { attributes, link } = labels[sample]!;
    output.word(values.at(sample * width + type));
    output.message(sampleTag.values, mark);
    output.number(sampleTag.link, link);
    output.packed(sampleTag.attributes, attributes);
    output.number(sampleTag.stack, stacks[sample]!);
    output.message(profileTag.samples, mark);
  }
}

function writeType(output: Output, tag: number, [type, unit]: Words): void {
  const mark = output.length;
  output.number(valueTypeTag.unit, unit);
  output.number(valueTypeTag.type, type);
  output.message(tag, mark);
}
