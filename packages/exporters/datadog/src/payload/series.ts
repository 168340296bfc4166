import type { Writer } from '@millrace/protobuf';
import type { Series } from '../map/series.ts';
import type { Format } from './format.ts';
import { jsonBuilder } from './format.ts';
import { halvePoints, pointCount } from './halve.ts';
import { seriesV1Limits, seriesV2Limits } from './limits.ts';
import { double, int, protobufBuilder, tagsField, text } from './protobuf.ts';

const shared = { halve: halvePoints<Series>, count: pointCount };

// https://github.com/DataDog/agent-payload/blob/master/proto/metrics/agent_payload.proto, MetricPayload.MetricType
const types = { count: 1, rate: 2, gauge: 3 } as const;

/** `MetricPayload` for `/api/v2/series`. */
export const seriesProtobuf: Format<Series> = {
  ...shared,
  contentType: 'application/x-protobuf',
  limits: seriesV2Limits,
  builder: () => protobufBuilder(0x0a, writeSeries),
};

const writeTags = tagsField(0x1a);

function writeSeries(writer: Writer, series: Series): void {
  if (series.interval !== undefined) int(writer, 0x40, series.interval);
  if (series.unit !== undefined) text(writer, 0x32, series.unit);
  int(writer, 0x28, types[series.type]);
  const { points } = series;
  for (let index = points.length - 1; index >= 0; index--) {
    const { timestamp, value } = points[index]!;
    const mark = writer.length;
    int(writer, 0x10, timestamp);
    double(writer, 0x09, value);
    writer.message(0x22, mark);
  }
  writeTags(writer, series.tags);
  text(writer, 0x12, series.metric);
  if (series.host === undefined) return;
  const mark = writer.length;
  text(writer, 0x12, series.host);
  text(writer, 0x0a, 'host');
  writer.message(0x0a, mark);
}

/** The same as JSON. */
export const seriesJson: Format<Series> = {
  ...shared,
  contentType: 'application/json',
  limits: seriesV2Limits,
  builder: () => jsonBuilder(seriesV2, ['{"series":[', ']}']),
};

function seriesV2({ metric, type, unit, interval, points, tags, host }: Series): string {
  const more = {
    ...(interval !== undefined && { interval }),
    ...(unit !== undefined && { unit }),
    ...(host !== undefined && { resources: [{ type: 'host', name: host }] }),
  };
  return withTags({ metric, type: types[type], points, ...more }, tags);
}

/** For `/api/v1/series`, which knows no units. */
export const seriesV1: Format<Series> = {
  ...shared,
  contentType: 'application/json',
  limits: seriesV1Limits,
  builder: () => jsonBuilder(seriesOfV1, ['{"series":[', ']}']),
};

function seriesOfV1({ metric, type, interval, points, tags, host }: Series): string {
  const pairs = points.map(({ timestamp, value }) => [timestamp, value]);
  const more = { ...(interval !== undefined && { interval }), ...(host !== undefined && { host }) };
  return withTags({ metric, type, points: pairs, ...more }, tags);
}

const encodedTags = new WeakMap<readonly string[], string>();

/** The object as JSON with its tags, which are the same array for many series. */
function withTags(object: object, tags: readonly string[]): string {
  if (tags.length === 0) return JSON.stringify(object);
  let encoded = encodedTags.get(tags);
  if (encoded === undefined) {
    encoded = `,"tags":${JSON.stringify(tags)}}`;
    encodedTags.set(tags, encoded);
  }
  return JSON.stringify(object).slice(0, -1) + encoded;
}
