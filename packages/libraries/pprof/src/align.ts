import { ProfileError } from './error.ts';
import { Int64s } from './int64.ts';
import type { Profile, ValueType } from './profile.ts';
import { scaleValues } from './scale.ts';
import { sameKind, scaleValue } from './units.ts';

const none: ValueType = { type: '', unit: '' };

/** The profiles with the same sample types in the same units, so that their values can be added. */
export function align(profiles: readonly Profile[]): Profile[] {
  const [first] = profiles;
  if (profiles.length < 2) return [...profiles];
  const common = numbered(first!).filter((one) => profiles.every((profile) => indexOf(profile, one) !== -1));
  if (common.length === 0)
    throw new ProfileError(
      `The profiles have no sample type in common: ${profiles.map(({ sampleTypes }) => sampleTypes.map(({ type }) => type).join(', ')).join(' and ')}.`,
    );
  const chosen = profiles.map((profile) => chooseTypes(profile, common));
  const targets = common.map((_, index) => finest(chosen.map(({ sampleTypes }) => sampleTypes[index]!)));
  const period = finest(chosen.map(({ periodType }) => periodType ?? none));
  return chosen.map((profile) => scaleTo(profile, { targets, period }));
}

/** Types may have the same name: then the first is the other's first, and so on. */
interface Numbered {
  readonly type: string;
  readonly nth: number;
}

const numbered = ({ sampleTypes }: Profile): Numbered[] =>
  sampleTypes.map(({ type }, index) => ({
    type,
    nth: sampleTypes.slice(0, index).filter((one) => one.type === type).length,
  }));

const indexOf = (profile: Profile, { type, nth }: Numbered): number =>
  numbered(profile).findIndex((one) => one.type === type && one.nth === nth);

function chooseTypes(profile: Profile, types: readonly Numbered[]): Profile {
  const { samples, sampleTypes } = profile;
  const from = types.map((type) => indexOf(profile, type));
  if (from.length === sampleTypes.length && from.every((index, at) => index === at)) return profile;
  const values = new Int64s(samples.count * from.length);
  for (let sample = 0; sample < samples.count; sample++)
    for (const [at, index] of from.entries()) {
      const source = sample * sampleTypes.length + index;
      values.setWords(sample * from.length + at, samples.values.low(source), samples.values.high(source));
    }
  return {
    ...profile,
    sampleTypes: from.map((index) => sampleTypes[index]!),
    defaultSampleType: types.some(({ type }) => type === profile.defaultSampleType)
      ? profile.defaultSampleType
      : types[0]!.type,
    samples: { ...samples, values },
  };
}

/** The type with the smallest unit. */
function finest(types: readonly ValueType[]): ValueType {
  return types.reduce((so, one) => {
    // Go takes `sample` and `samples` for the same.
    if (so.type.replace(/s$/, '') !== one.type.replace(/s$/, '') || !sameKind(so.unit, one.unit))
      throw new ProfileError(
        `The profiles do not fit together: ${so.type}/${so.unit} and ${one.type}/${one.unit} cannot be added.`,
      );
    return scaleValue(1, one.unit, so.unit).value < 1 ? one : so;
  });
}

interface Targets {
  readonly targets: readonly ValueType[];
  readonly period: ValueType;
}

function scaleTo(profile: Profile, { targets, period }: Targets): Profile {
  const { samples, sampleTypes, periodType } = profile;
  const ratios = sampleTypes.map(({ unit }, index) => scaleValue(1, unit, targets[index]!.unit).value);
  return {
    ...profile,
    sampleTypes: sampleTypes.map(({ type }, index) => ({ type, unit: targets[index]!.unit })),
    samples: { ...samples, values: scaleValues(samples.values, ratios) },
    ...(periodType && {
      periodType: { type: periodType.type, unit: period.unit },
      period:
        periodType.unit === period.unit
          ? profile.period
          : Math.trunc(scaleValue(profile.period, periodType.unit, period.unit).value),
    }),
  };
}
