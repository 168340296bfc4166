import { type Profile, subtract } from '@millrace/pprof';
import { isSnapshot } from '../emit/unit.ts';

/** Takes what has come since the last profile out of profiles that count from the start of a program. */
export interface Delta {
  /** Undefined for the first of a program if all of it counts: nothing is known of its time. */
  next(profile: Profile): Profile | undefined;
}

/** Values of what there is at a moment stay as they are. A profile in which something has become less is of a new program. */
export function createDelta(): Delta {
  let last: Profile | undefined;
  return {
    next(profile) {
      const counts = profile.sampleTypes.map(({ type }) => !isSnapshot(type));
      const base = last && sameTypes(last, profile) ? last : undefined;
      last = profile;
      if (!base) return counts.every(Boolean) ? undefined : only(profile, counts, 'snapshots');
      const delta = subtract(profile, only(base, counts, 'counts'));
      return hasNegative(delta, counts) ? profile : delta;
    },
  };
}

const sameTypes = (one: Profile, other: Profile): boolean =>
  one.sampleTypes.length === other.sampleTypes.length &&
  one.sampleTypes.every(
    ({ type, unit }, at) => type === other.sampleTypes[at]!.type && unit === other.sampleTypes[at]!.unit,
  );

/** The profile with 0 for the values of the other sort. */
function only(profile: Profile, counts: readonly boolean[], sort: 'counts' | 'snapshots'): Profile {
  const values = profile.samples.values.slice(0, profile.samples.values.length);
  for (let at = 0; at < values.length; at++) if (counts[at % counts.length] !== (sort === 'counts')) values.set(at, 0);
  return { ...profile, samples: { ...profile.samples, values } };
}

function hasNegative({ samples: { values } }: Profile, counts: readonly boolean[]): boolean {
  for (let at = 0; at < values.length; at++) if (counts[at % counts.length] && values.number(at) < 0) return true;
  return false;
}
