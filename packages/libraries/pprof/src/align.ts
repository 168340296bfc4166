import { ProfileError } from './error.ts';
import { Int64s } from './int64.ts';
import { type Profile, typeNames, type ValueType } from './profile.ts';
import { scaleValues } from './scale.ts';
import { sameKind, scaleValue } from './units.ts';

const none: ValueType = { type: '', unit: '' };

/** The profiles with the same sample types in the same units, so that their values can be added. */
export function align(profiles: readonly Profile[]): Profile[] {
  if (profiles.length < 2) return [...profiles];
  const indexes = profiles.map(indexOfTypes);
  const common = [...indexes[0]!.keys()].filter((key) => indexes.every((index) => index.has(key)));
  if (common.length === 0)
    throw new ProfileError(
      `The profiles have no sample type in common: ${profiles.slice(0, 5).map(typeNames).join(' and ')}.`,
    );
  const chosen = profiles.map((profile, at) => {
    const index = indexes[at]!;
    return chooseTypes(
      profile,
      common.map((key) => index.get(key)!),
    );
  });
  const targets = common.map((_, index) => finest(chosen.map(({ sampleTypes }) => sampleTypes[index]!)));
  const period = finest(chosen.map(({ periodType }) => periodType ?? none));
  return chosen.map((profile) => scaleTo(profile, { targets, period }));
}

/** The index of each type. Those of one name have numbers: the first is the other profile's first, and so on. */
function indexOfTypes({ sampleTypes }: Profile): ReadonlyMap<string, number> {
  const met = new Map<string, number>();
  return new Map(
    sampleTypes.map(({ type }, index) => {
      const nth = met.get(type) ?? 0;
      met.set(type, nth + 1);
      return [`${nth} ${type}`, index];
    }),
  );
}

/** With the sample types at these indexes. */
function chooseTypes(profile: Profile, from: readonly number[]): Profile {
  const { samples, sampleTypes } = profile;
  if (from.length === sampleTypes.length && from.every((index, at) => index === at)) return profile;
  const values = new Int64s(samples.count * from.length);
  for (let sample = 0; sample < samples.count; sample++)
    for (const [at, index] of from.entries()) {
      const source = sample * sampleTypes.length + index;
      values.setWords(sample * from.length + at, samples.values.low(source), samples.values.high(source));
    }
  const chosen = from.map((index) => sampleTypes[index]!);
  const { defaultSampleType } = profile;
  return {
    ...profile,
    sampleTypes: chosen,
    defaultSampleType: chosen.some(({ type }) => type === defaultSampleType) ? defaultSampleType : chosen[0]!.type,
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
