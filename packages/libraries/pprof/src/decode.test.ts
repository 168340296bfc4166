import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { Profile as PeerProfile } from 'pprof-format';
import { describe, expect, it } from 'vitest';
import { decode, encode, labelsOf, ProfileError, top, valuesOf } from './index.ts';
import type { Profile } from './index.ts';
import { build, parts } from '../testdata/small.ts';
import { bytesField, message, numberField, packed, text } from '../testdata/wire.ts';

const folder = join(import.meta.dirname, '../testdata');
const fixtures = globSync('*.pb{,.gz}', { cwd: folder }).sort();

/** Every value of a profile, as plain numbers and texts. */
function plain(profile: Profile): object {
  const { strings, samples, locations, functions, mappings } = profile;
  const rows = <Row>(count: number, row: (index: number) => Row): Row[] =>
    Array.from({ length: count }, (_, index) => row(index));
  return {
    sampleTypes: profile.sampleTypes,
    periodType: profile.periodType ?? { type: '', unit: '' },
    header: [profile.period, profile.timeNanos, profile.durationNanos].map(BigInt),
    texts: [profile.dropFrames, profile.keepFrames, profile.defaultSampleType, profile.docUrl, ...profile.comments],
    samples: rows(samples.count, (index) => ({
      stack: [...samples.stack.subarray(samples.stackStart[index], samples.stackStart[index + 1])].map((one) =>
        locations.id.unsigned(one),
      ),
      values: valuesOf(profile, index).map(BigInt),
      labels: labelsOf(profile, index).map((label) =>
        'text' in label ? [label.key, label.text, 0n, ''] : [label.key, '', BigInt(label.number), label.unit],
      ),
    })),
    locations: rows(locations.count, (index) => ({
      id: locations.id.unsigned(index),
      address: locations.address.unsigned(index),
      mapping: locations.mapping[index] === -1 ? 0n : mappings.id.unsigned(locations.mapping[index]!),
      lines: rows(locations.lineStart[index + 1]! - locations.lineStart[index]!, (line) => {
        const at = locations.lineStart[index]! + line;
        return [functions.id.unsigned(locations.lines.function[at]!), locations.lines.line.bigint(at)];
      }),
    })),
    functions: rows(functions.count, (index) => ({
      id: functions.id.unsigned(index),
      texts: [functions.name, functions.systemName, functions.file].map((column) => strings.at(column[index]!)),
      startLine: functions.startLine.bigint(index),
    })),
    mappings: rows(mappings.count, (index) => ({
      numbers: [mappings.id, mappings.start, mappings.limit, mappings.offset].map((column) => column.unsigned(index)),
      texts: [mappings.file, mappings.buildId].map((column) => strings.at(column[index]!)),
    })),
  };
}

/** The same of pprof-format's objects. */
function plainPeer(profile: PeerProfile): object {
  const at = (index: number | bigint): string => profile.stringTable.strings[Number(index)]!;
  const type = (one: { type: number | bigint; unit: number | bigint } | undefined) => ({
    type: at(one?.type ?? 0),
    unit: at(one?.unit ?? 0),
  });
  return {
    sampleTypes: profile.sampleType.map(type),
    periodType: type(profile.periodType),
    header: [profile.period, profile.timeNanos, profile.durationNanos].map(BigInt),
    texts: [profile.dropFrames, profile.keepFrames, profile.defaultSampleType, profile.docUrl, ...profile.comment].map(
      at,
    ),
    samples: profile.sample.map(({ locationId, value, label }) => ({
      stack: locationId.map(BigInt),
      values: value.map(BigInt),
      labels: label.map(({ key, str, num, numUnit }) => [at(key), at(str), BigInt(num), at(numUnit)]),
    })),
    locations: profile.location.map(({ id, address, mappingId, line }) => ({
      id: BigInt(id),
      address: BigInt(address),
      mapping: BigInt(mappingId),
      lines: line.map((one) => [BigInt(one.functionId), BigInt(one.line)]),
    })),
    functions: profile.function.map(({ id, name, systemName, filename, startLine }) => ({
      id: BigInt(id),
      texts: [name, systemName, filename].map(at),
      startLine: BigInt(startLine),
    })),
    mappings: profile.mapping.map(({ id, memoryStart, memoryLimit, fileOffset, filename, buildId }) => ({
      numbers: [id, memoryStart, memoryLimit, fileOffset].map(BigInt),
      texts: [filename, buildId].map(at),
    })),
  };
}

