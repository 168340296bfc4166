import type { Writer } from '@millrace/protobuf';
import type { SketchPoint, SketchSeries } from '../map/series.ts';
import type { Format } from './format.ts';
import { halvePoints, pointCount } from './halve.ts';
import { sketchesLimits } from './limits.ts';
import { double, int, protobufBuilder, tagsField, text } from './protobuf.ts';

/** `SketchPayload` for `/api/beta/sketches`, which takes nothing else; it knows no units. */
export const sketchesProtobuf: Format<SketchSeries> = {
  contentType: 'application/x-protobuf',
  limits: sketchesLimits,
  halve: halvePoints<SketchSeries>,
  count: pointCount,
  builder: () => protobufBuilder(0x0a, writeSketches),
};

const writeTags = tagsField(0x22);

function writeSketches(writer: Writer, { metric, host, points, tags }: SketchSeries): void {
  for (let index = points.length - 1; index >= 0; index--) {
    const mark = writer.length;
    writeDogsketch(writer, points[index]!);
    writer.message(0x3a, mark);
  }
  writeTags(writer, tags);
  if (host !== undefined) text(writer, 0x12, host);
  text(writer, 0x0a, metric);
}

function writeDogsketch(writer: Writer, { timestamp, sketch }: SketchPoint): void {
  const { count, min, max, average, sum, keys, counts } = sketch;
  packed(writer, 0x42, counts, unsigned);
  packed(writer, 0x3a, keys, zigzag);
  double(writer, 0x31, sum);
  double(writer, 0x29, average);
  double(writer, 0x21, max);
  double(writer, 0x19, min);
  int(writer, 0x10, count);
  int(writer, 0x08, timestamp);
}

const unsigned = (value: number): number => value;
/** sint32: https://protobuf.dev/programming-guides/encoding/#signed-ints */
const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);

function packed(writer: Writer, tag: number, values: readonly number[], encode: (value: number) => number): void {
  if (values.length === 0) return;
  const mark = writer.length;
  for (let index = values.length - 1; index >= 0; index--) writer.varint(encode(values[index]!));
  writer.message(tag, mark);
}
