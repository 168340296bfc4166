import { createBuilder } from './builder.ts';
import { ProfileError } from './error.ts';
import { Int64s } from './int64.ts';
import type { Int64 } from './int64.ts';
import type { Profile, ValueType } from './profile.ts';

export interface StacksOptions {
  /** What the values of each stack are. */
  readonly sampleTypes: readonly ValueType[];
  readonly timeNanos?: bigint;
  readonly durationNanos?: bigint;
  readonly periodType?: ValueType;
  readonly period?: Int64;
}

/** The nearest whole number. A double beyond 2^53 is one, but a column takes it as a bigint only. */
function wholeOf(value: Int64): Int64 {
  const whole = typeof value === 'bigint' ? value : Math.round(value);
  if (typeof whole === 'number' && Number.isSafeInteger(whole)) return whole;
  if (whole >= -(2n ** 63n) && whole < 2n ** 63n) return BigInt(whole);
  throw new ProfileError(`A stack has the value ${value}, which is no integer of 64 bits.`);
}

/** A profile of stacks of names, the root first: those of a flamebearer, or of any other source. */
export function fromStacks(
  stacks: Iterable<{ readonly frames: readonly string[]; readonly values: readonly Int64[] }>,
  options: StacksOptions,
): Profile {
  const { sampleTypes } = options;
  const builder = createBuilder(sampleTypes.length);
  const locations = new Map<string, number>();
  const locationOf = (name: string): number => {
    let location = locations.get(name);
    if (location === undefined) {
      const text = builder.text(name);
      location = builder.location([0, 0, 0, 0, builder.function([text, text, 0, 0, 0]), 0, 0, 0, 0]);
      locations.set(name, location);
    }
    return location;
  };
  for (const { frames, values } of stacks) {
    if (values.length !== sampleTypes.length)
      throw new ProfileError(`A stack has ${values.length} values, but there are ${sampleTypes.length} sample types.`);
    const words = new Uint32Array(frames.length + 1);
    for (const [at, name] of frames.entries()) words[frames.length - at] = locationOf(name);
    const column = Int64s.of(...values.map(wholeOf));
    builder.sample({ words, depth: frames.length, length: words.length }, column, 0);
  }
  return builder.finish({
    sampleTypes,
    defaultSampleType: '',
    dropFrames: '',
    keepFrames: '',
    timeNanos: options.timeNanos ?? 0n,
    durationNanos: options.durationNanos ?? 0n,
    ...(options.periodType && { periodType: options.periodType }),
    period: options.period ?? 0,
    comments: [],
    docUrl: '',
  });
}
