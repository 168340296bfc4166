import type { Uint32List } from './growable.ts';
import { compilePattern } from './pattern.ts';
import type { Matcher, Pattern } from './pattern.ts';
import type { Profile, Samples } from './profile.ts';
import { keepLines, keepStacks } from './subset.ts';
import { compileTagFilter } from './tag-filter.ts';

/**
 * The filters of go tool pprof. Patterns are matched against the names of functions, their files, and the files of
 * mappings.
 */
export interface Filter {
  /** Only samples with a frame that matches. */
  readonly focus?: Pattern;
  /** No samples with a frame that matches. */
  readonly ignore?: Pattern;
  /** Only frames that match; samples without any are left out. */
  readonly show?: Pattern;
  /** No frames that match. */
  readonly hide?: Pattern;
  /** No callers of the outermost frame that matches; samples without such a frame are left out. */
  readonly showFrom?: Pattern;
  /** Only samples with a label that matches: a pattern for `key:value`, `key=pattern`, or a range of numbers, `bytes=1kb:4kb`. */
  readonly tagFocus?: string;
  /** No samples with a label that matches. */
  readonly tagIgnore?: string;
}

/** The profile with the samples and frames that the filters leave. An empty text is no filter, as in Go. */
export function filter(profile: Profile, given: Filter): Profile {
  const filters: Filter = Object.fromEntries(Object.entries(given).filter(([, pattern]) => pattern !== ''));
  let filtered = filterByName(profile, filters);
  if (filters.showFrom !== undefined) filtered = showFrom(filtered, compilePattern(filters.showFrom));
  return filterByTag(filtered, filters);
}

/** What of a profile matches a pattern. */
interface Matches {
  readonly lines: Uint8Array;
  /** Where the mapping's file does. */
  readonly mappings: (location: number) => boolean;
  /** Where the mapping's file or a line does. */
  readonly locations: (location: number) => boolean;
}

function matchesOf({ strings, functions, mappings, locations }: Profile, matches: Matcher): Matches {
  const byFunction = Uint8Array.from(functions.name, (name, index) =>
    matches(strings.at(name)) || matches(strings.at(functions.file[index]!)) ? 1 : 0,
  );
  const byMapping = Uint8Array.from(mappings.file, (file) => (matches(strings.at(file)) ? 1 : 0));
  const lines = Uint8Array.from(locations.lines.function, (index) => byFunction[index]!);
  const ofMapping = (location: number): boolean => byMapping[locations.mapping[location]!] === 1;
  return {
    lines,
    mappings: ofMapping,
    locations: (location) =>
      ofMapping(location) ||
      lines.subarray(locations.lineStart[location], locations.lineStart[location + 1]).includes(1),
  };
}

function filterByName(profile: Profile, { focus, ignore, show, hide }: Filter): Profile {
  if (focus === undefined && ignore === undefined && show === undefined && hide === undefined) return profile;
  const { locations, samples } = profile;
  const matched = (pattern: Pattern | undefined): Matches | undefined =>
    pattern === undefined ? undefined : matchesOf(profile, compilePattern(pattern));
  const [focused, ignored, shown, hiding] = [matched(focus), matched(ignore), matched(show), matched(hide)];

  const keptLines = new Uint8Array(locations.lines.function.length).fill(1);
  const isHidden = new Uint8Array(locations.count);
  const isIgnored = new Uint8Array(locations.count);
  const isFocused = new Uint8Array(locations.count);
  for (let location = 0; location < locations.count; location++) {
    if (ignored?.locations(location)) isIgnored[location] = 1;
    else if (!focused || focused.locations(location)) isFocused[location] = 1;
    const [begin, end] = [locations.lineStart[location]!, locations.lineStart[location + 1]!];
    const hides = hiding?.locations(location) === true;
    for (let at = begin; at < end; at++) {
      if (hides && (hiding.mappings(location) || hiding.lines[at] === 1)) keptLines[at] = 0;
      if (shown && !shown.mappings(location) && shown.lines[at] === 0) keptLines[at] = 0;
    }
    if ((hides || shown) && !keptLines.subarray(begin, end).includes(1)) isHidden[location] = 1;
  }

  const hidesAny = isHidden.includes(1);
  const chosen = keepStacks(profile, (sample, stack) => {
    const all = stackOf(samples, sample);
    if (all.some((location) => isIgnored[location] === 1) || !all.some((location) => isFocused[location] === 1))
      return false;
    const before = stack.length;
    for (const location of all) if (isHidden[location] === 0) stack.push(location);
    return !hidesAny || stack.length > before;
  });
  return { ...profile, locations: keepLines(locations, keptLines), samples: chosen };
}

function showFrom(profile: Profile, matches: Matcher): Profile {
  const { locations, samples } = profile;
  const { lines, mappings } = matchesOf(profile, matches);
  const keptLines = new Uint8Array(lines.length).fill(1);
  const found = new Uint8Array(locations.count);
  for (let location = 0; location < locations.count; location++) {
    const [begin, end] = [locations.lineStart[location]!, locations.lineStart[location + 1]!];
    const last = lines.subarray(begin, end).lastIndexOf(1);
    if (!mappings(location) && last === -1) continue;
    found[location] = 1;
    if (!mappings(location)) keptLines.fill(0, begin + last + 1, end);
  }
  const chosen = keepStacks(profile, (sample, stack) => {
    const all = stackOf(samples, sample);
    const outermost = all.findLastIndex((location) => found[location] === 1);
    return outermost !== -1 && appended(stack, all.subarray(0, outermost + 1));
  });
  return { ...profile, locations: keepLines(locations, keptLines), samples: chosen };
}

function filterByTag(profile: Profile, { tagFocus, tagIgnore }: Filter): Profile {
  if (tagFocus === undefined && tagIgnore === undefined) return profile;
  const focused = tagFocus === undefined ? () => true : compileTagFilter(profile, tagFocus);
  const ignored = tagIgnore === undefined ? () => false : compileTagFilter(profile, tagIgnore);
  const samples = keepStacks(
    profile,
    (sample, stack) => focused(sample) && !ignored(sample) && appended(stack, stackOf(profile.samples, sample)),
  );
  return { ...profile, samples };
}

export const stackOf = ({ stack, stackStart }: Samples, sample: number): Uint32Array =>
  stack.subarray(stackStart[sample], stackStart[sample + 1]);

export function appended(list: Uint32List, locations: Uint32Array): true {
  for (const location of locations) list.push(location);
  return true;
}