describe.each(fixtures)('%s', (name) => {
  const bytes = readFileSync(join(folder, name));
  const inflated = name.endsWith('.gz') ? gunzipSync(bytes) : bytes;

  it('has the values that pprof-format finds', () => {
    expect(plain(decode(bytes))).toEqual(plainPeer(PeerProfile.decode(inflated)));
  });

  it('is the same after it was encoded', () => {
    const profile = decode(bytes);
    for (const compression of ['gzip', 'zstd', 'none'] as const)
      expect(plain(decode(encode(profile, { compression })))).toEqual(plain(profile));
    expect(plainPeer(PeerProfile.decode(encode(profile, { compression: 'none' })))).toEqual(plain(profile));
  });
});

it('reads a small profile', () => {
  expect(top(decode(build())).rows).toMatchObject([{ name: 'main', self: 7, total: 7 }]);
});

describe('compression', () => {
  const whole = build();
  it.each([
    ['gzip', gzipSync(whole)],
    ['gzip of two members', Buffer.concat([gzipSync(whole.subarray(0, 20)), gzipSync(whole.subarray(20))])],
    ['zstd', zstdCompressSync(whole)],
    [
      'zstd of two frames',
      Buffer.concat([zstdCompressSync(whole.subarray(0, 20)), zstdCompressSync(whole.subarray(20))]),
    ],
  ])('reads %s', (_, bytes) => {
    expect(plain(decode(bytes))).toEqual(plain(decode(whole)));
  });

  it.each([
    ['cut gzip', gzipSync(whole).subarray(0, 30), 'The gzip data is cut off.'],
    [
      'gzip with something behind it',
      Buffer.concat([gzipSync(whole), Buffer.alloc(3)]),
      /^The gzip data ends at byte \d+, but the file has \d+ bytes\.$/,
    ],
    ['damaged gzip', gzipSync(whole).fill(0x55, 14, 24), /^The gzip data is damaged: /],
    ['cut zstd', zstdCompressSync(whole).subarray(0, 30), 'The zstd data is cut off.'],
    ['damaged zstd', zstdCompressSync(whole).fill(0x55, 5, 12), /^The zstd data is damaged: /],
    [
      'zstd with something behind it',
      Buffer.concat([zstdCompressSync(whole), text('more than a magic')]),
      /^The zstd data is damaged/,
    ],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => decode(bytes)).toThrow(ProfileError);
    expect(() => decode(bytes)).toThrow(message);
  });
});

