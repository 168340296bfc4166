// What the exporter encodes, read by the code that Datadog generates from its own .proto.
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import type { Series, SketchSeries } from '../../../../packages/exporters/datadog/src/map/series.ts';
import type { Format } from '../../../../packages/exporters/datadog/src/payload/format.ts';
import { seriesProtobuf } from '../../../../packages/exporters/datadog/src/payload/series.ts';
import { sketchesProtobuf } from '../../../../packages/exporters/datadog/src/payload/sketches.ts';
import type { Random } from '@millrace/core/testing';
import { seeded } from '@millrace/core/testing';
import { decoderBinary } from './program.ts';

const binary = decoderBinary();
const now = 1_784_500_000;
const types = { count: 1, rate: 2, gauge: 3 } as const;
const words = ['', 'env:prod', 'größe', '日本:語', 'a"b\\c', '😀', 'x'.repeat(300)];
const values = [0, 1, -1.5, 1e308, 5e-324, 2 ** 53, 123_456.789];

const listOf = <T>(random: Random, make: () => T, least = 0): T[] =>
  Array.from({ length: least + random.below(5) }, make);

const randomSeries = (random: Random): Series => ({
  metric: `m.${random.pick(words)}`,
  type: random.pick(['count', 'rate', 'gauge']),
  unit: random.chance(0.5) ? random.pick(['byte', 'request/second']) : undefined,
  interval: random.chance(0.5) ? 1 + random.below(100_000) : undefined,
  points: listOf(random, () => ({ timestamp: now + random.below(10_000), value: random.pick(values) }), 1),
  tags: listOf(random, () => random.pick(words)),
  host: random.chance(0.7) ? `host-${random.pick(words)}` : undefined,
});

function randomSketches(random: Random): SketchSeries {
  const sketch = () => {
    const keys = listOf(random, () => random.below(65_535) - 32_767, 1).sort((a, b) => a - b);
    const counts = keys.map(() => 1 + random.below(65_535));
    const count = counts.reduce((sum, one) => sum + one, 0);
    return {
      count,
      min: random.pick(values),
      max: random.pick(values),
      sum: random.pick(values),
      average: random.pick(values),
      keys,
      counts,
    };
  };
  const { metric, unit, tags, host } = randomSeries(random);
  return { metric, unit, tags, host, points: listOf(random, () => ({ timestamp: now, sketch: sketch() }), 1) };
}

function encode<Item>(format: Format<Item>, items: readonly Item[]): Uint8Array {
  const builder = format.builder();
  for (const item of items.toReversed()) builder.add(item);
  return builder.finish();
}

/** Go leaves out what is zero, and writes what it has none of as null. */
const orZero = (value: unknown): unknown => value ?? 0;
const orEmpty = (value: unknown): readonly unknown[] => (value as readonly unknown[] | null | undefined) ?? [];

const wanted = {
  series: ({ metric, type, unit, interval, points, tags, host }: Series) => ({
    resources: host === undefined ? [] : [{ type: 'host', name: host }],
    metric,
    type: types[type],
    unit: unit ?? '',
    interval: interval ?? 0,
    points: points.map(({ timestamp, value }) => [timestamp, value]),
    tags,
  }),
  sketches: ({ metric, host, tags, points }: SketchSeries) => ({
    metric,
    host: host ?? '',
    tags,
    points: points.map(({ timestamp, sketch: { count, min, max, average, sum, keys, counts } }) => [
      timestamp,
      count,
      min,
      max,
      average,
      sum,
      keys,
      counts,
    ]),
  }),
};

type Decoded = Readonly<Record<string, unknown>>;

const read = {
  series: (one: Decoded) => ({
    resources: orEmpty(one['resources']),
    metric: one['metric'],
    type: orZero(one['type']),
    unit: one['unit'] ?? '',
    interval: orZero(one['interval']),
    points: orEmpty(one['points']).map((point) => [
      orZero((point as Decoded)['timestamp']),
      orZero((point as Decoded)['value']),
    ]),
    tags: orEmpty(one['tags']),
  }),
  sketches: (one: Decoded) => ({
    metric: one['metric'],
    host: one['host'] ?? '',
    tags: orEmpty(one['tags']),
    points: orEmpty(one['dogsketches']).map((point) => {
      const { ts, cnt, min, max, avg, sum, k, n } = point as Decoded;
      return [...[ts, cnt, min, max, avg, sum].map(orZero), orEmpty(k), orEmpty(n)];
    }),
  }),
};

if (!binary)
  console.warn('SKIPPED: no decoder of Datadog payloads: run `node test/peers/datadog/payload/build.ts`, with Go.');

test.skipIf(!binary)('a thousand random payloads of each kind say the same to Datadog', { timeout: 60_000 }, () => {
  const random = seeded(4);
  const cases = Array.from({ length: 1000 }, () => ({
    series: listOf(random, () => randomSeries(random), 1),
    sketches: listOf(random, () => randomSketches(random), 1),
  }));
  const lines = cases.flatMap((one) => [
    `series ${Buffer.from(encode(seriesProtobuf, one.series)).toString('base64')}`,
    `sketches ${Buffer.from(encode(sketchesProtobuf, one.sketches)).toString('base64')}`,
  ]);
  const { stdout, status, stderr } = spawnSync(binary!, {
    input: lines.join('\n'),
    maxBuffer: 2 ** 29,
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([0, '']);
  const decoded = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Decoded);
  expect(decoded).toHaveLength(lines.length);
  for (const [index, one] of cases.entries()) {
    const [asSeries, asSketches] = [decoded[index * 2]!, decoded[index * 2 + 1]!];
    expect(orEmpty(asSeries['series']).map((of) => read.series(of as Decoded))).toEqual(one.series.map(wanted.series));
    expect(orEmpty(asSketches['sketches']).map((of) => read.sketches(of as Decoded))).toEqual(
      one.sketches.map(wanted.sketches),
    );
  }
});
