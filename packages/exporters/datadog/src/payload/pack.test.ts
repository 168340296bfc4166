import { randomBytes } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { readModel } from '../../testdata/api-client.ts';
import { decodeSeries, parseSeriesV2, sketchPieces } from '../../testdata/payloads.ts';
import { series, sketches } from '../../testdata/series.ts';
import { logsJson } from '../logs/logs.ts';
import type { Series } from '../map/series.ts';
import type { Format } from './format.ts';
import type { Payload } from './pack.ts';
import { pack } from './pack.ts';
import { seriesJson, seriesProtobuf, seriesV1 } from './series.ts';
import { sketchesProtobuf } from './sketches.ts';

const bytesOf = ({ body }: Payload): Buffer => Buffer.concat(body.chunks);

/** The format with smaller limits, so that tests need not make megabytes. */
const limited = <Item>(format: Format<Item>, limits: Partial<Format<Item>['limits']>): Format<Item> => ({
  ...format,
  limits: { ...format.limits, ...limits },
});

async function packed<Item>(items: readonly Item[], format: Format<Item>, compression: 'none' | 'gzip' = 'none') {
  let tooLarge = 0;
  const payloads = await pack(items, { format, compression, tooLarge: (count) => (tooLarge += count) });
  for (const payload of payloads) expect(payload.body.bytes).toBe(bytesOf(payload).length);
  return { payloads, tooLarge: () => tooLarge };
}

const many = (count: number, more: Partial<Series> = {}): Series[] =>
  Array.from({ length: count }, (_, index) => series({ metric: `m${index}`, ...more }));

test.each([
  ['protobuf', seriesProtobuf, decodeSeries],
  ['JSON', seriesJson, parseSeriesV2],
] as const)(
  '%s: no payload is above the limit, none could have had the next, all is there in its order',
  async (_, format, decode) => {
    const all = many(500);
    const raw = 2_000;
    const { payloads } = await packed(all, limited(format, { raw }));
    expect(payloads.length).toBeGreaterThan(5);
    const sizes = payloads.map(({ body }) => body.bytes);
    for (const [index, size] of sizes.entries()) {
      expect(size).toBeLessThanOrEqual(raw);
      if (index > 0) expect(size).toBeGreaterThan(raw - 200);
    }
    expect(payloads.flatMap((payload) => decode(bytesOf(payload)).map(({ metric }) => metric))).toEqual(
      all.map(({ metric }) => metric),
    );
    expect(payloads.reduce((sum, { items }) => sum + items, 0)).toBe(500);
  },
);

test('what is exactly as large as the limit fits', async () => {
  const all = many(10);
  const {
    payloads: [whole],
  } = await packed(all, seriesProtobuf);
  const raw = whole!.body.bytes;
  expect((await packed(all, limited(seriesProtobuf, { raw, sent: raw }))).payloads).toHaveLength(1);
  expect((await packed(all, limited(seriesProtobuf, { raw: raw - 1 }))).payloads).toHaveLength(2);
  expect((await packed(all, limited(seriesProtobuf, { sent: raw - 1 }))).payloads).toHaveLength(2);
});

test('what does not compress well is divided until it fits', async () => {
  const noise = Array.from({ length: 200 }, () => series({ metric: randomBytes(40).toString('hex') }));
  const { payloads, tooLarge } = await packed(noise, limited(seriesProtobuf, { sent: 1_500 }), 'gzip');
  for (const { body } of payloads) expect(body.bytes).toBeLessThanOrEqual(1_500);
  const names = payloads.flatMap((payload) => decodeSeries(gunzipSync(bytesOf(payload))).map(({ metric }) => metric));
  expect(names).toEqual(noise.map(({ metric }) => metric));
  expect(tooLarge()).toBe(0);
});

test('a series with too many points is divided by its points', async () => {
  const points = Array.from({ length: 1000 }, (_, index) => ({ timestamp: 1_784_500_000 + index, value: index }));
  const { payloads } = await packed([series({ points })], limited(seriesProtobuf, { raw: 1_000 }));
  const all = payloads.flatMap((payload) => decodeSeries(bytesOf(payload)));
  expect(all.flatMap((one) => one.points.map(({ timestamp }) => timestamp))).toEqual(
    points.map(({ timestamp }) => timestamp),
  );
  expect(new Set(all.map(({ metric, type, unit }) => `${metric} ${type} ${unit}`)).size).toBe(1);
});

