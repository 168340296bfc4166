export { BoundaryMoved, NoProfiles, QueryError, UnknownServer } from './error.ts';
export { detect, type Generation } from './generation.ts';
export { inTime } from './in-time.ts';
export { resolveType } from './profile-type.ts';
export { legacyQuery, type Matcher, parseMatchers, parseQuery, type Query, queryKey, v1Query } from './query.ts';
export type { Found, Pulled, Reached, Source, Window } from './source.ts';
export { formatTime, formatWindow, type NamedTime, parseTime, parseWindow } from './time.ts';
export { serverUrl, type ServerUrl } from './url.ts';
