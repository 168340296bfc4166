// Takes payloads apart as strictly as Datadog documents them: any violation is thrown as a sentence.
import { join } from 'node:path';
import protobuf from 'protobufjs';

/** One point, log or distribution, named so that the same one has the same name. */
export interface Piece {
  readonly id: string;
  readonly value: unknown;
}

export function check(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

const root = protobuf.loadSync(join(import.meta.dirname, 'agent-payload.proto'));
const metricPayload = root.lookupType('MetricPayload');
const sketchPayload = root.lookupType('SketchPayload');

/** Decodes, and proves that nothing else was in it: encoded again, it is the same bytes. */
function decode(type: protobuf.Type, body: Buffer): Readonly<Record<string, unknown>> {
  const message = type.decode(body);
  check(Buffer.from(type.encode(message).finish()).equals(body), `${type.name} has unknown or unordered fields`);
  return type.toObject(message, { longs: Number, enums: Number, arrays: true });
}

interface Point {
  readonly timestamp: number;
  readonly value: number;
}

export interface DecodedSeries {
  readonly metric: string;
  readonly type: number;
  readonly unit?: string;
  readonly interval?: number;
  readonly points: readonly Point[];
  readonly tags?: readonly string[];
  readonly resources?: readonly { readonly type: string; readonly name: string }[];
}

export const decodeSeries = (body: Buffer): readonly DecodedSeries[] =>
  decode(metricPayload, body)['series'] as readonly DecodedSeries[];

export function parseSeriesV2(body: Buffer): readonly DecodedSeries[] {
  const { series, ...rest } = JSON.parse(body.toString()) as { series: readonly DecodedSeries[] };
  check(Object.keys(rest).length === 0, 'JSON beside series');
  for (const one of series) onlyKeys(one, ['metric', 'type', 'unit', 'interval', 'points', 'tags', 'resources']);
  return series;
}

const typesV1: Readonly<Record<string, number>> = { count: 1, rate: 2, gauge: 3 };

interface SeriesV1 {
  readonly metric: string;
  readonly type: string;
  readonly interval?: number;
  readonly points: readonly (readonly [number, number])[];
  readonly tags?: readonly string[];
  readonly host?: string;
}

export function parseSeriesV1(body: Buffer): readonly DecodedSeries[] {
  const { series, ...rest } = JSON.parse(body.toString()) as { series: readonly SeriesV1[] };
  check(Object.keys(rest).length === 0, 'JSON beside series');
  return series.map((one) => {
    onlyKeys(one, ['metric', 'type', 'interval', 'points', 'tags', 'host']);
    const { host, points, type, ...more } = one;
    check(typesV1[type] !== undefined, `type ${type}`);
    return {
      ...more,
      type: typesV1[type]!,
      points: points.map(([timestamp, value]) => ({ timestamp, value })),
      ...(host !== undefined && { resources: [{ type: 'host', name: host }] }),
    };
  });
}

function onlyKeys(object: object, allowed: readonly string[]): void {
  const other = Object.keys(object).filter((key) => !allowed.includes(key));
  check(other.length === 0, `unknown keys ${other.join(', ')}`);
}

/** The documented rules for series, whatever they were encoded as. */
export function seriesPieces(all: readonly DecodedSeries[], now: number): Piece[] {
  check(all.length > 0, 'a payload without series');
  return all.flatMap(({ metric, type, unit, interval, points, tags = [], resources = [] }) => {
    check(typeof metric === 'string' && metric !== '' && metric.length <= 350, `metric name ${metric}`);
    check([1, 2, 3].includes(type), `${metric}: type ${type}`);
    check(unit === undefined || unit !== '', `${metric}: an empty unit`);
    check(interval === undefined || (Number.isInteger(interval) && interval > 0 && type !== 3), `${metric}: interval`);
    checkTags(metric, tags);
    check(resources.length <= 1, `${metric}: ${resources.length} resources`);
    for (const one of resources) check(one.type === 'host' && one.name !== '', `${metric}: resource`);
    check(points.length > 0, `${metric}: no points`);
    return points.map(({ timestamp = 0, value = 0 }) => {
      checkTime(metric, timestamp, now);
      check(Number.isFinite(value), `${metric}: value ${value}`);
      return { id: idOf({ metric, tags, host: resources[0]?.name, timestamp }), value };
    });
  });
}

const idOf = (of: {
  readonly metric: string;
  readonly tags: readonly string[];
  readonly host: string | undefined;
  readonly timestamp: number;
}): string => `${of.metric}{${[...of.tags].sort().join(',')}}@${of.host ?? ''} ${of.timestamp}`;

function checkTags(metric: string, tags: readonly string[]): void {
  check(Array.isArray(tags), `${metric}: tags`);
  for (const tag of tags)
    check(typeof tag === 'string' && tag !== '' && !tag.endsWith(':'), `${metric}: tag ${JSON.stringify(tag)}`);
}

/** Seconds; what is more than 10 minutes ahead or an hour old is not taken. */
function checkTime(metric: string, timestamp: number, now: number): void {
  check(Number.isInteger(timestamp), `${metric}: time ${timestamp}`);
  const age = now / 1000 - timestamp;
  check(age >= -600 && age <= 3600, `${metric}: time ${timestamp} is ${age} s old`);
}

interface DecodedSketch {
  readonly metric: string;
  readonly host?: string;
  readonly tags: readonly string[];
  readonly dogsketches: readonly {
    readonly ts: number;
    readonly cnt?: number;
    readonly min?: number;
    readonly max?: number;
    readonly k: readonly number[];
    readonly n: readonly number[];
  }[];
}

export function sketchPieces(body: Buffer, now: number): Piece[] {
  const sketches = decode(sketchPayload, body)['sketches'] as readonly DecodedSketch[];
  check(sketches.length > 0, 'a payload without sketches');
  return sketches.flatMap(({ metric, host, tags, dogsketches }) => {
    check(metric !== '', 'a sketch without name');
    checkTags(metric, tags);
    check(dogsketches.length > 0, `${metric}: no points`);
    return dogsketches.map((sketch) => {
      const { ts, cnt = 0, min = 0, max = 0, k, n } = sketch;
      checkTime(metric, ts, now);
      check(k.length === n.length && k.length > 0 && k.length <= 65536, `${metric}: ${k.length} keys, ${n.length} counts`);
      check(k.every((key, index) => index === 0 || key >= k[index - 1]!), `${metric}: keys are not in order`);
      check(k.every((key) => Math.abs(key) <= 32767), `${metric}: keys`);
      check(n.every((count) => count >= 1 && count <= 65535), `${metric}: counts`);
      check(n.reduce((sum, count) => sum + count, 0) === cnt, `${metric}: counts do not sum up to ${cnt}`);
      check(min <= max, `${metric}: min ${min}, max ${max}`);
      return { id: idOf({ metric, tags, host, timestamp: ts }), value: sketch };
    });
  });
}

export function logPieces(body: Buffer): Piece[] {
  const entries = JSON.parse(body.toString()) as readonly Readonly<Record<string, unknown>>[];
  check(Array.isArray(entries) && entries.length > 0, 'no array of logs');
  check(entries.length <= 1000, `${entries.length} logs`);
  return entries.map((entry) => {
    const { message, ddsource, ddtags, hostname, service } = entry;
    check(typeof message === 'string' && typeof ddsource === 'string', 'a log without message or source');
    for (const one of [ddtags, hostname, service]) check(one === undefined || typeof one === 'string', `log: ${one}`);
    const time = entry['@timestamp'];
    check(time === undefined || new Date(String(time)).toISOString() === time, `log: time ${time}`);
    return { id: JSON.stringify(entry), value: entry };
  });
}

export function metadataPieces(body: Buffer): Piece[] {
  const host = JSON.parse(body.toString()) as {
    meta: { hostname: string };
    internalHostname: string;
    'host-tags': { otel: readonly string[] };
    gohai: string;
  };
  check(host.meta.hostname !== '' && host.meta.hostname === host.internalHostname, 'host metadata: names');
  check(Array.isArray(host['host-tags'].otel), 'host metadata: tags');
  check(typeof JSON.parse(host.gohai).platform.os === 'string', 'host metadata: gohai');
  return [{ id: `${host.meta.hostname} ${Math.random()}`, value: host }];
}
