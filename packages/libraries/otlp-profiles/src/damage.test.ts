import { ProfileError } from '@millrace/pprof';
import { describe, expect, it } from 'vitest';
import { createRandom, randomProfile } from '../testdata/random.ts';
import * as wire from '../testdata/wire.ts';
import { decodeProfiles, encodeProfiles } from './index.ts';

const mapping = (...fields: Buffer[]) => wire.message(1, ...fields);
const location = (...fields: Buffer[]) => wire.message(2, ...fields);
const fn = (...fields: Buffer[]) => wire.message(3, ...fields);
const link = (...fields: Buffer[]) => wire.message(4, ...fields);
const string = (text: string) => wire.text(5, text);
const attribute = (...fields: Buffer[]) => wire.message(6, ...fields);
const stack = (...indices: number[]) => wire.message(7, wire.packed(1, ...indices));
/** Row 0 of each table, as it must be. */
const zeros = [mapping(), location(), fn(), link(), string(''), attribute(), stack()];

const sample = (...fields: Buffer[]) => wire.message(2, ...fields);
const type = wire.message(1, wire.int(1, 1), wire.int(2, 2));
const value = wire.packed(4, 1);

function request({ dictionary = [], profile = [] }: { dictionary?: Buffer[]; profile?: Buffer[] }): Buffer {
  return Buffer.concat([
    wire.message(1, wire.message(2, wire.message(2, type, ...profile))),
    wire.message(2, ...zeros, string('cpu'), string('ns'), ...dictionary),
  ]);
}

const nested = (depth: number): Buffer =>
  depth === 0 ? wire.int(3, 1) : wire.message(5, wire.message(1, nested(depth - 1)));

