// Requests that are good, damaged or malicious, from a seed, each with what must be answered.
import type { Signal } from '@millrace/core';
import { encodeJson } from '@millrace/otlp';
import {
  constants,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateSync,
  zstdCompressSync,
  zstdDecompressSync,
} from 'node:zlib';
import { mutate } from '../../../packages/libraries/otlp/testdata/mutate.ts';
import { decode } from '../../../packages/libraries/otlp/testdata/oracle.ts';
import type { Random } from '../../../packages/libraries/otlp/testdata/random.ts';
import { random } from '../../../packages/libraries/otlp/testdata/random.ts';
import { randomRequest, requestNames } from '../../../packages/libraries/otlp/testdata/random-request.ts';

export const maxBytes = 1024 * 1024;

/**
 * - `taken`: the whole of it arrives.
 * - `judged`: taken or invalid; the reference cannot tell, or is known to take more than we do.
 * - `invalid`: its protobuf or JSON is wrong.
 * - `garbled`: its compression is wrong.
 * - `large`: it is above the limit, before or after it is decompressed.
 * - `malformed`: the gRPC message around it is wrong.
 * - `unanswered`: the sender is gone, or does not speak the protocol; anything but a success may come, or nothing.
 */
export type Verdict = 'taken' | 'judged' | 'invalid' | 'garbled' | 'large' | 'malformed' | 'unanswered';

export interface Case {
  readonly id: string;
  readonly protocol: 'grpc' | 'http' | 'raw-grpc' | 'raw-http';
  readonly signal: Signal;
  readonly format: 'protobuf' | 'json';
  readonly encoding: Encoding | undefined;
  /** Of gRPC with its prefix, of the raw ones all that is sent. In several pieces where there are several. */
  readonly parts: readonly Buffer[];
  readonly verdict: Verdict;
  /** What must arrive where it is taken; of JSON that is not known. */
  readonly arrives: Buffer | undefined;
}

const encodings = ['gzip', 'zstd', 'deflate'] as const;
export type Encoding = (typeof encodings)[number];
const compress = { gzip: gzipSync, zstd: zstdCompressSync, deflate: deflateSync } as const;
/** The receiver's, of zstd: 8 MiB. */
const window = { [constants.ZSTD_d_windowLogMax]: 23 };
const expand = { gzip: gunzipSync, zstd: zstdDecompressSync, deflate: inflateSync } as const;

const signals: readonly Signal[] = ['metrics', 'logs', 'traces', 'profiles'];
const pool = new Map(
  signals.map((signal) => [
    signal,
    Array.from({ length: 300 }, (_, seed) => Buffer.from(randomRequest(signal, random(seed + 1)))).filter(
      ({ length }) => length > 0 && length < 60_000,
    ),
  ]),
);
const jsonPool = Array.from({ length: 50 }, (_, seed) => Buffer.from(encodeJson(random(seed + 1).metrics()))).filter(
  ({ length }) => length < 60_000,
);
const zeros = Buffer.alloc(64 * maxBytes);
const bombs = {
  gzip: [gzipSync(zeros), Buffer.concat([gzipSync(zeros.subarray(0, maxBytes)), gzipSync(zeros)])],
  zstd: [zstdCompressSync(zeros), zstdCompressSync(zeros, { params: { [constants.ZSTD_c_windowLog]: 23 } })],
  deflate: [deflateSync(zeros)],
} as const;

interface Payload {
  readonly format: 'protobuf' | 'json';
  readonly bytes: Buffer;
  readonly verdict: Verdict;
}

export function makeCase(seed: number): Case {
  const dice = random(seed);
  const signal = dice.pick(signals);
  const protocol =
    dice.below(40) === 0 ? dice.pick(['raw-grpc', 'raw-http'] as const) : dice.pick(['grpc', 'http'] as const);
  const payload = makePayload(signal, {
    dice,
    json: protocol === 'http' && signal === 'metrics' && dice.below(2) === 0,
  });
  const common = { id: String(seed), protocol, signal, format: payload.format };
  if (protocol === 'raw-http' || protocol === 'raw-grpc') {
    const whole = (protocol === 'raw-http' ? rawHttp : rawGrpc)(payload.bytes, dice);
    return { ...common, encoding: undefined, parts: cut(whole, dice), verdict: 'unanswered', arrives: undefined };
  }
  const { encoding, ...packed } = pack(payload, { dice, signal });
  const { bytes, verdict } = protocol === 'grpc' ? frame(packed, { encoding, dice }) : packed;
  return {
    ...common,
    encoding,
    parts: cut(bytes, dice),
    verdict,
    arrives: payload.format === 'protobuf' ? packed.plain : undefined,
  };
}

function makePayload(signal: Signal, { dice, json }: { dice: Random; json: boolean }): Payload {
  if (json) {
    const good = dice.pick(jsonPool);
    if (dice.below(2) === 0) return { format: 'json', bytes: good, verdict: 'taken' };
    const bytes = Buffer.from(mutate(good, dice.pick(jsonPool), dice));
    return { format: 'json', bytes, verdict: isJson(bytes) ? 'judged' : 'invalid' };
  }
  const requests = pool.get(signal)!;
  const good = dice.pick(requests);
  const bytes = dice.below(3) === 0 ? good : Buffer.from(mutate(good, dice.pick(requests), dice));
  return { format: 'protobuf', bytes, verdict: judge(signal, bytes) };
}

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return true;
  } catch {
    return false;
  }
}

