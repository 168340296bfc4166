import { ProfileError } from './error.ts';
import { fitting, Int64s, tooGreat } from './int64.ts';
import type { Int64 } from './int64.ts';
import type { Profile } from './profile.ts';

/** Every value times `ratio`, to the nearest integer. What does not fit in 64 bits is a ProfileError. */
export function scale(profile: Profile, ratio: number): Profile {
  if (!Number.isFinite(ratio)) throw new ProfileError(`A profile cannot be scaled by ${ratio}.`);
  const { samples, sampleTypes } = profile;
  const values = scaleValues(
    samples.values,
    sampleTypes.map(() => ratio),
  );
  return { ...profile, samples: { ...samples, values } };
}

/** The first value of each sample times the first ratio, and so on. */
export function scaleValues(values: Int64s, ratios: readonly number[]): Int64s {
  if (ratios.every((ratio) => ratio === 1)) return values;
  const scaled = new Int64s(values.length);
  for (let at = 0; at < values.length; at++) scaled.set(at, times(values.at(at), ratios[at % ratios.length]!));
  return scaled;
}

function times(value: Int64, ratio: number): Int64 {
  const product = Number(value) * ratio;
  if (Number.isSafeInteger(product) && typeof value === 'number') return product;
  const what = (): string => `${value} times ${ratio}`;
  if (Number.isSafeInteger(ratio)) return fitting(BigInt(value) * BigInt(ratio), what);
  if (!Number.isFinite(product)) throw tooGreat(what());
  // Halves go away from zero, as in Go.
  const rounded = Math.sign(product) * Math.round(Math.abs(product));
  return Number.isSafeInteger(rounded) ? rounded : fitting(BigInt(rounded), what);
}
