import { Int64List, Uint32List } from './growable.ts';
import { Int64s } from './int64.ts';
import type { Locations, Profile, Samples } from './profile.ts';

/** The locations with those of their lines only that are marked as kept. */
export function keepLines(locations: Locations, kept: Uint8Array): Locations {
  const { lines } = locations;
  const lineStart = new Uint32Array(locations.count + 1);
  const [functions, numbers, columns] = [new Uint32List(), new Int64List(), new Int64List()];
  for (let location = 0; location < locations.count; location++) {
    for (let at = locations.lineStart[location]!; at < locations.lineStart[location + 1]!; at++) {
      if (kept[at] === 0) continue;
      functions.push(lines.function[at]!);
      numbers.pushFrom(lines.line, at);
      columns.pushFrom(lines.column, at);
    }
    lineStart[location + 1] = functions.length;
  }
  const left = { function: functions.toArray(), line: numbers.toColumn(), column: columns.toColumn() };
  return { ...locations, lineStart, lines: left };
}

/**
 * The samples whose stack `choose` leaves something of, or leaves as it is when it was empty: it is called with each sample
 * and appends the locations that stay; false drops the sample.
 */
export function keepStacks(profile: Profile, choose: (sample: number, stack: Uint32List) => boolean): Samples {
  const { samples } = profile;
  const width = profile.sampleTypes.length;
  const kept = new Uint32List();
  const stack = new Uint32List();
  const stackStart = new Uint32List();
  stackStart.push(0);
  for (let sample = 0; sample < samples.count; sample++) {
    const before = stack.length;
    if (choose(sample, stack)) {
      kept.push(sample);
      stackStart.push(stack.length);
    } else stack.length = before;
  }
  const values = new Int64s(kept.length * width);
  for (let index = 0; index < kept.length; index++) {
    const from = kept.array[index]! * width;
    for (let type = 0; type < width; type++)
      values.setWords(index * width + type, samples.values.low(from + type), samples.values.high(from + type));
  }
  return {
    count: kept.length,
    stackStart: stackStart.toArray(),
    stack: stack.toArray(),
    values,
    ...keptLabels(profile, kept),
  };
}

/** Labels are not moved: samples that are left out leave theirs behind. */
function keptLabels({ samples }: Profile, kept: Uint32List): Pick<Samples, 'labelStart' | 'labelEnd'> {
  const labelStart = new Uint32Array(kept.length);
  const labelEnd = new Uint32Array(kept.length);
  for (let index = 0; index < kept.length; index++) {
    labelStart[index] = samples.labelStart[kept.array[index]!]!;
    labelEnd[index] = samples.labelEnd[kept.array[index]!]!;
  }
  return { labelStart, labelEnd };
}
