import type { TargetConfig } from '../config/target.ts';
import { profileKinds } from './kinds.ts';
import { splitOnce } from './target.ts';

/** A profile to pull. */
export interface WantedProfile {
  readonly name: string;
  /** With its query. */
  readonly path: string;
  /** How long it takes on the other side, which is how much time it covers; undefined for one of a moment. */
  readonly durationMs: number | undefined;
  readonly delta: boolean;
  /** It counts since the start of the program and is taken as it is. */
  readonly isCumulative: boolean;
}

export function wantedProfiles({ profiles, delta_profiling_duration: durationMs }: TargetConfig): WantedProfile[] {
  const { custom, ...ofKinds } = profiles;
  const known = Object.entries(profileKinds).flatMap(([name, kind]): WantedProfile[] => {
    const own = ofKinds[name as keyof typeof profileKinds] ?? {};
    if (!(own.enabled ?? kind.enabled)) return [];
    const delta = own.delta ?? kind.delta;
    const path = own.path ?? kind.path;
    const isTimed = kind.timed && secondsOf(path) === undefined;
    return [
      wantedOf({
        name,
        path: isTimed ? withSeconds(path, durationMs) : path,
        delta,
        isCumulative: kind.delta && !delta,
      }),
    ];
  });
  const others = Object.entries(custom).map(([name, own]) => wantedOf({ name, ...own, isCumulative: false }));
  return [...known, ...others];
}

/** One that is asked for with a number of seconds is of what comes in them: nothing is to be taken off it. */
function wantedOf(one: Omit<WantedProfile, 'durationMs'>): WantedProfile {
  const seconds = secondsOf(one.path);
  if (seconds === undefined) return { ...one, durationMs: undefined };
  return { ...one, durationMs: seconds * 1000, delta: false, isCumulative: false };
}

function secondsOf(path: string): number | undefined {
  const seconds = Number(new URLSearchParams(splitOnce(path, '?')[1]).get('seconds'));
  return seconds > 0 ? seconds : undefined;
}

const withSeconds = (path: string, durationMs: number): string =>
  `${path}${path.includes('?') ? '&' : '?'}seconds=${durationMs / 1000}`;
