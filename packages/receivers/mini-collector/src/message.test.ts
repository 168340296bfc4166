import { describeError } from '@millrace/core';
import { seeded } from '@millrace/core/testing';
import { describe, expect, test } from 'vitest';
import { encode } from '../testdata/agent.ts';
import type { Message } from './message.ts';
import { decodeMessage } from './message.ts';

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');

test.each<{ name: string; sent: object; want: Message }>([
  { name: 'nothing', sent: {}, want: {} },
  { name: 'zeros, which proto3 leaves out', sent: { running: false, disk_usage_mb: 0, pids_limit: 0 }, want: {} },
  {
    name: 'every type',
    sent: { unix_time: 1, running: true, disk_usage_mb: -1 },
    want: { unix_time: 1n, running: 1n, disk_usage_mb: -1n },
  },
  {
    name: 'the greatest uint64',
    sent: { milli_cpu_usage: '18446744073709551615' },
    want: { milli_cpu_usage: 2n ** 64n - 1n },
  },
  { name: 'beyond 2^53', sent: { pids_current: '9007199254740993' }, want: { pids_current: 2n ** 53n + 1n } },
  {
    name: 'both ends of sint64',
    sent: { disk_usage_mb: '9223372036854775807', disk_limit_mb: '-9223372036854775808' },
    want: { disk_usage_mb: 2n ** 63n - 1n, disk_limit_mb: -(2n ** 63n) },
  },
  { name: 'a time before 1970', sent: { unix_time: -1 }, want: { unix_time: -1n } },
])('$name', ({ sent, want }) => expect(decodeMessage(encode(sent))).toEqual(want));

test.each<{ name: string; hex: string; want: Message }>([
  { name: 'the last of a field that comes twice counts', hex: '18 01 18 02', want: { milli_cpu_usage: 2n } },
  { name: 'zeros that are written', hex: '10 00 78 00', want: { running: 0n, milli_cpu_limit: 0n } },
  { name: 'a bool of more than one bit', hex: '10 84 01', want: { running: 1n } },
  {
    name: 'unknown fields of every type',
    hex: '80 01 05 8a 01 02 ff ff 91 01 0102030405060708 9d 01 01020304 18 07',
    want: { milli_cpu_usage: 7n },
  },
  { name: 'a field with the greatest number', hex: 'f8 ff ff ff 0f 01', want: {} },
  { name: 'an integer longer than it need be', hex: '18 81 80 00', want: { milli_cpu_usage: 1n } },
])('$name', ({ hex, want }) => expect(decodeMessage(bytes(hex))).toEqual(want));

describe('what is wrong, and where', () => {
  test.each([
    ['08', 'Field 1 (unix_time): The bytes end within an integer.'],
    ['08 01 18 80', 'Field 3 (milli_cpu_usage): The bytes end within an integer.'],
    ['08 01 80', 'What comes after field 1: The bytes end within an integer.'],
    ['18 ffffffffffffffffffff 01', 'Field 3 (milli_cpu_usage): An integer has more than ten bytes.'],
    ['0a 01 61', 'Field 1 (unix_time): It has wire type 2, and must have 0, a varint.'],
    ['39 0102030405060708', 'Field 7 (disk_usage_mb): It has wire type 1, and must have 0, a varint.'],
    ['7d 01020304', 'Field 15 (milli_cpu_limit): It has wire type 5, and must have 0, a varint.'],
    ['00', 'The first field: 0 is no protobuf tag.'],
    ['08 01 02', 'What comes after field 1: 2 is no protobuf tag.'],
    ['82 01 05 61', 'Field 16: The bytes end within a field of 5 bytes.'],
    ['83 01 84 01', 'Field 16: Wire type 3, a group, is not one of proto3.'],
    ['86 01', 'Field 16: Wire type 6 is not one'],
  ])('%s', (hex, want) => {
    const message = (): string => {
      try {
        return JSON.stringify(Object.keys(decodeMessage(bytes(hex))));
      } catch (error) {
        return describeError(error);
      }
    };
    expect(message()).toContain(`The message cannot be read. ${want}`);
  });
});

test('what protobufjs writes is read, whatever the numbers', () => {
  const random = seeded(7);
  const word = (): bigint => BigInt(random.below(2 ** 32));
  const number = (): bigint => ((word() << 32n) | word()) >> BigInt(random.below(64));
  for (let times = 0; times < 3000; times++) {
    const want = {
      unix_time: BigInt.asIntN(64, number()),
      milli_cpu_usage: number(),
      memory_limit_mb: number(),
      disk_usage_mb: BigInt.asIntN(64, number()),
      disk_limit_mb: BigInt.asIntN(64, -number()),
      pids_limit: number(),
      milli_cpu_limit: number(),
    };
    const sent = Object.fromEntries(Object.entries(want).map(([name, value]) => [name, String(value)]));
    const read = decodeMessage(encode(sent));
    for (const [name, value] of Object.entries(want)) expect(read[name as keyof Message] ?? 0n).toBe(value);
  }
});
