import type { Profile } from '@millrace/pprof';
import type { WantedProfile } from './profiles.ts';

/** The time that a profile covers, in milliseconds since the epoch. */
export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

interface Pulled {
  /** When it was asked for, and when the answer was there. */
  readonly beganMs: number;
  readonly nowMs: number;
  /** When the last one was there. */
  readonly lastMs: number | undefined;
}

/** A clock that was set back in the meantime makes no time that is still to come. */
export function spanOf({ profile, durationMs }: TimedProfile, { beganMs, nowMs, lastMs = nowMs }: Pulled): Span {
  if (durationMs === undefined) return { startMs: Math.min(lastMs, nowMs), endMs: nowMs };
  // Its time begins when it is asked for; the answer may be long on its way, or wait for its turn.
  const told = Math.round(Number(profile.durationNanos) / 1e6);
  const ms = told > 0 ? Math.min(told, durationMs) : durationMs;
  const startMs = Math.min(beganMs, nowMs - ms);
  return { startMs, endMs: startMs + ms };
}

interface TimedProfile {
  readonly profile: Profile;
  readonly durationMs: number | undefined;
}

/** With the time that it covers, where the program does not say it or says that of the profile before it was subtracted. */
export function withSpan(profile: Profile, { durationMs, delta }: WantedProfile, { startMs, endMs }: Span): Profile {
  const isTold = durationMs === undefined ? !delta : profile.timeNanos > 0n && profile.durationNanos > 0n;
  if (isTold) return profile;
  return {
    ...profile,
    timeNanos: BigInt(startMs) * 1_000_000n,
    durationNanos: BigInt(endMs - startMs) * 1_000_000n,
  };
}
