import type { Profile } from '@millrace/pprof';
import type { Window } from '@millrace/pyroscope-client';

/** What came from a source. */
export interface Loaded {
  /** Where it is from, for titles. */
  readonly name: string;
  readonly profile: Profile;
  /** What it is compared with, if the source is a comparison in itself. */
  readonly base?: Profile;
  /** Of what it is compared with. */
  readonly baseWindow?: Window;
  /** When, if the profile does not say. */
  readonly window?: Window;
}
