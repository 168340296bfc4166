import { appended, stackOf } from './filter.ts';
import { compileWholePattern } from './pattern.ts';
import type { Profile } from './profile.ts';
import { keepLines, keepStacks } from './subset.ts';

/**
 * Without the frames that the profile itself says are of no interest: those whose function matches `dropFrames` and not
 * `keepFrames`, and all that they call. Frames before the first of interest stay, so that something is left.
 * Throws a ProfileError if they are no patterns.
 */
export function prune(profile: Profile): Profile {
  if (profile.dropFrames === '') return profile;
  const { strings, functions, locations, samples } = profile;
  const drops = compileWholePattern(profile.dropFrames);
  const keeps = profile.keepFrames === '' ? () => false : compileWholePattern(profile.keepFrames);
  const dropped = Uint8Array.from(functions.name, (index) => {
    const name = simplified(strings.at(index));
    return name !== '' && drops(name) && !keeps(name) ? 1 : 0;
  });

  // A location is dropped whole if its outermost line is; otherwise its lines up to the last one that is dropped go.
  const whole = new Uint8Array(locations.count);
  const partly = new Uint8Array(locations.count);
  const keptLines = new Uint8Array(locations.lines.function.length).fill(1);
  for (let location = 0; location < locations.count; location++) {
    const [begin, end] = [locations.lineStart[location]!, locations.lineStart[location + 1]!];
    let last = end - 1;
    while (last >= begin && dropped[locations.lines.function[last]!] === 0) last--;
    if (last < begin) continue;
    if (last === end - 1) whole[location] = 1;
    else {
      partly[location] = 1;
      keptLines.fill(0, begin, last + 1);
    }
  }
  const chosen = keepStacks(profile, (sample, stack) => {
    const all = stackOf(samples, sample);
    let isUser = false;
    for (let at = all.length - 1; at >= 0; at--) {
      const location = all[at]!;
      if (whole[location] === 0 && partly[location] === 0) isUser = true;
      else if (isUser) return appended(stack, all.subarray(whole[location] === 1 ? at + 1 : at));
    }
    return appended(stack, all);
  });
  return { ...profile, locations: keepLines(locations, keptLines), samples: chosen };
}

/** A function's name without its arguments, which are taken to begin at the first parenthesis that is not a name's own. */
function simplified(name: string): string {
  const own = name.startsWith('.') ? name.slice(1) : name;
  for (const { 0: found, index } of own.matchAll(/\(anonymous namespace\)|operator\(\)|\(/g))
    if (found === '(') return own.slice(0, index);
  return own;
}
