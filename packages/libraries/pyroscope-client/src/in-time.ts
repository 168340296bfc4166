import { Int64s, type Profile } from '@millrace/pprof';

/**
 * What a legacy server counts in samples of the CPU, as a Go program says it: samples, and the time that they stand for. Any
 * other profile stays as it is.
 */
export function inTime(profile: Profile): Profile {
  const { samples, sampleTypes, periodType, period } = profile;
  const [own] = sampleTypes;
  const isCounted = sampleTypes.length === 1 && own!.unit === 'samples' && periodType?.unit === 'nanoseconds';
  if (!isCounted || period === 0) return profile;
  const values = new Int64s(samples.count * 2);
  for (let sample = 0; sample < samples.count; sample++) {
    const count = samples.values.at(sample);
    const time = Number(count) * Number(period);
    values.set(2 * sample, count);
    values.set(2 * sample + 1, Number.isSafeInteger(time) ? time : BigInt(count) * BigInt(period));
  }
  return {
    ...profile,
    sampleTypes: [
      { type: 'samples', unit: 'count' },
      { type: periodType.type, unit: periodType.unit },
    ],
    samples: { ...samples, values },
  };
}
