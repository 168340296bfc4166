import type { Profile } from '@millrace/pprof';
import type { Dictionary } from './dictionary.ts';
import { lineWords, locationWords, mappingWords } from './dictionary.ts';
import { buildIds, hasNames, names } from './names.ts';

type IndexOf = (index: number) => number;

/** Works out each index once. */
function memo(count: number, work: IndexOf): IndexOf {
  const known = new Int32Array(count).fill(-1);
  return (index) => {
    if (known[index] === -1) known[index] = work(index);
    return known[index]!;
  };
}

/** The dictionary's index of a stack of the profile. Puts what it leads to into the dictionary, and all mappings. */
export function stacksOf(dictionary: Dictionary, profile: Profile): (sample: number) => number {
  const { samples } = profile;
  const location = locationsOf(dictionary, profile);
  let words = new Uint32Array(256);
  return (sample) => {
    const start = samples.stackStart[sample]!;
    const depth = samples.stackStart[sample + 1]! - start;
    if (depth === 0) return 0;
    if (depth > words.length) words = new Uint32Array(depth * 2);
    for (let at = 0; at < depth; at++) words[at] = location(samples.stack[start + at]!);
    return dictionary.stacks.intern(words, depth);
  };
}

function locationsOf(dictionary: Dictionary, profile: Profile): IndexOf {
  const { functions, locations, mappings, strings } = profile;
  const { lines } = locations;
  const text = memo(strings.count, (index) => dictionary.string(strings.at(index)));
  const mapping = mappingsOf(dictionary, profile, text);
  // The first is the program itself, and the order says so.
  for (let index = 0; index < mappings.count; index++) mapping(index);
  const own = memo(functions.count, (index) =>
    dictionary.functions.intern(
      Uint32Array.of(
        text(functions.name[index]!),
        text(functions.systemName[index]!),
        text(functions.file[index]!),
        functions.startLine.low(index),
        functions.startLine.high(index),
      ),
      5,
    ),
  );
  return memo(locations.count, (index) => {
    const [first, last] = [locations.lineStart[index]!, locations.lineStart[index + 1]!];
    const words = new Uint32Array(locationWords + (last - first) * lineWords);
    if (locations.mapping[index] !== -1) words[0] = mapping(locations.mapping[index]!);
    words[1] = locations.address.low(index);
    words[2] = locations.address.high(index);
    if (locations.folded[index] !== 0) words[3] = dictionary.attribute(names.isFolded, true);
    for (let line = first, at = locationWords; line < last; line++, at += lineWords) {
      words[at] = own(lines.function[line]!);
      words[at + 1] = lines.line.low(line);
      words[at + 2] = lines.line.high(line);
      words[at + 3] = lines.column.low(line);
      words[at + 4] = lines.column.high(line);
    }
    return dictionary.locations.intern(words, words.length);
  });
}

function mappingsOf(dictionary: Dictionary, { mappings, strings }: Profile, text: IndexOf): IndexOf {
  return memo(mappings.count, (index) => {
    const words = new Uint32Array(mappingWords + 1 + hasNames.length);
    for (const [at, column] of [mappings.start, mappings.limit, mappings.offset].entries()) {
      words[at * 2] = column.low(index);
      words[at * 2 + 1] = column.high(index);
    }
    words[6] = text(mappings.file[index]!);
    let length = mappingWords;
    const buildId = strings.at(mappings.buildId[index]!);
    if (buildId !== '') words[length++] = dictionary.attribute(buildIds[0], buildId);
    for (const [bit, name] of hasNames)
      if ((mappings.has[index]! & bit) !== 0) words[length++] = dictionary.attribute(name, true);
    return dictionary.mappings.intern(words, length);
  });
}
