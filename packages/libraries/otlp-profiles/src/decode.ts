import type { Profile } from '@millrace/pprof';
import { decode } from '@millrace/pprof';
import type { Limits } from './budget.ts';
import type { PprofFile } from './pprof-files.ts';
import { pprofFiles } from './pprof-files.ts';

export interface DecodedProfile extends Omit<PprofFile, 'pprof'> {
  readonly profile: Profile;
}

/**
 * Every profile of an ExportProfilesServiceRequest. Those that are one pprof profile, each with one of its sample types, are
 * one again: they stand in one scope, and have the same samples but for the values. Throws a ProfileError, which says what is
 * wrong and where, for what is no such request, or is greater than the limits.
 */
export const decodeProfiles = (request: Uint8Array, limits: Limits = {}): readonly DecodedProfile[] =>
  pprofFiles(request, limits).map(({ pprof, ...about }) => ({ ...about, profile: decode(pprof, limits) }));
