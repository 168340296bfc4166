import { Writer } from '@millrace/protobuf';
import type { Labels } from './labels.ts';

/** A profile with its labels. */
export interface Series {
  readonly labels: Labels;
  /** A pprof file, compressed or not. */
  readonly pprof: Uint8Array;
  /** A UUID, the same at every attempt. */
  readonly id: string;
}

// push/v1/push.proto and types/v1/types.proto: `field << 3 | wire type`.
const requestTag = { series: 0x0a } as const;
const seriesTag = { labels: 0x0a, samples: 0x12 } as const;
const labelTag = { name: 0x0a, value: 0x12 } as const;
const sampleTag = { rawProfile: 0x0a, id: 0x12 } as const;

/** A push.v1.PushRequest. */
export function pushRequest(series: readonly Series[]): Uint8Array {
  const writer = new Writer(1024 + series.reduce((size, { pprof }) => size + pprof.length + 1024, 0));
  const text = (tag: number, value: string): void => {
    const mark = writer.length;
    writer.text(value);
    writer.message(tag, mark);
  };
  for (const { labels, pprof, id } of series.toReversed()) {
    const mark = writer.length;
    text(sampleTag.id, id);
    const start = writer.length;
    writer.bytes(pprof);
    writer.message(sampleTag.rawProfile, start);
    writer.message(seriesTag.samples, mark);
    for (const [name, value] of [...labels].toReversed()) {
      const label = writer.length;
      text(labelTag.value, value);
      text(labelTag.name, name);
      writer.message(seriesTag.labels, label);
    }
    writer.message(requestTag.series, mark);
  }
  return writer.copy();
}
