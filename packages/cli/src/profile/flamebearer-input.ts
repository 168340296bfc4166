import {
  type FlamebearerStacks,
  fromStacks,
  type Profile,
  ProfileError,
  readFlamebearer,
  type ValueType,
} from '@millrace/pprof';
import type { Loaded } from './loaded.ts';

/** What Pyroscope answers to `/render?format=json`; of a comparison both sides. */
export function parseFlamebearer(text: string): Pick<Loaded, 'profile' | 'base'> {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch (error) {
    throw new ProfileError(`It begins as JSON does, but is none: ${(error as Error).message}.`);
  }
  if (typeof answer !== 'object' || answer === null || !('flamebearer' in answer)) {
    const keys = Array.isArray(answer)
      ? 'a list'
      : `with ${Object.keys(Object(answer)).slice(0, 8).join(', ') || 'nothing in it'}`;
    throw new ProfileError(`It is JSON (${keys}), but not a flame graph of Pyroscope, which has "flamebearer".`);
  }
  const found = readFlamebearer(answer);
  const profile = sideOf(found, found.format === 'double' ? 1 : 0);
  return found.format === 'double' ? { profile, base: sideOf(found, 0) } : { profile };
}

/** What Pyroscope calls its units. https://github.com/grafana/pyroscope/blob/v1.0.0/pkg/og/storage/metadata/metadata.go */
const valueTypes: Readonly<Record<string, ValueType>> = {
  bytes: { type: 'space', unit: 'bytes' },
  objects: { type: 'objects', unit: 'count' },
  goroutines: { type: 'goroutines', unit: 'count' },
  lock_nanoseconds: { type: 'delay', unit: 'nanoseconds' },
  lock_samples: { type: 'contentions', unit: 'count' },
  nanoseconds: { type: 'time', unit: 'nanoseconds' },
};

const samples: ValueType = { type: 'samples', unit: 'count' };
const cpu: ValueType = { type: 'cpu', unit: 'nanoseconds' };

function sideOf({ stacks, units, sampleRate }: FlamebearerStacks, side: number): Profile {
  const own = stacks
    .map(({ frames, values }) => ({ frames, value: values[side] ?? 0 }))
    .filter(({ value }) => value > 0);
  const single = (type: ValueType): Profile =>
    fromStacks(
      own.map(({ frames, value }) => ({ frames, values: [value] })),
      { sampleTypes: [type] },
    );
  const known = Object.hasOwn(valueTypes, units) ? valueTypes[units] : undefined;
  if (known) return single(known);
  if ((units !== '' && units !== 'samples') || sampleRate <= 0)
    return single(units === '' ? samples : { type: units, unit: units });
  // Samples of which a second has 10^9 are nanoseconds.
  if (sampleRate === 1e9) return single(cpu);
  return fromStacks(
    own.map(({ frames, value }) => ({ frames, values: [value, (value * 1e9) / sampleRate] })),
    { sampleTypes: [samples, cpu] },
  );
}
