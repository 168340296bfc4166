import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { batchFromRequest } from '@millrace/otlp';
import { itemCount } from '@millrace/core';
import { decodeProfiles, encodeProfiles, encodeProfilesJson } from '@millrace/otlp-profiles';
import type { Profile } from '@millrace/pprof';
import { decode } from '@millrace/pprof';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plain } from '../../../packages/libraries/otlp-profiles/testdata/plain.ts';
import { createRandom, randomProfile } from '../../../packages/libraries/otlp-profiles/testdata/random.ts';
import type { Read, Reader, ReadSample } from './index.ts';
import { hasReader, startReader } from './index.ts';

const folder = join(import.meta.dirname, '../../../packages/libraries/pprof/testdata');
const fixtures = globSync('*.pb{,.gz}', { cwd: folder }).sort();
const read = (name: string): Profile => decode(readFileSync(join(folder, name)));

if (!hasReader())
  console.warn(
    'Skipped: no profile is compared with the collector, as its reader is not built: node test/peers/pprofile/build.ts',
  );

describe.skipIf(!hasReader())('the collector reads our profiles as they are', { timeout: 120_000 }, () => {
  let reader: Reader;
  beforeAll(() => {
    reader = startReader();
  });
  afterAll(() => reader.stop());

  async function compare(profile: Profile): Promise<void> {
    const resource = { 'service.name': 'shop', pids: [1, 2n ** 60n], ratio: 0.5, nested: { a: [true, ''] } };
    const { request, samples } = encodeProfiles([{ resource, profile, attributes: { kind: 'test' } }]);
    expect(itemCount(batchFromRequest('profiles', request))).toBe(samples);
    const answer = await reader.read('proto', request);
    expect(answer.error).toBeUndefined();
    expect(answer.samples).toBe(samples);
    expect(answer.profiles.map(({ resource: { pids: _pids, ...rest } }) => rest)).toEqual(
      answer.profiles.map(() => ({ 'service.name': 'shop', ratio: 0.5, nested: { a: [true, ''] } })),
    );
    same(shown(answer), expected(profile));
    const fromJson = await reader.read('json', Buffer.from(encodeProfilesJson(request)));
    same(fromJson, answer);
    // The same bytes as the collector writes them: other orders, other tables.
    const back = decodeProfiles(Buffer.from(answer.proto, 'base64'));
    same(
      back.map((one) => plain(one.profile)),
      [plain(profile)],
    );
  }

  it.each(fixtures)('%s', (name) => compare(read(name)));

  it('seeded random profiles', async () => {
    for (let seed = 1; seed <= 100; seed++) await compare(randomProfile(createRandom(seed * 15_485_863)));
  });

  it('all in one request', async () => {
    const parts = fixtures.map((name) => ({ resource: { name }, profile: read(name) }));
    const answer = await reader.read('proto', encodeProfiles(parts).request);
    expect(answer.error).toBeUndefined();
    same(
      shown(answer),
      parts.flatMap(({ profile }) => expected(profile)),
    );
  });
});

/** As `toEqual`, which takes seconds for so many values; only a difference is worth them. */
function same(one: object, other: object): void {
  if (JSON.stringify(one) !== JSON.stringify(other)) expect(one).toEqual(other);
}

/** What the collector understood, without what it says of resources. */
const shown = ({ profiles }: Read): object[] =>
  profiles.map(({ resource: _resource, scope: _scope, attributes: _attributes, samples, ...rest }) => ({
    ...rest,
    samples: samples.map(({ link, attributes: own, ...sample }) => ({ ...sample, labels: labelsIn(own, link) })),
  }));

/** A list is several labels. */
const labelsIn = (attributes: ReadSample['attributes'], link: string): string[] => {
  const [traceId, spanId] = link.split(' ');
  const labels = attributes.flatMap(([key, value, unit]) => {
    if (!value.startsWith('[')) return [`${key}=${value}|${unit}`];
    // The digits of a long integer, which JSON.parse would round.
    const digits = value.replace(/-?\d+/g, (match, at) => (inText(value, Number(at)) ? match : `"#${match}"`));
    const values = JSON.parse(digits) as string[];
    return values.map((one) => (one.startsWith('#') ? `${key}=${one.slice(1)}|${unit}` : `${key}=${one}|`));
  });
  return [...labels, ...(link === '' ? [] : [`trace_id=${traceId}|`, `span_id=${spanId}|`])].sort();
};

const inText = (json: string, at: number): boolean => (json.slice(0, at).match(/"/g) ?? []).length % 2 === 1;

function expected(profile: Profile): object[] {
  const { sampleTypes, samples, time, duration, periodType, period } = plain(profile);
  return sampleTypes.map(({ type, unit }, index) => ({
    type,
    unit,
    time,
    duration,
    periodType: periodType.type,
    periodUnit: periodType.unit,
    period,
    samples: samples.map(({ values, stack, labels }) => ({
      values: [values[index]],
      stack: stack.map(({ folded: _folded, ...location }) => location),
      labels,
    })),
  }));
}
