import { Arena, utf8Length, varintLength } from '../arena.ts';
import type { Codec, Entry, Lines, Pairs } from './codec.ts';

/*
 * PushRequest { streams = 1 }, StreamAdapter { labels = 1, entries = 2 }, EntryAdapter { timestamp = 1, line = 2,
 * structuredMetadata = 3 }, LabelPairAdapter { name = 1, value = 2 }, google.protobuf.Timestamp { seconds = 1, nanos = 2 }:
 * https://github.com/grafana/loki/blob/main/pkg/push/push.proto
 */
const stream = 0x0a;
const labels = 0x0a;
const entryTag = 0x12;
const timestamp = 0x0a;
const line = 0x12;
const metadata = 0x1a;
const name = 0x0a;
const value = 0x12;
const seconds = 0x08;
const nanos = 0x10;

export const protobufCodec: Codec = {
  contentType: 'application/x-protobuf',
  block(pairs) {
    const to = new Arena(256);
    writePairs(to, pairs);
    return new Uint8Array(to.buffer.subarray(0, to.at));
  },
  rest(to, rest) {
    if (rest.line !== '') {
      to.byte(line);
      to.varint(utf8Length(rest.line));
      to.text(rest.line);
    }
    writePairs(to, rest);
    if (rest.block) to.bytes(rest.block);
  },
  size: (entry) => sized(entrySize(entry)),
  overhead: ({ text }) => text.length * 3 + 16,
  request(to, streams, entries) {
    for (const lines of streams) writeStream(to, lines, entries);
  },
};

function writePairs(to: Arena, { names, values }: Pairs): void {
  for (let index = 0; index < names.length; index++) {
    const key = names[index]!;
    const text = values[index]!;
    if (!to.shortPair(metadata, key, text)) writePair(to, key, text);
  }
}

function writePair(to: Arena, key: string, text: string): void {
  // Names are ASCII.
  const keySize = key.length;
  const size = utf8Length(text);
  to.byte(metadata);
  to.varint(2 + varintLength(keySize) + keySize + varintLength(size) + size);
  to.byte(name);
  to.varint(keySize);
  to.text(key);
  to.byte(value);
  to.varint(size);
  to.text(text);
}

function writeStream(to: Arena, { stream: { text }, entries }: Lines, written: Buffer): void {
  const labelsSize = utf8Length(text);
  let size = sized(labelsSize);
  for (const entry of entries) size += sized(entrySize(entry));
  to.byte(stream);
  to.varint(size);
  to.byte(labels);
  to.varint(labelsSize);
  to.text(text);
  for (const entry of entries) {
    to.byte(entryTag);
    to.varint(entrySize(entry));
    to.byte(timestamp);
    to.varint(timeSize(entry));
    to.byte(seconds);
    to.varint(entry.seconds);
    if (entry.nanos > 0) {
      to.byte(nanos);
      to.varint(entry.nanos);
    }
    to.slice(written, entry.start, entry.end);
  }
}

/** With its tag and its length. */
const sized = (size: number): number => 1 + varintLength(size) + size;
const timeSize = (entry: Entry): number =>
  1 + varintLength(entry.seconds) + (entry.nanos > 0 ? 1 + varintLength(entry.nanos) : 0);
const entrySize = (entry: Entry): number => sized(timeSize(entry)) + entry.end - entry.start;
