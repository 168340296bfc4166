import { PermanentError } from '@millrace/core';
import {
  cleanNames,
  encode,
  filter,
  flamebearer,
  type FlamebearerProfile,
  folded,
  formatReport,
  formatTop,
  formatTree,
  type Profile,
  sampleTypeIndex,
  top,
  type ViewOptions,
} from '@millrace/pprof';
import { formatWindow, inTime } from '@millrace/pyroscope-client';
import { filtersOf } from '../emit/functions.ts';
import type { ProfileArguments } from './profile.ts';

type Format = (profile: Profile, given: ProfileArguments) => unknown;

const formats: Readonly<Record<ProfileArguments['format'], Format>> = {
  report: (profile, given) => {
    const { type } = profile.sampleTypes[sampleTypeIndex(profile, given.sample_type)]!;
    return formatReport(profile, {
      ...tableOf(profile, given),
      title: `${type || 'Profile'} of ${given.query}`,
      time: timeOf(profile),
    });
  },
  top: (profile, given) => cleanNames(formatTop(profile, tableOf(profile, given)), profile),
  tree: (profile, given) => cleanNames(formatTree(profile, tableOf(profile, given)), profile),
  folded: (profile, given) => folded(profile, viewOf(profile, given)),
  flamebearer: graphOf,
  pprof: (profile, given) => {
    viewOf(profile, given);
    return { pprof: Buffer.from(encode(filter(profile, filtersOf(given)))).toString('base64') };
  },
};

/** What a profile is told as. Throws a ProfileError where an argument does not fit the profile. */
export function formatted(profile: Profile, given: ProfileArguments): unknown {
  // The JSON of a legacy server counts samples, and says how many a second has.
  const isAsCounted = given.format === 'flamebearer' && given.sample_type === undefined;
  return formats[given.format](isAsCounted ? profile : inTime(profile), given);
}

function graphOf(profile: Profile, given: ProfileArguments): FlamebearerProfile {
  const limit = given.limit !== undefined && { maxNodes: given.limit };
  const graph = flamebearer(profile, { ...viewOf(profile, given), ...limit });
  const isCounted = profile.sampleTypes[0]?.unit === 'samples' && profile.period !== 0;
  if (!isCounted) return graph;
  return { ...graph, metadata: { ...graph.metadata, sampleRate: Math.round(1e9 / Number(profile.period)) } };
}

/** Throws where nothing would be shown. */
function viewOf(profile: Profile, given: ProfileArguments): ViewOptions {
  const { sample_type: sampleType } = given;
  const filters = filtersOf(given);
  const view = { ...filters, ...(sampleType !== undefined && { sampleType }) };
  if (top(profile, { ...view, limit: 1 }).rows.length > 0) return view;
  throw new PermanentError(
    Object.keys(filters).length > 0
      ? `The filters leave nothing of the profile of ${given.query}.`
      : `All values of the profile of ${given.query} are 0; there are ${profile.sampleTypes.map(({ type }) => type).join(', ')} as sample_type.`,
  );
}

const tableOf = (profile: Profile, given: ProfileArguments) => ({
  ...viewOf(profile, given),
  sort: given.sort,
  ...(given.limit !== undefined && { limit: given.limit }),
});

/** Of a profile that says both. */
function timeOf({ timeNanos, durationNanos }: Profile): string {
  const startMs = Number(timeNanos / 1_000_000n);
  return formatWindow({ startMs, endMs: startMs + Number(durationNanos / 1_000_000n) });
}