describe('what is no request of profiles', () => {
  it.each<[string, Buffer, string]>([
    ['text', Buffer.from('<html>'), 'Wire type 4 is not one that proto3 has, at byte 1'],
    ['cut', request({}).subarray(0, 9), 'longer than what it is in, at byte'],
    ['an integer without an end', Buffer.from([0x0a, 3, 0x08, 0xff, 0xff]), 'wire type'],
    [
      'an integer of eleven bytes',
      wire.message(2, wire.message(1, Buffer.from([0x08, ...Array<number>(11).fill(0x80)]))),
      'more than ten bytes',
    ],
    ['a tag of 0', wire.message(2, Buffer.from([0])), '0 is no tag'],
    ['a group', wire.message(2, Buffer.from([0x7b])), 'Wire type 3'],
    ['a field as another type', request({ profile: [wire.int(2, 1)] }), 'The field samples has wire type 0'],
    ['no dictionary', wire.message(1, wire.message(2, wire.message(2, sample(value)))), 'no dictionary'],
    ['a first string that says something', wire.message(2, string('x')), 'String 0 of the dictionary'],
    [
      'a stack that is not there',
      request({ profile: [sample(wire.int(1, 9), value)] }),
      'Sample 0 of profile 0 of the request refers to stack 9, but the dictionary has 1',
    ],
    ['a link that is not there', request({ profile: [sample(wire.int(3, 1), value)] }), 'link 1'],
    ['an attribute that is not there', request({ profile: [sample(wire.packed(2, 7), value)] }), 'attribute 7'],
    ['an attribute of the profile that is not there', request({ profile: [wire.packed(11, 7)] }), 'attribute 7'],
    [
      'values whose sum is no int64',
      request({ profile: [sample(wire.packed(4, 2n ** 62n, 2n ** 62n))] }),
      'Sample 0 of profile 0 of the request has values that come to 9223372036854775808, which is no int64',
    ],
    ['a negative index', request({ profile: [sample(wire.int(1, -1), value)] }), '-1 is no index'],
    ['a location that is not there', request({ dictionary: [stack(5)] }), 'Stack 1 refers to location 5'],
    [
      'a function that is not there',
      request({ dictionary: [location(wire.message(3, wire.int(1, 4)))] }),
      'A line of location 1 refers to function 4',
    ],
    [
      'a mapping that is not there',
      request({ dictionary: [location(wire.int(1, 3))] }),
      'Location 1 refers to mapping 3',
    ],
    ['a string that is not there', request({ dictionary: [fn(wire.int(1, 99))] }), 'Function 1 refers to string 99'],
    ['a type that is not there', request({ profile: [wire.message(5, wire.int(1, 50))] }), 'string 50'],
    [
      'a key that is not there',
      request({ dictionary: [attribute(wire.int(1, 77))] }),
      'Attribute 1 refers to string 77',
    ],
    [
      'a text of a value that is not there',
      request({ dictionary: [attribute(wire.message(2, wire.int(8, 66)))] }),
      'string 66',
    ],
    [
      'values that do not go with timestamps',
      request({ profile: [sample(wire.packed(4, 1, 2, 3))] }),
      '3 values and 0 timestamps',
    ],
    [
      'values in values without end',
      request({ dictionary: [attribute(wire.message(2, nested(200)))] }),
      'more than 64 values in each other',
    ],
  ])('%s', (_, bytes, message) => {
    expect(() => decodeProfiles(bytes)).toThrow(ProfileError);
    expect(() => decodeProfiles(bytes)).toThrow(message);
  });

  it('seeded damage: an error, or a profile, and never anything else', () => {
    let refused = 0;
    for (let seed = 1; seed <= 400; seed++) {
      const random = createRandom(seed * 104_729);
      const { request: bytes } = encodeProfiles([{ resource: { a: 'b' }, profile: randomProfile(random) }]);
      const damaged = Buffer.from(random(4) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes);
      for (let count = 1 + random(4); count > 0 && damaged.length > 0; count--)
        damaged[random(damaged.length)] = random(256);
      try {
        decodeProfiles(damaged, { maxFrames: 100_000 });
      } catch (error) {
        expect(error, `seed ${seed}`).toBeInstanceOf(ProfileError);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(100);
  });
});

describe('a small request that would be a huge profile', () => {
  const many = <Row>(count: number, row: Row): Row[] => Array.from({ length: count }, () => row);

  it.each<[string, Buffer, string]>([
    [
      'a deep stack',
      request({ dictionary: [stack(...many(20_000, 0))], profile: [sample(wire.int(1, 1), value)] }),
      'maxDepth',
    ],
    [
      'a stack in many samples',
      request({ dictionary: [stack(...many(10_000, 0))], profile: many(20_000, sample(wire.int(1, 1), value)) }),
      'maxFrames',
    ],
    [
      'a list in many samples',
      request({
        dictionary: [
          attribute(wire.int(1, 1), wire.message(2, wire.message(5, ...many(5000, wire.message(1, wire.int(3, 1)))))),
        ],
        profile: many(2000, sample(wire.packed(2, 1), value)),
      }),
      'labels together',
    ],
    [
      'a text in many profiles',
      Buffer.concat([
        wire.message(1, wire.message(2, ...many(3000, wire.message(2, type, wire.packed(11, 1), sample(value))))),
        wire.message(
          2,
          ...zeros,
          string('pprof.profile.doc_url'),
          string('ns'),
          attribute(wire.int(1, 1), wire.message(2, wire.text(1, 'x'.repeat(1_000_000)))),
        ),
      ]),
      'maxBytes',
    ],
    ['many profiles', wire.message(1, wire.message(2, ...many(70_000, wire.message(2)))), '65536 profiles'],
    ['many entries', wire.bytes(2, Buffer.alloc(4_400_000, fn())), 'maxEntries'],
    ['many lines of one location', wire.message(2, location(Buffer.alloc(4_400_000, wire.message(3)))), 'maxEntries'],
  ])('%s', (_, bytes, message) => {
    const before = process.memoryUsage.rss();
    expect(() => decodeProfiles(bytes)).toThrow(message);
    expect(process.memoryUsage.rss() - before).toBeLessThan(700e6);
  });
});

describe('what others write', () => {
  const decodeOne = (bytes: Uint8Array) => decodeProfiles(bytes)[0]!;

  it('timestamps: how many without values, and else the sum', () => {
    const times = Buffer.concat([0n, 1n, 2n].map((time) => wire.fixed64(5, time)));
    const { profile } = decodeOne(
      request({ profile: [sample(times), sample(times, wire.packed(4, 5, -2, 4)), sample(times, wire.packed(4, 9))] }),
    );
    expect([0, 1, 2].map((index) => profile.samples.values.at(index))).toEqual([3, 7, 9]);
  });

  it('integers one by one, the dictionary first and in two parts, texts by index', () => {
    const bytes = Buffer.concat([
      wire.message(2, ...zeros, string('cpu'), string('ns'), string('service.name')),
      wire.message(
        1,
        wire.message(1, wire.message(1, wire.int(3, 3), wire.message(2, wire.int(8, 4)))),
        wire.message(2, wire.message(2, type, sample(wire.int(4, 3)))),
        wire.text(3, 'https://schema'),
      ),
      wire.message(2, string('shop')),
    ]);
    const { resource, profile } = decodeOne(bytes);
    expect(resource).toEqual({ attributes: { 'service.name': 'shop' }, schemaUrl: 'https://schema' });
    expect(profile.sampleTypes).toEqual([{ type: 'cpu', unit: 'ns' }]);
    expect(profile.samples.values.at(0)).toBe(3);
  });

  it('fields that are not known are passed over', () => {
    const more = [wire.int(100, 1), wire.fixed64(101, 1n), wire.text(102, 'x')];
    const bytes = Buffer.concat([request({ profile: [...more, sample(value, ...more)], dictionary: more }), ...more]);
    expect(decodeOne(bytes).profile.samples.count).toBe(1);
  });

  it('comments with numbers, as the collector wrote them', () => {
    const comment = (index: number, text: string) => attribute(wire.int(1, index), wire.message(2, wire.text(1, text)));
    const { profile, attributes } = decodeOne(
      request({
        dictionary: [
          string('pprof.profile.comment.1'),
          string('pprof.profile.comment.0'),
          comment(3, 'second'),
          comment(4, 'first'),
        ],
        profile: [wire.packed(11, 1, 2)],
      }),
    );
    expect(profile.comments).toEqual(['first', 'second']);
    expect(attributes).toEqual({});
  });

  it('values that pprof has not are texts', () => {
    const values = [
      wire.int(2, 1),
      Buffer.concat([Buffer.from([0x21]), Buffer.from(Float64Array.of(1.5).buffer)]),
      wire.text(1, ''),
    ];
    const { profile } = decodeOne(
      request({
        dictionary: values.map((one) => attribute(wire.int(1, 1), wire.message(2, one))),
        profile: [sample(wire.packed(2, 1, 2, 3), value)],
      }),
    );
    const { labels, strings } = profile;
    expect([...labels.text].map((index) => strings.at(index))).toEqual(['true', '1.5']);
  });
});