/** Profiles are not looked into below their samples. */
function judge(signal: Signal, bytes: Buffer): Verdict {
  try {
    decode(requestNames[signal], bytes);
    return 'judged';
  } catch {
    return signal === 'profiles' ? 'judged' : 'invalid';
  }
}

interface Packed {
  readonly bytes: Buffer;
  readonly verdict: Verdict;
  readonly plain: Buffer;
}

/** Compresses it, and sometimes damages that. */
function pack(
  payload: Payload,
  { dice, signal }: { dice: Random; signal: Signal },
): Packed & { encoding: Encoding | undefined } {
  const { bytes, verdict } = payload;
  if (dice.below(200) === 0)
    return {
      bytes: Buffer.alloc(maxBytes + 1 + dice.below(maxBytes)),
      verdict: 'large',
      encoding: undefined,
      plain: bytes,
    };
  if (dice.below(3) > 0) return { bytes, verdict, encoding: undefined, plain: bytes };
  const encoding = dice.pick(encodings);
  const luck = dice.below(20);
  if (luck === 0) return { bytes: dice.pick(bombs[encoding]), verdict: 'large', encoding, plain: bytes };
  const packed = compress[encoding](bytes);
  if (luck > 8) return { bytes: packed, verdict, encoding, plain: bytes };
  const damaged = luck === 1 ? bytes : Buffer.from(mutate(packed, packed, dice));
  try {
    const plain = expand[encoding](damaged, {
      maxOutputLength: maxBytes,
      ...(encoding === 'zstd' && { params: window }),
    });
    return { bytes: damaged, verdict: payload.format === 'json' ? 'judged' : judge(signal, plain), encoding, plain };
  } catch (error) {
    const isLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    return { bytes: damaged, verdict: isLarge ? 'large' : 'garbled', encoding, plain: bytes };
  }
}

/** Puts the prefix of gRPC before it, and sometimes a wrong one. */
function frame(
  { bytes, verdict }: Packed,
  { encoding, dice }: { encoding: Encoding | undefined; dice: Random },
): Omit<Packed, 'plain'> {
  const prefix = Buffer.from([encoding ? 1 : 0, 0, 0, 0, 0]);
  prefix.writeUInt32BE(bytes.length, 1);
  const whole = Buffer.concat([prefix, bytes]);
  if (dice.below(6) > 0) return { bytes: whole, verdict };
  switch (dice.below(5)) {
    case 0:
      whole[0] = encoding ? 2 + dice.below(254) : 1 + dice.below(255);
      return { bytes: whole, verdict: 'malformed' };
    case 1:
      whole.writeUInt32BE(maxBytes + 1 + dice.below(2 ** 31), 1);
      return { bytes: whole, verdict: 'large' };
    case 2:
      if (verdict === 'large' && bytes.length > maxBytes) return { bytes: whole, verdict };
      return { bytes: Buffer.concat([whole, whole.subarray(0, 1 + dice.below(whole.length))]), verdict: 'malformed' };
    case 3:
      if (verdict === 'large' && bytes.length > maxBytes) return { bytes: whole, verdict };
      return { bytes: whole.subarray(0, dice.below(whole.length)), verdict: 'malformed' };
    default:
      return { bytes: Buffer.alloc(0), verdict: 'malformed' };
  }
}

function rawHttp(body: Buffer, dice: Random): Buffer {
  const head = [
    `POST /v1/metrics HTTP/1.1`,
    'host: a',
    `content-type: application/${dice.pick(['x-protobuf', 'json', 'octet-stream', ''])}`,
    dice.pick([
      `content-length: ${dice.pick([body.length, 2 ** 53, -1, 0, body.length + 5])}`,
      'transfer-encoding: chunked',
      `content-length: 5\r\ntransfer-encoding: chunked`,
      'x: y',
      `content-encoding: ${dice.pick(['gzip', 'br', 'gzip, gzip', 'identity'])}`,
    ]),
    'connection: close',
  ].join('\r\n');
  const chunked = Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')]);
  const whole = Buffer.concat([Buffer.from(`${head}\r\n\r\n`), /chunked/.test(head) ? chunked : body]);
  return Buffer.from(mutate(whole, whole, dice));
}

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** The preface, then frames of any type with anything in them. */
function rawGrpc(body: Buffer, dice: Random): Buffer {
  const frames = Array.from({ length: 1 + dice.below(6) }, () => {
    const content = body.subarray(0, dice.below(200));
    const head = Buffer.alloc(9);
    head.writeUIntBE(dice.below(20) === 0 ? dice.below(2 ** 24) : content.length, 0, 3);
    head[3] = dice.below(12);
    head[4] = dice.below(256);
    head.writeUInt32BE(dice.pick([0, 1, 1, 3, 2, 2 ** 31 - 1]), 5);
    return Buffer.concat([head, content]);
  });
  const whole = Buffer.concat([preface, Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]), ...frames]);
  return dice.below(10) === 0 ? Buffer.from(mutate(whole, whole, dice)) : whole;
}

function cut(bytes: Buffer, dice: Random): Buffer[] {
  if (bytes.length === 0 || dice.below(4) > 0) return [bytes];
  const at = dice.below(Math.min(bytes.length, 2 + dice.below(bytes.length)));
  return [bytes.subarray(0, at), bytes.subarray(at)];
}
