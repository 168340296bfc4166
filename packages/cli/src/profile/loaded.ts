import type { Profile } from '@millrace/pprof';

/** What came from a source. */
export interface Loaded {
  /** Where it is from, for titles. */
  readonly name: string;
  readonly profile: Profile;
  /** What it is compared with, if the source is a comparison in itself. */
  readonly base?: Profile;
  /** Of what it is compared with. */
  readonly baseWindow?: { readonly from: number; readonly until: number };
  /** When, in milliseconds since 1970, if the profile does not say. */
  readonly window?: { readonly from: number; readonly until: number };
}
