import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import {
  decode,
  encode,
  flamebearer,
  folded,
  formatTree,
  merge,
  ProfileError,
  readFlamebearer,
  subtract,
  top,
} from './index.ts';
import type { DecodeOptions } from './index.ts';

const folder = join(import.meta.dirname, '../testdata');
const files = globSync('*.pb{,.gz}', { cwd: folder })
  .sort()
  .map((name) => readFileSync(join(folder, name)));
const inflated = files
  .map((bytes) => (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes))
  .filter(({ length }) => length < 60_000);
const limits: DecodeOptions = { maxBytes: 1 << 22, maxEntries: 1 << 16, maxFrames: 1 << 18 };

/** https://en.wikipedia.org/wiki/Xorshift */
function generator(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

const damages: readonly ((bytes: Buffer, below: (limit: number) => number) => Buffer)[] = [
  (bytes, below) => bytes.subarray(0, below(bytes.length)),
  (bytes, below) => {
    bytes[below(bytes.length)] = below(256);
    return bytes;
  },
  (bytes, below) => {
    bytes[below(bytes.length)]! ^= 1 << below(8);
    return bytes;
  },
  (bytes, below) => bytes.fill(below(2) * 255, below(bytes.length), below(bytes.length)),
  (bytes, below) => {
    const at = below(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(below(bytes.length))]);
  },
  (bytes, below) => {
    const [from, to] = [below(bytes.length), below(bytes.length)];
    bytes.copyWithin(to, from, from + below(64));
    return bytes;
  },
];

function look(bytes: Uint8Array): 'read' | 'refused' {
  try {
    const profile = decode(bytes, limits);
    top(profile, { granularity: 'line' });
    formatTree(profile);
    folded(profile);
    readFlamebearer(flamebearer(profile, { maxNodes: 1000 }));
    decode(encode(merge([profile, profile])));
    subtract(profile, profile);
    return 'read';
  } catch (error) {
    if (error instanceof ProfileError) return 'refused';
    throw error;
  }
}

it.each([1, 2])('damaged profiles are read or refused, whole, with seed %i', { timeout: 120_000 }, (seed) => {
  const below = generator(seed * 0x9e3779b1);
  const counts = { read: 0, refused: 0 };
  let slowest = 0;
  for (let round = 0; round < 400; round++) {
    const source = below(4) === 0 ? files : inflated;
    let bytes: Buffer = Buffer.from(source[below(source.length)]!);
    for (let count = 1 + below(3); count > 0 && bytes.length > 0; count--)
      bytes = damages[below(damages.length)]!(bytes, below);
    const began = performance.now();
    counts[look(bytes)]++;
    slowest = Math.max(slowest, performance.now() - began);
  }
  expect(counts.read).toBeGreaterThan(20);
  expect(counts.refused).toBeGreaterThan(100);
  expect(slowest).toBeLessThan(10_000);
});
