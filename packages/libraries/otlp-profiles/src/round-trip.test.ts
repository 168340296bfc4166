import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Profile } from '@millrace/pprof';
import { decode } from '@millrace/pprof';
import { describe, expect, it } from 'vitest';
import { plain } from '../testdata/plain.ts';
import { createRandom, randomProfile } from '../testdata/random.ts';
import { decodeProfiles, encodeProfiles } from './index.ts';

const folder = join(import.meta.dirname, '../../pprof/testdata');
const fixtures = globSync('*.pb{,.gz}', { cwd: folder }).sort();
const read = (name: string): Profile => decode(readFileSync(join(folder, name)));
const resource = { 'service.name': 'shop', 'process.pid': 42 };

function roundTrip(profile: Profile): Profile {
  const { request, samples } = encodeProfiles([{ resource, profile, attributes: { 'profile.kind': 'test' } }]);
  expect(samples).toBe(profile.samples.count * profile.sampleTypes.length);
  const [decoded, ...others] = decodeProfiles(request);
  expect(others).toEqual([]);
  expect(decoded!.resource.attributes).toEqual(resource);
  expect(decoded!.attributes).toEqual({ 'profile.kind': 'test' });
  return decoded!.profile;
}

describe('a pprof profile comes back value for value', () => {
  expect(fixtures.length).toBeGreaterThan(10);
  it.each(fixtures)('%s', (name) => {
    const profile = read(name);
    expect(plain(roundTrip(profile))).toEqual(plain(profile));
  });

  it('seeded random profiles', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const profile = randomProfile(createRandom(seed * 7919));
      expect(plain(roundTrip(profile)), `seed ${seed}`).toEqual(plain(profile));
    }
  });
});

describe('several profiles in a request', () => {
  it('share one dictionary, and come back in their order', () => {
    const parts = fixtures.map((name, index) => ({ resource: { index: Math.floor(index / 2) }, profile: read(name) }));
    const together = encodeProfiles(parts);
    const alone = parts.map((part) => encodeProfiles([part]).request.length).reduce((sum, size) => sum + size);
    expect(together.request.length).toBeLessThan(alone);
    const decoded = decodeProfiles(together.request);
    expect(decoded.map((one) => one.resource.attributes)).toEqual(parts.map((part) => part.resource));
    for (const [index, { profile }] of decoded.entries())
      expect(withoutMappings(profile), fixtures[index]).toEqual(withoutMappings(parts[index]!.profile));
  });

  it('two that differ only in their sample type stay two', () => {
    const parts = ['seconds', 'bytes'].map((unit) => ({
      resource,
      profile: decode(Buffer.from([0x0a, 4, 0x08, 1, 0x10, 1, 0x32, 0, 0x32, unit.length, ...Buffer.from(unit)])),
    }));
    const decoded = decodeProfiles(encodeProfiles(parts).request);
    expect(decoded.map(({ profile }) => profile.sampleTypes)).toEqual([
      [{ type: 'seconds', unit: 'seconds' }],
      [{ type: 'bytes', unit: 'bytes' }],
    ]);
  });

  it('none are an empty request', () => {
    const { request, samples } = encodeProfiles([]);
    expect(samples).toBe(0);
    expect(decodeProfiles(request)).toEqual([]);
    expect(decodeProfiles(new Uint8Array(0))).toEqual([]);
  });
});

/** Mappings that no sample needs come back only where a request has one profile. */
function withoutMappings(profile: Profile): object {
  const { mappings: _mappings, ...rest } = plain(profile);
  return rest;
}