describe('what is wrong', () => {
  it.each<[string, Buffer, string | RegExp]>([
    ['nothing', Buffer.alloc(0), 'The profile is empty.'],
    [
      'a text profile',
      text('heap profile: 1: 2 [3: 4] @ heap/1048576\n'),
      /^This is text, not a pprof profile .* "heap profile: /,
    ],
    ['a web page', text('<!DOCTYPE html><html><body>404</body></html>'), /^This is text, .*<!DOCTYPE html>/],
    [
      'a cut file',
      build().subarray(0, -2),
      /^This is no pprof profile: at byte \d+, the bytes end within a field of 4 bytes\.$/,
    ],
    [
      'a cut integer',
      Buffer.from([0x48, 0xff]),
      'This is no pprof profile: at byte 1, the bytes end within an integer.',
    ],
    ['a long integer', Buffer.from([0x48, ...Buffer.alloc(11, 0xff)]), /an integer has more than ten bytes/],
    ['a group', Buffer.from([0x0b, 0x0c]), /wire type 3 is none of 0, 1, 2 and 5/],
    ['field 0', Buffer.from([0x02, 0x00]), /0 is not the number of a field/],
    ['no string table', build({ strings: Buffer.alloc(0) }), /it has no string table/],
    [
      'a first string',
      build({ strings: Buffer.concat([bytesField(6, text('cpu')), parts.strings]) }),
      'The first string of the string table is not empty.',
    ],
    [
      'a string that is missing',
      build({ function: message(5, numberField(1, 1), numberField(2, 4)) }),
      'The string 4 does not exist: the string table has 4.',
    ],
    [
      'a negative string',
      build({ function: message(5, numberField(1, 1), numberField(2, 2n ** 64n - 1n)) }),
      /^The string 18446744073709552000 does not exist/,
    ],
    [
      'a header string that is missing',
      build({ more: numberField(15, 9) }),
      'The string 9 does not exist: the string table has 4.',
    ],
    [
      'a label string that is missing',
      build({ sample: message(2, packed(1, 1), packed(2, 7), message(3, numberField(1, 8))) }),
      'The string 8 does not exist: the string table has 4.',
    ],
    [
      'a location that is missing',
      build({ sample: message(2, packed(1, 2), packed(2, 7)) }),
      'Sample 1 of the file refers to the location with id 2, which does not exist.',
    ],
    [
      'location 0',
      build({ sample: message(2, packed(1, 0), packed(2, 7)) }),
      /refers to the location with id 0, which does not exist/,
    ],
    [
      'a far location',
      build({ sample: message(2, packed(1, 2n ** 64n - 2n), packed(2, 7)) }),
      /the location with id 18446744073709551614/,
    ],
    [
      'a function that is missing',
      build({ location: message(4, numberField(1, 1), message(4, numberField(1, 9))) }),
      'A line of location 1 of the file refers to the function with id 9, which does not exist.',
    ],
    [
      'a line without function',
      build({ location: message(4, numberField(1, 1), message(4, numberField(2, 9))) }),
      /refers to the function with id 0/,
    ],
    [
      'a mapping that is missing',
      build({ location: message(4, numberField(1, 1), numberField(2, 5)) }),
      'Location 1 of the file refers to the mapping with id 5, which does not exist.',
    ],
    [
      'two locations of one id',
      build({ more: parts.location }),
      'The id 1 belongs to two locations: the second is location 2 of the file.',
    ],
    [
      'two functions of one id',
      build({ more: parts.function }),
      'The id 1 belongs to two functions: the second is function 2 of the file.',
    ],
    [
      'two mappings of one id',
      build({ more: parts.mapping }),
      'The id 1 belongs to two mappings: the second is mapping 2 of the file.',
    ],
    ['a location without id', build({ location: message(4, numberField(3, 4)) }), 'Location 1 of the file has no id.'],
    ['a function without id', build({ function: message(5, numberField(2, 3)) }), 'Function 1 of the file has no id.'],
    ['a mapping without id', build({ mapping: message(3, numberField(5, 3)) }), 'Mapping 1 of the file has no id.'],
    [
      'too many values',
      build({ sample: message(2, packed(1, 1), packed(2, 7, 8)) }),
      'Sample 1 of the file has 2 values, but the profile has 1 sample types.',
    ],
    [
      'too few values',
      build({ sample: message(2, packed(1, 1)) }),
      'Sample 1 of the file has 0 values, but the profile has 1 sample types.',
    ],
    ['no sample types', build({ sampleType: Buffer.alloc(0) }), 'The profile has samples, but no sample types.'],
    ['a sample that is a number', build({ sample: numberField(2, 1) }), /a sample has wire type 0 instead of 2/],
    ['a location that is a number', build({ location: numberField(4, 1) }), /a location has wire type 0 instead of 2/],
    [
      'two profiles',
      build({ more: Buffer.concat([numberField(9, 5), numberField(9, 6)]) }),
      /^Two profiles stand one behind the other/,
    ],
  ])('%s', (_, bytes, message) => {
    expect(() => decode(bytes)).toThrow(ProfileError);
    expect(() => decode(bytes)).toThrow(message);
  });
});

describe('64 bits', () => {
  const values = [2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n, -1n, 0n];
  const sampleType = Buffer.concat(values.map(() => parts.sampleType));
  const sample = message(2, packed(1, 1), packed(2, ...values.map((value) => BigInt.asUintN(64, value))));
  const location = message(4, numberField(1, 1), numberField(3, 2n ** 64n - 1n));
  const profile = decode(build({ sampleType, sample, location }));

  it('keeps values and addresses exact', () => {
    expect(valuesOf(profile, 0)).toEqual([2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n, -1, 0]);
    expect(profile.locations.address.unsigned(0)).toBe(2n ** 64n - 1n);
    expect(plain(decode(encode(profile)))).toEqual(plain(profile));
  });

  it('adds beyond 2^53 without rounding', () => {
    const great = packed(2, 2n ** 53n - 1n);
    const two = Buffer.concat([message(2, packed(1, 1), great), message(2, packed(1, 1), great), parts.sample]);
    const { rows, total } = top(decode(build({ sample: two })));
    expect(total).toBe(2n ** 54n - 2n + 7n);
    expect(rows).toMatchObject([{ self: 2n ** 54n + 5n, total: 2n ** 54n + 5n }]);
  });

  it('finds ids that are far apart', () => {
    const id = 2n ** 63n + 5n;
    const far = build({
      location: message(4, numberField(1, id), message(4, numberField(1, id))),
      function: message(5, numberField(1, id), numberField(2, 3)),
      sample: message(2, numberField(1, id), numberField(2, 7)),
    });
    expect(top(decode(far)).rows).toMatchObject([{ name: 'main', self: 7 }]);
    expect(plain(decode(encode(decode(far))))).toEqual(plain(decode(far)));
  });
});

it('passes over fields that it does not know', () => {
  const more = Buffer.concat([
    numberField(100, 5),
    bytesField(101, text('later')),
    Buffer.from([0xc9, 0x0c, 1, 2, 3, 4, 5, 6, 7, 8]),
  ]);
  expect(plain(decode(build({ more })))).toEqual(plain(decode(build())));
});
