import { Reader } from '@millrace/protobuf';

/** What a backend says of a request that it took, in an Export…ServiceResponse; the signals' responses are alike. */
export interface PartialSuccess {
  /** Points or records that it refused and will refuse again. 0 with a message is only a warning. */
  readonly rejected: number;
  readonly message: string;
}

/** A google.rpc.Status: what a backend says of a request that it did not take. */
export interface Status {
  /** A gRPC status code. */
  readonly code: number;
  readonly message: string;
  /** From RetryInfo in the details: it asks to be tried again, not before this time. */
  readonly retryDelayMs?: number | undefined;
}

// opentelemetry/proto/collector/metrics/v1/metrics_service.proto, logs/v1/logs_service.proto
export const partialSuccessTag = 0x0a;
export const partialTag = { rejected: 0x08, message: 0x12 } as const;
// google/rpc/status.proto, google/protobuf/any.proto, google/rpc/error_details.proto, google/protobuf/duration.proto
export const statusTag = { code: 0x08, message: 0x12, details: 0x1a } as const;
export const anyTag = { typeUrl: 0x0a, value: 0x12 } as const;
export const retryDelayTag = 0x0a;
export const durationTag = { seconds: 0x08, nanos: 0x10 } as const;
export const retryInfoType = 'google.rpc.RetryInfo';

/** Undefined: everything was taken. Throws what is not protobuf. */
export function decodeResponse(bytes: Uint8Array): PartialSuccess | undefined {
  const reader = new Reader(bytes);
  let partial: PartialSuccess | undefined;
  for (let tag = reader.tag(); tag !== undefined; tag = reader.tag()) {
    if (tag === partialSuccessTag) partial = decodePartialSuccess(reader.bytes());
    else reader.skip(tag);
  }
  return partial && saysSomething(partial);
}

function decodePartialSuccess(bytes: Uint8Array): PartialSuccess {
  const reader = new Reader(bytes);
  let rejected = 0;
  let message = '';
  for (let tag = reader.tag(); tag !== undefined; tag = reader.tag()) {
    if (tag === partialTag.rejected) rejected = Number(reader.varint64());
    else if (tag === partialTag.message) message = reader.text();
    else reader.skip(tag);
  }
  return { rejected, message };
}

/** The same of an OTLP/JSON response. Throws what is not JSON. */
export function decodeResponseJson(text: string): PartialSuccess | undefined {
  const { partialSuccess } = jsonObject(text);
  if (typeof partialSuccess !== 'object' || partialSuccess === null) return undefined;
  const said = partialSuccess as Readonly<Record<string, unknown>>;
  // int64 comes as a string; a number is taken too.
  const rejected = Number(
    said['rejectedDataPoints'] ?? said['rejectedLogRecords'] ?? said['rejectedSpans'] ?? said['rejectedProfiles'] ?? 0,
  );
  if (!Number.isFinite(rejected)) throw new RangeError('partialSuccess has a rejected count that is no number.');
  return saysSomething({ rejected, message: textOf(said['errorMessage']) });
}

const saysSomething = (partial: PartialSuccess): PartialSuccess | undefined =>
  partial.rejected > 0 || partial.message !== '' ? partial : undefined;

/** Throws what is not protobuf. */
export function decodeStatus(bytes: Uint8Array): Status {
  const reader = new Reader(bytes);
  let code = 0;
  let message = '';
  let retryDelayMs: number | undefined;
  for (let tag = reader.tag(); tag !== undefined; tag = reader.tag()) {
    if (tag === statusTag.code) code = Number(reader.varint64());
    else if (tag === statusTag.message) message = reader.text();
    else if (tag === statusTag.details) retryDelayMs = retryDelay(reader.bytes()) ?? retryDelayMs;
    else reader.skip(tag);
  }
  return { code, message, retryDelayMs };
}

function retryDelay(any: Uint8Array): number | undefined {
  const reader = new Reader(any);
  let type = '';
  let value: Uint8Array | undefined;
  for (let tag = reader.tag(); tag !== undefined; tag = reader.tag()) {
    if (tag === anyTag.typeUrl) type = reader.text();
    else if (tag === anyTag.value) value = reader.bytes();
    else reader.skip(tag);
  }
  if (!type.endsWith(`/${retryInfoType}`)) return undefined;
  // RetryInfo without a delay still says that it may be tried again.
  return value ? decodeRetryInfo(value) : 0;
}

function decodeRetryInfo(bytes: Uint8Array): number {
  const reader = new Reader(bytes);
  let delay = 0;
  for (let tag = reader.tag(); tag !== undefined; tag = reader.tag()) {
    if (tag === retryDelayTag) delay = decodeDuration(reader.bytes());
    else reader.skip(tag);
  }
  return delay;
}

function decodeDuration(bytes: Uint8Array): number {
  const reader = new Reader(bytes);
  let ms = 0;
  for (let tag = reader.tag(); tag !== undefined; tag = reader.tag()) {
    if (tag === durationTag.seconds) ms += Number(reader.varint64()) * 1000;
    else if (tag === durationTag.nanos) ms += Number(reader.varint64()) / 1e6;
    else reader.skip(tag);
  }
  return Math.max(0, ms);
}

/** A status in JSON, as an OTLP/JSON backend answers it. Throws what is not JSON. */
export function decodeStatusJson(text: string): Status {
  const { code, message, details } = jsonObject(text);
  let retryDelayMs: number | undefined;
  for (const detail of Array.isArray(details) ? (details as unknown[]) : []) {
    const { '@type': type, retryDelay: delay } = (detail ?? {}) as Readonly<Record<string, unknown>>;
    if (textOf(type).endsWith(`/${retryInfoType}`)) retryDelayMs = (Number.parseFloat(textOf(delay)) || 0) * 1000;
  }
  return { code: Number(code ?? 0), message: textOf(message), retryDelayMs };
}

function jsonObject(text: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new SyntaxError('It is not a JSON object.');
  return value as Readonly<Record<string, unknown>>;
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
