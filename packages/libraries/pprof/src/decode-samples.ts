import type { Cursor } from './cursor.ts';
import { text } from './decode-header.ts';
import { missing } from './decode-locations.ts';
import { ProfileError } from './error.ts';
import { delimited, profileField, varint } from './fields.ts';
import { Int64List, Uint32List } from './growable.ts';
import type { Ids } from './ids.ts';
import { Int64s } from './int64.ts';
import { checkDepth, checkTotal } from './limits.ts';
import type { Limits } from './limits.ts';
import type { Labels, Samples } from './profile.ts';

interface Expected {
  readonly count: number;
  /** Values a sample. */
  readonly width: number;
  readonly strings: number;
  readonly locations: Ids;
  readonly limits: Limits;
}

export function readSamples(cursor: Cursor, expected: Expected): { samples: Samples; labels: Labels } {
  const { count, width, limits } = expected;
  if (count > 0 && width === 0) throw new ProfileError('The profile has samples, but no sample types.');
  // A value takes a byte at least. This is before the room for them is made.
  if (count * width > cursor.bytes.length)
    throw new ProfileError(`${count} samples cannot have a value for each of ${width} sample types in so few bytes.`);
  const stackStart = new Uint32Array(count + 1);
  const labelEnd = new Uint32Array(count);
  const values = new Int64s(count * width);
  const stack = new Uint32List();
  const labels = createLabels();
  let sample = 0;

  const readValue = (at: number): void => {
    cursor.int64();
    if (at < width) values.setWords(sample * width + at, cursor.low, cursor.high);
  };
  const readSample = (): void => {
    let valueCount = 0;
    for (let field = cursor.field(); field !== 0; field = cursor.field()) {
      const wireType = cursor.low;
      if (wireType === delimited && field <= 3) {
        const outer = cursor.enter();
        if (field === 1) readStack(cursor, { stack, sample, expected });
        else if (field === 2) while (cursor.at < cursor.end) readValue(valueCount++);
        else {
          readLabel(cursor, { labels, strings: expected.strings });
          limits.checkSize('label', labels.key.length);
        }
        cursor.leave(outer);
      } else if (field <= 3) {
        cursor.expect(wireType, field === 3 ? delimited : varint, `field ${field} of a sample`);
        if (field === 1) stack.push(readReference(cursor, { sample, locations: expected.locations }));
        else readValue(valueCount++);
      } else cursor.skip(wireType);
      if (field === 1) checkDepth(stack.length - stackStart[sample]!, sample, limits);
    }
    checkTotal(stack.length, limits);
    if (valueCount !== width)
      throw new ProfileError(
        `Sample ${sample + 1} of the file has ${valueCount} values, but the profile has ${width} sample types.`,
      );
  };

  cursor.at = 0;
  for (let field = cursor.field(); field !== 0; field = cursor.field()) {
    const wireType = cursor.low;
    if (field !== profileField.sample) {
      cursor.skip(wireType);
      continue;
    }
    cursor.expect(wireType, delimited, 'a sample');
    const outer = cursor.enter();
    readSample();
    cursor.leave(outer);
    labelEnd[sample] = labels.key.length;
    sample++;
    stackStart[sample] = stack.length;
  }
  return {
    samples: { count, stackStart, stack: stack.toArray(), values, labelStart: startsOf(labelEnd), labelEnd },
    labels: {
      count: labels.key.length,
      key: labels.key.toArray(),
      text: labels.text.toArray(),
      number: labels.number.toColumn(),
      unit: labels.unit.toArray(),
    },
  };
}

interface StackOf {
  readonly stack: Uint32List;
  readonly sample: number;
  readonly expected: Expected;
}

/** Most of a profile's bytes are read here: ids below 2^28, of which there is an array, without a call. */
function readStack(cursor: Cursor, { stack, sample, expected: { locations, limits } }: StackOf): void {
  const { bytes, end } = cursor;
  // An id takes a byte at least. This is before the room for them is made.
  if (end - cursor.at > limits.maxDepth) checkDepth(countIntegers(bytes.subarray(cursor.at, end)), sample, limits);
  stack.reserve(end - cursor.at);
  const { dense } = locations;
  const { array } = stack;
  let { at } = cursor;
  let { length } = stack;
  while (at < end) {
    const begin = at;
    let byte = bytes[at++]!;
    let id = byte & 0x7f;
    for (let shift = 7; byte >= 0x80 && shift < 28 && at < end; shift += 7) {
      byte = bytes[at++]!;
      id |= (byte & 0x7f) << shift;
    }
    let location = byte < 0x80 && id < dense.length ? dense[id]! : -1;
    if (location === -1) {
      cursor.at = begin;
      location = readReference(cursor, { sample, locations });
      at = cursor.at;
    }
    array[length++] = location;
  }
  cursor.at = at;
  stack.length = length;
}

/** Each ends with a byte below 128. */
function countIntegers(bytes: Uint8Array): number {
  let count = 0;
  for (let at = 0; at < bytes.length; at++) if (bytes[at]! < 0x80) count++;
  return count;
}

interface ReferenceOf {
  readonly sample: number;
  readonly locations: Ids;
}

function readReference(cursor: Cursor, { sample, locations }: ReferenceOf): number {
  cursor.int64();
  const { low, high } = cursor;
  const location = locations.find(low, high);
  if (location === -1) throw missing('location', { low, high, by: `Sample ${sample + 1}` });
  return location;
}

interface LabelLists {
  readonly key: Uint32List;
  readonly text: Uint32List;
  readonly number: Int64List;
  readonly unit: Uint32List;
}

const createLabels = (): LabelLists => ({
  key: new Uint32List(),
  text: new Uint32List(),
  number: new Int64List(),
  unit: new Uint32List(),
});

function readLabel(cursor: Cursor, { labels, strings }: { labels: LabelLists; strings: number }): void {
  const found = [0, 0, 0];
  let [low, high] = [0, 0];
  for (let field = cursor.field(); field !== 0; field = cursor.field()) {
    const wireType = cursor.low;
    if (field > 4) {
      cursor.skip(wireType);
      continue;
    }
    cursor.expect(wireType, varint, `field ${field} of a label`);
    if (field === 3) {
      cursor.int64();
      ({ low, high } = cursor);
    } else found[field === 4 ? 2 : field - 1] = text(cursor, strings);
  }
  labels.key.push(found[0]!);
  labels.text.push(found[1]!);
  labels.number.push(low, high);
  labels.unit.push(found[2]!);
}

/** Where each begins, when each begins where the last one ends. */
function startsOf(ends: Uint32Array): Uint32Array {
  const starts = new Uint32Array(ends.length);
  if (ends.length > 1) starts.set(ends.subarray(0, -1), 1);
  return starts;
}
