export { decodeProfiles } from './decode.ts';
export type { DecodedProfile } from './decode.ts';
export { encodeProfiles } from './encode.ts';
export type { EncodedProfiles, ResourceProfile } from './encode.ts';
export { encodeProfilesJson } from './json.ts';
export { pprofFiles } from './pprof-files.ts';
export type { PprofFile, PprofOptions } from './pprof-files.ts';
export type { Limits } from './budget.ts';
