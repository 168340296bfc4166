import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { build, parts, repeated } from '../testdata/small.ts';
import { bytesField, message, numberField, packed } from '../testdata/wire.ts';
import { decode, ProfileError } from './index.ts';

describe('limits', () => {
  it('refuses a gigabyte of zeros, whichever way it is compressed, in little memory', () => {
    const member = gzipSync(Buffer.alloc(64 << 20));
    const frame = zstdCompressSync(Buffer.alloc(64 << 20));
    const bombs = [member, frame].map((one) => Buffer.concat(repeated(16, one)));
    const before = process.memoryUsage().rss;
    for (const bomb of bombs)
      expect(() => decode(bomb, { maxBytes: 32 << 20 })).toThrow(
        'The profile is larger than 33554432 bytes; maxBytes allows no more.',
      );
    expect(process.memoryUsage().rss - before).toBeLessThan(200 << 20);
  });

  it('does not believe a size that the end of a gzip file states', () => {
    const bytes = gzipSync(build());
    bytes.writeUInt32LE(2 ** 28 - 1, bytes.length - 4);
    expect(() => decode(bytes)).toThrow(/^The gzip data is damaged: /);
  });

  it.each<[string, Parameters<typeof decode>[1], string]>([
    ['maxBytes', { maxBytes: 10 }, 'The profile is larger than 10 bytes; maxBytes allows no more.'],
    ['maxEntries', { maxEntries: 3 }, 'The profile has a string more than 3 times; maxEntries allows no more.'],
    ['maxDepth', { maxDepth: 0 }, 'Sample 1 has 1 frames; maxDepth allows no more than 0.'],
    ['maxFrames', { maxFrames: 0 }, 'The samples have more than 0 frames together; maxFrames allows no more.'],
  ])('has %s', (_, options, message) => {
    expect(() => decode(build(), options)).toThrow(message);
  });

  it('refuses a small file that would take forever: many stacks of one location with many lines', () => {
    const line = message(4, numberField(1, 1));
    const location = message(4, numberField(1, 1), ...repeated(10_000, line));
    const sample = Buffer.concat(repeated(20_000, parts.sample));
    expect(() => decode(build({ location, sample }))).toThrow(/^The samples have more than 67108864 frames together/);
  });

  it('makes no room for what cannot be there: many sample types times many samples', () => {
    const sampleType = Buffer.concat(repeated(100_000, Buffer.from([0x0a, 0])));
    const sample = Buffer.concat(repeated(100_000, Buffer.from([0x12, 0])));
    expect(() => decode(build({ sampleType, sample }))).toThrow(
      /^100000 samples cannot have a value for each of 100000 sample types/,
    );
  });
});

/** Room that is made before it is known that there is too much takes gigabytes. */
describe('limits hold while a profile is read, in little memory', () => {
  const size = 24_000_000;
  it.each<[string, Buffer, string]>([
    [
      'comments in one field',
      build({ more: bytesField(13, Buffer.alloc(size)) }),
      'The profile has a comment more than 4194304 times; maxEntries allows no more.',
    ],
    [
      'labels of one sample',
      build({ sample: message(2, packed(2, 7), Buffer.alloc(size, Buffer.from([0x1a, 0]))) }),
      'The profile has a label more than 4194304 times; maxEntries allows no more.',
    ],
    [
      'lines of one location',
      build({ location: message(4, numberField(1, 1), Buffer.alloc(size, Buffer.from([0x22, 2, 8, 1]))) }),
      'The profile has a line more than 4194304 times; maxEntries allows no more.',
    ],
    [
      'frames of one sample',
      build({ sample: message(2, packed(2, 7), bytesField(1, Buffer.alloc(size, 1))) }),
      'Sample 1 has 24000000 frames; maxDepth allows no more than 16384.',
    ],
    [
      'frames of one sample, each a field',
      build({ sample: message(2, packed(2, 7), Buffer.alloc(size, Buffer.from([8, 1]))) }),
      'Sample 1 has 16385 frames; maxDepth allows no more than 16384.',
    ],
  ])('%s', (_, bytes, expected) => {
    const before = process.resourceUsage().maxRSS;
    expect(() => decode(bytes)).toThrow(new ProfileError(expected));
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(300 << 10);
  });

  it('gives up a zstd file of endless empty frames', () => {
    const frame = zstdCompressSync(Buffer.alloc(0));
    expect(() => decode(Buffer.concat(repeated(20_000, frame)))).toThrow('The zstd data has more than 16384 frames.');
  });
});
