import { diff, merge, type Profile, ProfileError, sampleTypeIndex, scale, top } from '@millrace/pprof';
import type { Window } from '@millrace/pyroscope-client';
import { createFetch, type Fetch } from './fetch.ts';
import { readInput } from './input.ts';
import type { Loaded } from './loaded.ts';
import { type ProfileOptions, viewOptions } from './options.ts';
import { ProfileProblem, usage } from './problem.ts';
import { askPyroscope } from './pyroscope.ts';
import { recognize } from './recognize.ts';
import { windowsOf } from './times.ts';

/** All sources that are named added up; a comparison in itself stays one if it is the only one. */
export async function loadOne(sources: readonly string[], { options, signal }: Loading): Promise<Loaded> {
  const all = await load(sources, { options, signal, windows: windowsOf(options, Date.now()).slice(-1) });
  if (all.length === 0) throw usage('Of which profile? A file, - for standard input, a URL, or --pyroscope.');
  const [first] = all;
  if (all.length === 1) return first!;
  if (all.some(({ base }) => base)) throw usage('A comparison cannot be added up with other profiles.');
  const profile = withSource('The profiles do not belong together', () => merge(all.map((one) => one.profile)));
  return { name: all.map(({ name }) => name).join(' + '), profile };
}

export interface Pair extends Loaded {
  readonly base: Profile;
}

/** Before and after: of two sources, of one query in two windows, or of one comparison. */
export async function loadPair(sources: readonly string[], { options, signal }: Loading): Promise<Pair> {
  const windows = windowsOf(options, Date.now());
  const [before, after, ...more] = await load(sources, { options, signal, windows });
  if (before && !after && before.base) return normalized({ ...before, base: before.base }, options);
  if (!before || !after || more.length > 0)
    throw usage('What is compared are two profiles: before and after. Of Pyroscope: --base-from and --from.');
  const name = before.name === after.name ? after.name : `${before.name} → ${after.name}`;
  const { profile: base, window: baseWindow } = before;
  return normalized({ ...after, name, base, ...(baseWindow && { baseWindow }) }, options);
}

/** As a profile of differences, with shares of what was before. */
export const difference = ({ profile, base }: Pair): Profile =>
  withSource('The profiles do not belong together', () => diff(profile, base));

interface Loading {
  readonly options: ProfileOptions;
  readonly signal: AbortSignal;
}

async function load(
  sources: readonly string[],
  { options, signal, windows }: Loading & { windows: readonly Window[] },
): Promise<readonly Loaded[]> {
  if (sources.filter((source) => source === '-').length > 1)
    throw usage('Standard input can be only one of the sources.');
  if (options.pyroscope === undefined && (options.query ?? options.application) !== undefined)
    throw usage('Which Pyroscope server is asked? --pyroscope http://localhost:4040');
  const fetch: Fetch = createFetch(options, signal);
  const { seconds } = options;
  const named = sources.map(async (source) => recognize(await readInput(source, { fetch, seconds, signal })));
  const asked = windows.map((window) => askPyroscope(options, { fetch, window }));
  const all = await Promise.all([...named, ...asked]);
  for (const one of all) checkSamples(one, options);
  return all;
}

function checkSamples({ name, profile, base }: Loaded, { sampleType }: ProfileOptions): void {
  const type = viewOptions({ ...(sampleType !== undefined && { sampleType }) }).sampleType;
  sampleTypeIndex(profile, type);
  if (profile.samples.count === 0 && !base?.samples.count) throw new ProfileProblem(`${name} has no samples.`);
}

/** As go tool pprof -normalize: what is after is scaled to the total of what was before. */
function normalized(pair: Pair, options: ProfileOptions): Pair {
  if (options.normalize !== true) return pair;
  const { sampleType } = viewOptions(options);
  const sumOf = (profile: Profile): number =>
    Number(top(profile, { ...(sampleType !== undefined && { sampleType }), limit: 0 }).total);
  const after = sumOf(pair.profile);
  return after === 0 ? pair : { ...pair, profile: scale(pair.profile, sumOf(pair.base) / after) };
}

function withSource<Result>(what: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ProfileError)) throw error;
    throw new ProfileProblem(`${what}: ${error.message}`);
  }
}
