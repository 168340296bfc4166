import { ProfileError } from '@millrace/pprof';
import type { Cursor } from './cursor.ts';
import type { Dictionary } from './decode-dictionary.ts';
import { checkIndex, isList } from './decode-dictionary.ts';
import { profileTag, sampleTag, valueTypeTag } from './fields.ts';
import { isSame, Lists, Uint32List } from './lists.ts';

type Int64 = number | bigint;

/** An OTLP Profile: one sample type. Texts and attributes are indexes into the dictionary, which have been checked. */
export interface RawProfile {
  sampleType: Type | undefined;
  time: bigint;
  duration: Int64;
  periodType: Type | undefined;
  period: Int64;
  readonly attributes: number[];
  readonly samples: RawSamples;
}

export interface Type {
  type: number;
  unit: number;
}

export interface RawSamples {
  readonly stacks: Uint32List;
  readonly links: Uint32List;
  readonly attributes: Lists;
  /** The sum where a sample has a value for each of its timestamps; how many these are where it has no values. */
  readonly values: Int64[];
}

/** A Profile whose length comes next. `where` names it in errors. */
export function readProfile(cursor: Cursor, dictionary: Dictionary, where: string): RawProfile {
  const profile: RawProfile = {
    sampleType: undefined,
    time: 0n,
    duration: 0,
    periodType: undefined,
    period: 0,
    attributes: [],
    samples: { stacks: new Uint32List(), links: new Uint32List(), attributes: new Lists(), values: [] },
  };
  const checkText = (index: number): void =>
    checkIndex(index, { by: where, what: 'string', count: dictionary.strings.length });
  const outer = cursor.enter();
  for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag())
    if (tag === profileTag.samples) readSample(cursor, profile.samples, { dictionary, where });
    else if (tag === profileTag.sampleType) profile.sampleType = readType(cursor, checkText);
    else if (tag === profileTag.periodType) profile.periodType = readType(cursor, checkText);
    else if (tag === profileTag.time) profile.time = BigInt.asIntN(64, cursor.fixed64());
    else if (tag === profileTag.duration) profile.duration = cursor.int64();
    else if (tag === profileTag.period) profile.period = cursor.int64();
    else if (isList(tag, profileTag.attributes)) cursor.each(tag, () => profile.attributes.push(cursor.index()));
    else cursor.skip(tag, profileTag);
  cursor.leave(outer);
  for (const index of profile.attributes)
    checkIndex(index, { by: where, what: 'attribute', count: dictionary.attributes.length });
  return profile;
}

function readType(cursor: Cursor, check: (index: number) => void): Type {
  const type: Type = { type: 0, unit: 0 };
  const outer = cursor.enter();
  for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag())
    if (tag === valueTypeTag.type) type.type = cursor.index();
    else if (tag === valueTypeTag.unit) type.unit = cursor.index();
    else cursor.skip(tag, valueTypeTag);
  cursor.leave(outer);
  check(type.type);
  check(type.unit);
  return type;
}

interface SampleOf {
  readonly dictionary: Dictionary;
  readonly where: string;
}

function readSample(cursor: Cursor, samples: RawSamples, { dictionary, where }: SampleOf): void {
  let [stack, link, values, timestamps] = [0, 0, 0, 0];
  let value: Int64 = 0;
  const outer = cursor.enter();
  for (let tag = cursor.tag(); tag !== 0; tag = cursor.tag())
    if (tag === sampleTag.stack) stack = cursor.index();
    else if (tag === sampleTag.link) link = cursor.index();
    else if (isList(tag, sampleTag.attributes)) cursor.each(tag, () => samples.attributes.push(cursor.index()));
    else if (isList(tag, sampleTag.values))
      cursor.each(tag, () => {
        value = sum(value, cursor.int64());
        values++;
      });
    else if (tag === sampleTag.timestamps || tag === ((sampleTag.timestamps & ~7) | 1))
      cursor.each(tag, () => {
        cursor.fixed64();
        timestamps++;
      });
    else cursor.skip(tag, sampleTag);
  cursor.leave(outer);
  samples.attributes.finish();
  const sample = samples.values.length;
  const by = (): string => `Sample ${sample} of ${where}`;
  if (typeof value === 'bigint' && value !== BigInt.asIntN(64, value))
    throw new ProfileError(`${by()} has values that come to ${value}, which is no int64.`);
  if (values > 1 && values !== timestamps)
    throw new ProfileError(
      `${by()} has ${values} values and ${timestamps} timestamps: there must be one value, or one for each timestamp.`,
    );
  if (stack >= dictionary.stacks.count) checkIndex(stack, { by: by(), what: 'stack', count: dictionary.stacks.count });
  if (link >= dictionary.links.length) checkIndex(link, { by: by(), what: 'link', count: dictionary.links.length });
  for (const index of samples.attributes.list(sample))
    if (index >= dictionary.attributes.length)
      checkIndex(index, { by: by(), what: 'attribute', count: dictionary.attributes.length });
  samples.stacks.push(stack);
  samples.links.push(link);
  samples.values.push(values === 0 ? timestamps : value);
}

function sum(one: Int64, other: Int64): Int64 {
  if (one === 0) return other;
  const result = Number(one) + Number(other);
  if (typeof one === 'number' && typeof other === 'number' && Number.isSafeInteger(result)) return result;
  return BigInt(one) + BigInt(other);
}

/** Whether they are one pprof profile, each with another of its sample types. */
export function belongTogether(one: RawProfile, other: RawProfile): boolean {
  return (
    one.sampleType !== undefined &&
    other.sampleType !== undefined &&
    one.time === other.time &&
    one.duration === other.duration &&
    one.period === other.period &&
    isType(one.periodType, other.periodType) &&
    one.attributes.join() === other.attributes.join() &&
    isSame(one.samples.stacks, other.samples.stacks) &&
    isSame(one.samples.links, other.samples.links) &&
    one.samples.attributes.equals(other.samples.attributes)
  );
}

/** Undefined is one without a type and without a unit. */
export const isType = (one: Type | undefined, other: Type | undefined): boolean =>
  (one?.type ?? 0) === (other?.type ?? 0) && (one?.unit ?? 0) === (other?.unit ?? 0);