test.each(['none', 'gzip'] as const)(
  'what fits into no request is counted, the rest is sent (%s)',
  async (compression) => {
    const huge = series({
      metric: randomBytes(2_000).toString('hex'),
      points: [0, 1].map((timestamp) => ({ timestamp: 1_784_500_000 + timestamp, value: 1 })),
    });
    const limits = compression === 'none' ? { raw: 1_000 } : { sent: 1_000 };
    const { payloads, tooLarge } = await packed(
      [...many(3), huge, ...many(3), huge],
      limited(seriesProtobuf, limits),
      compression,
    );
    expect(tooLarge()).toBe(4);
    expect(payloads.reduce((sum, { items }) => sum + items, 0)).toBe(6);
  },
);

test('logs: a thousand at most', async () => {
  const { payloads } = await packed(
    Array.from({ length: 2_500 }, (_, index) => `{"message":"${index}"}`),
    logsJson,
  );
  expect(payloads.map(({ items }) => items)).toEqual([500, 1000, 1000]);
  const all = payloads.flatMap((payload) => JSON.parse(bytesOf(payload).toString()) as { message: string }[]);
  expect(all.map(({ message }) => Number(message))).toEqual(Array.from({ length: 2_500 }, (_, index) => index));
  expect((await packed([`{"message":"${'x'.repeat(5_000_000)}"}`], logsJson)).tooLarge()).toBe(1);
});

test('in halves, for a server that finds it too large', async () => {
  const {
    payloads: [whole],
  } = await packed(many(5), seriesJson);
  const halves = await whole!.halves();
  expect(halves!.map(({ items }) => items)).toEqual([2, 3]);
  expect(await whole!.halves()).toBe(halves);
  const {
    payloads: [one],
  } = await packed(many(1), seriesJson);
  expect(await one!.halves()).toBeUndefined();
});

test('nothing becomes no payload', async () => expect((await packed([], seriesJson)).payloads).toEqual([]));

test('golden payloads', async () => {
  const all = [
    series({ type: 'count', interval: 10, unit: 'request' }),
    series({ type: 'rate', interval: 10, host: undefined, tags: [] }),
    series({
      type: 'gauge',
      points: [
        { timestamp: 1_784_500_000, value: 0 },
        { timestamp: 1_784_500_010, value: -1.5 },
      ],
    }),
    series({ metric: 'größe', tags: ['ort:köln', 'quote:"a"'] }),
  ];
  const text = async (format: Format<Series>, decode: (body: Buffer) => unknown): Promise<string> =>
    `${JSON.stringify(decode(bytesOf((await packed(all, format)).payloads[0]!)), undefined, 2)}\n`;
  await expect(await text(seriesProtobuf, decodeSeries)).toMatchFileSnapshot('../../testdata/series-v2.protobuf.json');
  await expect(await text(seriesJson, (body) => JSON.parse(body.toString()))).toMatchFileSnapshot(
    '../../testdata/series-v2.json',
  );
  await expect(await text(seriesV1, (body) => JSON.parse(body.toString()))).toMatchFileSnapshot(
    '../../testdata/series-v1.json',
  );
  const sketch = bytesOf((await packed(sketches(), sketchesProtobuf)).payloads[0]!);
  const pieces = sketchPieces(sketch, 1_784_500_000_000);
  await expect(`${JSON.stringify(pieces, undefined, 2)}\n`).toMatchFileSnapshot('../../testdata/sketches.json');
  await expect(`${sketch.toString('hex')}\n`).toMatchFileSnapshot('../../testdata/sketches.hex');
});

test("JSON is what Datadog's own client knows", async () => {
  const all = [
    series({ type: 'count', interval: 10, unit: 'request' }),
    series({ type: 'rate', interval: 10, host: undefined, tags: [] }),
    series(),
  ];
  const json = async (format: Format<Series>): Promise<string> =>
    bytesOf((await packed(all, format)).payloads[0]!).toString();
  expect(readModel('v2', 'MetricPayload', await json(seriesJson))).toMatchObject({ series: { length: 3 } });
  expect(readModel('v1', 'MetricsPayload', await json(seriesV1))).toMatchObject({ series: { length: 3 } });
  const wrong = (await json(seriesJson)).replace('"unit"', '"einheit"');
  expect(() => readModel('v2', 'MetricPayload', wrong)).toThrow('additionalProperties');
  expect(() => readModel('v2', 'MetricPayload', '{"series":[{"metric":"m","points":[],"type":7}]}')).toThrow();
});

test('the documented limits', () => {
  expect([seriesProtobuf, seriesJson, seriesV1, sketchesProtobuf, logsJson].map(({ limits }) => limits)).toEqual([
    { raw: 5_242_880, sent: 512_000, items: Infinity },
    { raw: 5_242_880, sent: 512_000, items: Infinity },
    { raw: 62_914_560, sent: 3_200_000, items: Infinity },
    { raw: 62_914_560, sent: 3_200_000, items: Infinity },
    { raw: 5_000_000, sent: 5_000_000, items: 1000 },
  ]);
});
