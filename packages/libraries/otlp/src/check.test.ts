import type { ResourceBatch, Signal } from '@millrace/core';
import { batchOf, itemCount, PermanentError, resourcesOf } from '@millrace/core';
import { describe, expect, test } from 'vitest';
import { mutate } from '../testdata/mutate.ts';
import { decode } from '../testdata/oracle.ts';
import { random } from '../testdata/random.ts';
import { randomRequest, requestNames } from '../testdata/random-request.ts';
import { batchFromJson, batchFromRequest, encodeJson } from './index.ts';

/** `field << 3 | wire type`, the length, the content. */
const field = (tag: number, ...content: readonly number[]): readonly number[] => [tag, content.length, ...content];
const inRecord = (...content: readonly number[]): readonly number[] =>
  field(0x0a, ...field(0x12, ...field(0x12, ...content)));
const nested = (depth: number): readonly number[] => {
  let value: readonly number[] = [];
  for (let level = 0; level < depth; level++) value = [0x2a, ...length([0x0a, ...length(value)])];
  return value;
};
const length = (content: readonly number[]): readonly number[] => [
  ...(content.length < 0x80 ? [content.length] : [(content.length & 0x7f) | 0x80, content.length >> 7]),
  ...content,
];
const inRequest = (content: readonly number[]): readonly number[] =>
  [0x12, 0x12, 0x0a].reduce<readonly number[]>((inner, tag) => [tag, ...length(inner)], content);

describe('logs that are refused', () => {
  test.each<[string, readonly number[], string]>([
    ['a length beyond the end', [0x0a, 5, 1], 'byte 0, in ExportLogsServiceRequest: a field of 5 bytes ends beyond'],
    [
      'a huge one',
      [0x0a, ...Array.from({ length: 9 }, () => 0xff), 1],
      'byte 0, in ExportLogsServiceRequest: a field of',
    ],
    ['one beyond its message', inRecord(0x1a, 4, 0x61), 'byte 6, in LogRecord: a field of 4 bytes ends beyond'],
    ['an end within a number', inRecord(0x09, 0, 0), 'byte 6, in LogRecord: a number that ends beyond'],
    ['an end within a flag', inRecord(0x45, 0, 0), 'byte 6, in LogRecord: a number that ends beyond'],
    ['an end within an integer', inRecord(0x10, 0x80), 'byte 7: it ends within an integer'],
    ['an end within a tag', [0x8a], 'byte 0: it ends within an integer'],
    ['an end before a length', [0x0a], 'byte 1: it ends within an integer'],
    [
      'an endless integer',
      inRecord(0x10, ...Array.from({ length: 10 }, () => 0x80), 0),
      'an integer of more than 10 bytes',
    ],
    ['a group', [0x0b], 'field 1 has wire type 3'],
    ['an unknown group', [0x7b], 'wire type 3, which OTLP does not use'],
    ['field 0', [0x02, 0], 'a field without a valid number'],
    ['a field of another type', inRecord(0x08, 1), 'byte 6, in LogRecord: field 1 has wire type 0'],
    ['text that is not UTF-8', inRecord(0x1a, 3, 0x61, 0xc3, 0x28), 'byte 6, in LogRecord: text that is not UTF-8'],
    ['a surrogate', inRecord(0x1a, 3, 0xed, 0xa0, 0x80), 'text that is not UTF-8'],
    ['an overlong text', inRecord(0x1a, 2, 0xc0, 0x80), 'text that is not UTF-8'],
    ['half a character', inRecord(0x1a, 2, 0xe2, 0x82), 'text that is not UTF-8'],
    [
      'an id of another length',
      inRecord(...field(0x4a, 1, 2, 3)),
      'byte 6, in LogRecord: an id of 3 bytes instead of 16',
    ],
    ['values in values in values', inRequest([0x2a, ...length(nested(60))]), 'more than 100 messages in messages'],
  ])('%s', (_name, bytes, message) => {
    const request = (): unknown => batchFromRequest('logs', Uint8Array.from(bytes));
    expect(request).toThrow(PermanentError);
    expect(request).toThrow(message);
  });
});

describe('logs that are taken', () => {
  test.each<[string, readonly number[]]>([
    [
      'fields of a newer protocol',
      inRecord(0x78, 0x80, 1, 0x71, 1, 2, 3, 4, 5, 6, 7, 8, 0x6d, 1, 2, 3, 4, 0x7a, 1, 0x80),
    ],
    ['a length written longer than needed', [0x0a, 0x82, 0x80, 0x00, 0x1a, 0x00]],
    ['characters of two, three and four bytes', inRecord(...field(0x1a, ...Buffer.from('aé€😀z')))],
    ['an id of no bytes', inRecord(0x4a, 0)],
    ['values in values', inRequest([0x2a, ...length(nested(40))])],
  ])('%s', (_name, bytes) => {
    const batch = batchFromRequest('logs', Uint8Array.from(bytes)) as ResourceBatch;
    expect(() => resourcesOf(batch)).not.toThrow();
    expect(() => decode(requestNames.logs, Uint8Array.from(bytes))).not.toThrow();
  });
});

// More with `MUTATIONS=1000000`.
const mutations = Number(process.env['MUTATIONS'] ?? 12_000);
const signals: readonly Signal[] = ['metrics', 'logs', 'traces', 'profiles'];
const requests = signals.map((signal) =>
  Array.from({ length: 400 }, (_, seed) => randomRequest(signal, random(seed + 1))).filter(
    ({ length: size }) => size < 6000,
  ),
);

/** What protobufjs takes and we do not: groups, ids of any length; and it guesses where a field has another wire type. */
const stricter = /has wire type|an id of|which OTLP does not use/;

test(`${mutations} damaged requests are refused, or can be decoded`, { timeout: 600_000 }, () => {
  const refusals = new Map<string, number>();
  for (let seed = 0; seed < mutations; seed++) {
    const random_ = random(seed);
    const signal = signals[seed % 4]!;
    const request = mutate(random_.pick(requests[seed % 4]!), random_.pick(requests[seed % 4]!), random_);
    const [refusal, theirs] = [refusalOf(signal, request), isTakenByProtobufjs(signal, request)];
    refusals.set(refusal ?? 'none', (refusals.get(refusal ?? 'none') ?? 0) + 1);
    // Profiles are not looked into below their samples.
    if (theirs !== (refusal === undefined) && signal !== 'profiles' && !(theirs && stricter.test(refusal!)))
      expect.fail(`seed ${seed}: ${refusal ?? 'taken'}, but protobufjs ${theirs ? 'takes' : 'refuses'} it`);
  }
  expect(refusals.size).toBeGreaterThan(10);
});

/** Its kind, or undefined if it was taken; then everything must work with it. */
function refusalOf(signal: Signal, request: Uint8Array): string | undefined {
  let batch;
  try {
    batch = batchFromRequest(signal, request);
  } catch (error) {
    if (error instanceof PermanentError) return error.message.replaceAll(/\d+/g, 'N');
    throw error;
  }
  if (batch.signal === 'profiles') return undefined;
  const items = itemCount(batch);
  expect(itemCount(batchOf(batch.signal, resourcesOf(batch) as never))).toBe(items);
  expect(itemCount(batchFromJson(signal, Buffer.from(encodeJson(batch))))).toBe(items);
  return undefined;
}

function isTakenByProtobufjs(signal: Signal, request: Uint8Array): boolean {
  try {
    decode(requestNames[signal], request);
    return true;
  } catch {
    return false;
  }
}
