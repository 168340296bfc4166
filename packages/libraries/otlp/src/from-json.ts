import type { Batch, Metadata, Signal } from '@millrace/core';
import { describeError, PermanentError } from '@millrace/core';
import { depthLimit } from './check.ts';
import { batchFromRequest } from './from-request.ts';
import type { Field, Message } from './messages.ts';
import { jsonFields, mayBePacked, requests, wireType } from './messages.ts';
import { isOf } from './json-numbers.ts';
import { parseExact } from './json-parse.ts';
import { Writer } from '@millrace/protobuf';

const initialCapacity = 64 * 1024;
const keptCapacity = 4 * 1024 * 1024;
let scratch = new Writer(initialCapacity);

/**
 * An Export…ServiceRequest in OTLP/JSON as a batch, which holds it as protobuf: lossless, and decoded when someone looks.
 * Throws a PermanentError, which says where what is wrong. https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
export function batchFromJson(signal: Signal, json: Uint8Array, metadata?: Metadata): Batch {
  if (signal === 'profiles') throw new PermanentError('Profiles are taken as protobuf only, not as JSON.');
  const value = parseExact(json);
  const writer = scratch;
  writer.rewind();
  const path: Path = [];
  try {
    writeMessage({ writer, path }, requests[signal], value);
  } catch (error) {
    if (error instanceof Problem)
      throw new PermanentError(`The request is wrong at ${pathText(path)}: ${error.message}.`);
    throw error;
  } finally {
    if (writer.capacity > keptCapacity) scratch = new Writer(initialCapacity);
  }
  return batchFromRequest(signal, writer.copy(), metadata);
}

type Path = (string | number)[];

const pathText = (path: Path): string =>
  path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index > 0 ? `.${step}` : step)).join('') ||
  'its top';

/** What is wrong at the path. */
class Problem extends Error {}

interface Writing {
  readonly writer: Writer;
  /** Where it is: left as it is where a problem is thrown. */
  readonly path: Path;
}

/** The fields of a message, the last one first, as the writer wants it. */
function writeMessage(writing: Writing, message: Message, json: unknown): void {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new Problem(`${shown(json)} is not an object`);
  const fields = jsonFields[message.index]!;
  const entries = json as Readonly<Record<string, unknown>>;
  const keys = Object.keys(entries);
  for (let index = keys.length - 1; index >= 0; index--) {
    const key = keys[index]!;
    const field = fields.get(key);
    const value = entries[key];
    if (!field || value === null) continue;
    writing.path.push(key);
    if (writing.path.length > depthLimit * 2) throw new Problem('it is nested too deep');
    writeField(writing, field, value);
    writing.path.pop();
  }
}

function writeField(writing: Writing, field: Field, json: unknown): void {
  if (!field.repeated) return writeElement(writing, field, json);
  if (!Array.isArray(json)) throw new Problem(`${shown(json)} is not a list`);
  const { writer, path } = writing;
  const packed = mayBePacked(field);
  const mark = writer.length;
  for (let index = json.length - 1; index >= 0; index--) {
    path.push(index);
    if (packed) writeScalar(writer, field, json[index]);
    else writeElement(writing, field, json[index]);
    path.pop();
  }
  if (packed && json.length > 0) writer.message((field.number << 3) | 2, mark);
}

function writeElement(writing: Writing, field: Field, json: unknown): void {
  const { writer } = writing;
  const mark = writer.length;
  if (field.message) writeMessage(writing, field.message, json);
  else writeScalar(writer, field, json);
  const wire = wireType(field);
  const tag = (field.number << 3) | wire;
  if (wire === 2) writer.varint(writer.length - mark);
  writer.varint(tag);
}

function writeScalar(writer: Writer, field: Field, json: unknown): void {
  switch (field.kind) {
    case 'string':
      if (typeof json !== 'string') throw new Problem(`${shown(json)} is not a string`);
      return writer.text(json);
    case 'bool':
      if (typeof json !== 'boolean') throw new Problem(`${shown(json)} is neither true nor false`);
      return writer.varint(json ? 1 : 0);
    case 'double':
      return writer.double(doubleOf(json));
    case 'traceId':
      return writeHex(writer, json, 16);
    case 'spanId':
      return writeHex(writer, json, 8);
    case 'bytes':
      return writer.bytes(base64Of(json));
    case 'enum':
      return writeVarint(writer, enumOf(field, json));
    case 'fixed64':
    case 'sfixed64':
      return writer.fixed64(integerOf(json, field.kind));
    case 'fixed32':
      return writer.fixed32(Number(integerOf(json, field.kind)));
    case 'sint32': {
      const value = Number(integerOf(json, field.kind));
      return writer.varint(((value << 1) ^ (value >> 31)) >>> 0);
    }
    case 'int32':
    case 'int64':
    case 'uint32':
    case 'uint64':
      return writeVarint(writer, integerOf(json, field.kind));
    case 'message':
      throw new TypeError(`${field.name} is not a scalar.`);
  }
}

function writeVarint(writer: Writer, value: bigint): void {
  if (value >= 0n && value <= Number.MAX_SAFE_INTEGER) writer.varint(Number(value));
  else writer.varint64(value);
}

function doubleOf(json: unknown): number {
  if (typeof json === 'number') return json;
  if (typeof json === 'bigint') return Number(json);
  if (typeof json === 'string') {
    if (json === 'NaN') return Number.NaN;
    if (json === 'Infinity') return Number.POSITIVE_INFINITY;
    if (json === '-Infinity') return Number.NEGATIVE_INFINITY;
    if (/^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(json)) return Number(json);
  }
  throw new Problem(`${shown(json)} is not a number`);
}

/** Also from a number with an exponent or a fraction of zeros, as protobuf's JSON allows. */
function integerOf(json: unknown, kind: Parameters<typeof isOf>[1]): bigint {
  let value: bigint | undefined;
  if (typeof json === 'bigint') value = json;
  else if (typeof json === 'number' && Number.isInteger(json)) value = BigInt(json);
  else if (typeof json === 'string' && /^-?\d{1,20}$/.test(json)) value = BigInt(json);
  if (value === undefined) throw new Problem(`${shown(json)} is not an integer`);
  if (!isOf(value, kind)) throw new Problem(`${shown(json)} is not within ${kind}`);
  return value;
}

function enumOf({ names = [] }: Field, json: unknown): bigint {
  const number = typeof json === 'string' ? names.indexOf(json) : -1;
  return number >= 0 ? BigInt(number) : integerOf(json, 'int32');
}

function writeHex(writer: Writer, json: unknown, size: 8 | 16): void {
  if (json === '') return;
  if (typeof json !== 'string' || !/^[0-9a-f]*$/i.test(json) || !writer.hex(json, size))
    throw new Problem(`${shown(json)} is not ${size * 2} hexadecimal digits`);
}

function base64Of(json: unknown): Buffer {
  if (typeof json !== 'string' || !/^[A-Za-z0-9+/_-]*={0,2}$/.test(json))
    throw new Problem(`${shown(json)} is not base64`);
  return Buffer.from(json, 'base64');
}

function shown(json: unknown): string {
  const text = typeof json === 'bigint' ? String(json) : describe(json);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

/** Not all of what may be large, or nested too deep for JSON.stringify. */
function describe(json: unknown): string {
  if (Array.isArray(json)) return 'a list';
  if (typeof json === 'object' && json !== null) return 'an object';
  try {
    return JSON.stringify(json) ?? 'nothing';
  } catch (error) {
    return describeError(error);
  }
}
