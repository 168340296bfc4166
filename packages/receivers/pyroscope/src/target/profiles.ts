import type { TargetConfig } from '../config/target.ts';
import { profileKinds } from './kinds.ts';

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
    const timed = kind.timed && { durationMs, path: withSeconds(path, durationMs) };
    return [{ name, path, durationMs: undefined, delta, isCumulative: kind.delta && !delta, ...timed }];
  });
  const others = Object.entries(custom).map(
    ([name, { path, delta }]): WantedProfile => ({ name, path, durationMs: undefined, delta, isCumulative: false }),
  );
  return [...known, ...others];
}

const withSeconds = (path: string, durationMs: number): string =>
  `${path}${path.includes('?') ? '&' : '?'}seconds=${durationMs / 1000}`;
