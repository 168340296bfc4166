import type { Cursor } from './cursor.ts';
import { ProfileError } from './error.ts';
import { delimited, profileField, varint } from './fields.ts';
import { Int64List, Uint32List } from './growable.ts';
import type { Ids } from './ids.ts';
import { Int64s } from './int64.ts';
import type { CheckSize } from './limits.ts';
import type { Locations } from './profile.ts';

interface References {
  readonly mappings: Ids;
  readonly functions: Ids;
  readonly checkSize: CheckSize;
}

export function readLocations(cursor: Cursor, count: number, references: References): Locations {
  const locations = {
    count,
    id: new Int64s(count),
    address: new Int64s(count),
    mapping: new Int32Array(count).fill(-1),
    folded: new Uint8Array(count),
    lineStart: new Uint32Array(count + 1),
  };
  const lines = { function: new Uint32List(), line: new Int64List(), column: new Int64List() };
  let index = 0;
  cursor.at = 0;
  for (let field = cursor.field(); field !== 0; field = cursor.field()) {
    const wireType = cursor.low;
    if (field !== profileField.location) {
      cursor.skip(wireType);
      continue;
    }
    cursor.expect(wireType, delimited, 'a location');
    const outer = cursor.enter();
    readLocation(cursor, { locations, index, lines, references });
    cursor.leave(outer);
    locations.lineStart[++index] = lines.function.length;
  }
  return {
    ...locations,
    lines: { function: lines.function.toArray(), line: lines.line.toColumn(), column: lines.column.toColumn() },
  };
}

interface LocationAt {
  readonly locations: Omit<Locations, 'lines'>;
  readonly index: number;
  readonly lines: LineLists;
  readonly references: References;
}

interface LineLists {
  readonly function: Uint32List;
  readonly line: Int64List;
  readonly column: Int64List;
}

function readLocation(cursor: Cursor, { locations, index, lines, references }: LocationAt): void {
  for (let field = cursor.field(); field !== 0; field = cursor.field()) {
    const wireType = cursor.low;
    if (field === 4) {
      cursor.expect(wireType, delimited, 'a line');
      const outer = cursor.enter();
      readLine(cursor, { lines, functions: references.functions, location: index });
      references.checkSize('line', lines.function.length);
      cursor.leave(outer);
      continue;
    }
    if (field > 5) {
      cursor.skip(wireType);
      continue;
    }
    cursor.expect(wireType, varint, `field ${field} of a location`);
    cursor.int64();
    const { low, high } = cursor;
    if (field === 1) locations.id.setWords(index, low, high);
    else if (field === 3) locations.address.setWords(index, low, high);
    else if (field === 5) locations.folded[index] = (low | high) === 0 ? 0 : 1;
    else if ((low | high) !== 0) {
      const mapping = references.mappings.find(low, high);
      if (mapping === -1) throw missing('mapping', { low, high, by: `Location ${index + 1}` });
      locations.mapping[index] = mapping;
    }
  }
  if (locations.id.isZero(index)) throw new ProfileError(`Location ${index + 1} of the file has no id.`);
}

interface LineAt {
  readonly lines: LineLists;
  readonly functions: Ids;
  readonly location: number;
}

function readLine(cursor: Cursor, { lines, functions, location }: LineAt): void {
  const numbers = [0, 0, 0, 0, 0, 0];
  for (let field = cursor.field(); field !== 0; field = cursor.field()) {
    const wireType = cursor.low;
    if (field > 3) {
      cursor.skip(wireType);
      continue;
    }
    cursor.expect(wireType, varint, `field ${field} of a line`);
    cursor.int64();
    numbers[field * 2 - 2] = cursor.low;
    numbers[field * 2 - 1] = cursor.high;
  }
  const [low, high] = [numbers[0]!, numbers[1]!];
  const found = (low | high) === 0 ? -1 : functions.find(low, high);
  if (found === -1) throw missing('function', { low, high, by: `A line of location ${location + 1}` });
  lines.function.push(found);
  lines.line.push(numbers[2]!, numbers[3]!);
  lines.column.push(numbers[4]!, numbers[5]!);
}

/** `by` is what refers to it. */
export function missing(what: string, { low, high, by }: { low: number; high: number; by: string }): ProfileError {
  const id = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  return new ProfileError(`${by} of the file refers to the ${what} with id ${id}, which does not exist.`);
}
