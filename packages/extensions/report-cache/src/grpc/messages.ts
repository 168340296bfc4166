import type { OfferedCommand } from '@millrace/core';
import { describeError } from '@millrace/core';
import { Reader, Writer } from '@millrace/protobuf';
import { invalid } from '@millrace/server';
import type { Range } from '../cache/lookup.ts';
import type { Report } from '../cache/report.ts';
import { argumentsOf, parseJson, schemaOf } from '../arguments.ts';
import type { Asked } from '../commands.ts';

// Messages of proto/reports.proto. Requests that are none are refused.

/** Of a request without nested messages. */
interface Fields {
  /** The last one; empty if there is none. */
  text(field: number): string;
  texts(field: number): readonly string[];
  /** Undefined if there is none. */
  integer(field: number): bigint | undefined;
}

/** Fields of other types than these are passed over, as a newer client's are. */
export function fieldsOf(bytes: Uint8Array): Fields {
  const texts = new Map<number, string[]>();
  const integers = new Map<number, bigint>();
  try {
    const reader = new Reader(bytes);
    for (let tag = reader.tag(); tag !== undefined; tag = reader.tag()) {
      const [field, type] = [tag >>> 3, tag & 7];
      if (type === 0) integers.set(field, reader.varint64());
      else if (type === 2) add(texts, field, reader.text());
      else reader.skip(tag);
    }
  } catch (error) {
    throw invalid(`The request cannot be read: ${describeError(error)}`);
  }
  return {
    text: (field) => texts.get(field)?.at(-1) ?? '',
    texts: (field) => texts.get(field) ?? [],
    integer: (field) => integers.get(field),
  };
}

/** What a subscription remembers of its request is bounded by this. */
const maxTexts = 1000;

function add(texts: Map<number, string[]>, field: number, text: string): void {
  const list = texts.get(field);
  if (!list) texts.set(field, [text]);
  else if (list.push(text) > maxTexts) throw new RangeError(`it names more than ${maxTexts} clusters.`);
}

/** Cursors do not get beyond 2^53: a greater one is after all there are. */
export const cursorOf = (value: bigint): number => Number(BigInt.asUintN(64, value));

export const latestReply = (reports: readonly Report[]): Uint8Array => Buffer.concat(reports.map(reportField));

/** Field 1, as an event has it too. */
const reportField = ({ event }: Report): Uint8Array => event;

export function rangeReply({ reports, next, missed }: Range): Uint8Array {
  const writer = new Writer(32);
  uint(writer, 24, missed);
  uint(writer, 16, next);
  return Buffer.concat([...reports.map(reportField), writer.copy()]);
}

/** An `Event` that says how many reports its client does not get. */
export function missedEvent(count: number): Uint8Array {
  const writer = new Writer(32);
  uint(writer, 8, count);
  writer.message(18, 0);
  return writer.copy();
}

export function commandsReply(offered: readonly OfferedCommand[]): Uint8Array {
  const messages = offered.map((one) => {
    const writer = new Writer(256);
    uint(writer, 40, one.changes ? 1 : 0);
    text(writer, 34, one.arguments ? JSON.stringify(schemaOf(one)) : '');
    text(writer, 26, one.description);
    text(writer, 18, one.name);
    text(writer, 10, one.receiver);
    writer.message(10, 0);
    return writer.copy();
  });
  return Buffer.concat(messages);
}

export function commandRequest(bytes: Uint8Array): Asked {
  const fields = fieldsOf(bytes);
  const given = fields.text(3);
  return { receiver: fields.text(1), command: fields.text(2), arguments: argumentsOf(parseJson(given || '{}')) };
}

export function commandReply(json: string): Uint8Array {
  const writer = new Writer(json.length + 16);
  text(writer, 10, json);
  return writer.copy();
}

/** Defaults are not written. */
function uint(writer: Writer, tag: number, value: number): void {
  if (value === 0) return;
  writer.varint(value);
  writer.tag(tag);
}

function text(writer: Writer, tag: number, value: string): void {
  if (value === '') return;
  const mark = writer.length;
  writer.text(value);
  writer.message(tag, mark);
}
