import type { HrTime, ValueType } from '@millrace/core';
import { valueType } from '@millrace/core';
import type { Part } from './part.ts';
import { stringText } from './escape.ts';

export type Precision = 'ns' | 'us' | 'ms' | 's';

/** Why something is not written: the reasons in `millrace_dropped_items`. */
export type DropReason = 'value_not_allowed' | 'no_time' | 'no_name' | 'line_too_long' | 'delta_temporality';

export interface LinesOptions {
  readonly precision: Precision;
  /** Whether the other side has unsigned integers, which InfluxDB 1 has not. */
  readonly unsigned: boolean;
  /** The most that a part may have. */
  readonly maxLines: number;
  readonly maxBytes: number;
  /** Where lines are put together, one batch after the other. */
  readonly scratch: Scratch;
  drop(items: number, reason: DropReason): void;
}

export interface Scratch {
  bytes: Buffer;
}

export const createScratch = (): Scratch => ({ bytes: Buffer.allocUnsafe(65_536) });

/** Writes line protocol as bytes, and cuts it into parts that are not too large. Field keys come rendered. */
export interface Lines {
  /** The measurement and the tags come rendered. */
  begin(measurement: Uint8Array, tags: Uint8Array): void;
  /** As an integer or a float, by what it is. False, and no field, for what InfluxDB has no number for. */
  number(key: Uint8Array, value: number | bigint, type: ValueType): boolean;
  float(key: Uint8Array, value: number): boolean;
  integer(key: Uint8Array, value: number | bigint): boolean;
  /** A count: unsigned where the other side has that. */
  unsigned(key: Uint8Array, value: number | bigint): boolean;
  boolean(key: Uint8Array, value: boolean): void;
  string(key: Uint8Array, value: string): void;
  /** The nanoseconds since the epoch, as an integer. */
  nanoseconds(key: Uint8Array, time: HrTime): void;
  /**
   * The line stands for so many items. If it has no field or its time is not one, it is as if it had not been begun, and
   * they are counted as dropped.
   */
  end(time: HrTime, items: number): boolean;
  /** All that was written; asked for once, at the end. */
  parts(): readonly Part[];
}

const comma = 0x2c;
const space = 0x20;
const equals = 0x3d;
const newline = 0x0a;
const quote = 0x22;
const letter = { i: 0x69, u: 0x75, t: 0x74, f: 0x66 } as const;

const digits = { ns: 9, us: 6, ms: 3, s: 0 } as const;
const int64End = 2 ** 63;
// 9223372036854775806 ns, https://pkg.go.dev/github.com/influxdata/influxdb/models#pkg-constants
const lastSecond = 9_223_372_036;

const scratchKept = 4 * 1024 * 1024;

export function createLines({ precision, unsigned, maxLines, maxBytes, scratch, drop }: LinesOptions): Lines {
  let bytes = scratch.bytes;
  let at = 0;
  let lineStart = 0;
  let fields = 0;
  let partStart = 0;
  let ends: number[] = [];
  let items: number[] = [];
  const parts: { start: number; end: number; ends: number[]; items: number[] }[] = [];

  const room = (size: number): void => {
    if (at + size <= bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(bytes.length * 2, at + size));
    larger.set(bytes.subarray(0, at));
    bytes = larger;
  };
  /** Where there is room for it. */
  const put = (from: Uint8Array): void => {
    const { length } = from;
    // A call costs more than some bytes do.
    if (length < 32) for (let index = 0; index < length; index++) bytes[at + index] = from[index]!;
    else bytes.set(from, at);
    at += length;
  };
  const copy = (from: Uint8Array): void => {
    room(from.length);
    put(from);
  };
  const ascii = (text: string): void => {
    room(text.length + 1);
    for (let index = 0; index < text.length; index++) bytes[at++] = text.charCodeAt(index);
  };
  const field = (key: Uint8Array): void => {
    room(key.length + 2);
    bytes[at++] = fields++ === 0 ? space : comma;
    put(key);
    bytes[at++] = equals;
  };

  /** `undefined` where it is no whole number that fits. */
  const whole = (value: number | bigint, signed: boolean): string | undefined => {
    if (typeof value === 'number') {
      if (Number.isSafeInteger(value)) return signed || value >= 0 ? String(value + 0) : undefined;
      if (!Number.isInteger(value) || value >= 2 * int64End || value < -int64End) return undefined;
    }
    const big = BigInt(value);
    return (signed ? BigInt.asIntN(64, big) : BigInt.asUintN(64, big)) === big ? String(big) : undefined;
  };
  const suffixed = (key: Uint8Array, text: string | undefined, suffix: number): boolean => {
    if (text === undefined) return false;
    field(key);
    ascii(text);
    bytes[at++] = suffix;
    return true;
  };
  const float = (key: Uint8Array, value: number): boolean => {
    if (!Number.isFinite(value)) return false;
    field(key);
    ascii(value === 0 && Object.is(value, -0) ? '-0' : String(value));
    return true;
  };
  const integer = (key: Uint8Array, value: number | bigint): boolean => suffixed(key, whole(value, true), letter.i);

  // Most points of a batch carry the same time.
  const timestamps = [digits[precision], 9].map((places) => timestamp(places));
  const undo = (reason: DropReason, count: number): false => {
    at = lineStart;
    drop(count, reason);
    return false;
  };
  const closePart = (end: number): void => {
    if (ends.length > 0) parts.push({ start: partStart, end, ends, items });
    partStart = end;
    ends = [];
    items = [];
  };

  return {
    begin(measurement, tags) {
      lineStart = at;
      fields = 0;
      copy(measurement);
      copy(tags);
    },
    number: (key, value, type) =>
      typeof value === 'bigint' || (type === valueType.int && Number.isInteger(value))
        ? integer(key, value)
        : float(key, value),
    float,
    integer,
    unsigned: (key, value) => (unsigned ? suffixed(key, whole(value, false), letter.u) : integer(key, value)),
    boolean(key, value) {
      field(key);
      room(1);
      bytes[at++] = value ? letter.t : letter.f;
    },
    string(key, value) {
      const text = stringText(value);
      field(key);
      room(text.length * 3 + 2);
      bytes[at++] = quote;
      at += bytes.write(text, at);
      bytes[at++] = quote;
    },
    nanoseconds(key, time) {
      field(key);
      copy(timestamps[1]!(time));
      room(1);
      bytes[at++] = letter.i;
    },
    end(time, count) {
      if (fields === 0) return undo('value_not_allowed', count);
      const [seconds, nanos] = time;
      if ((seconds === 0 && nanos === 0) || !(seconds > -lastSecond && seconds < lastSecond))
        return undo('no_time', count);
      room(1);
      bytes[at++] = space;
      copy(timestamps[0]!(time));
      room(1);
      bytes[at++] = newline;
      if (at - lineStart > maxBytes) return undo('line_too_long', count);
      if (ends.length >= maxLines || at - partStart > maxBytes) closePart(lineStart);
      ends.push(at - partStart);
      items.push(count);
      return true;
    },
    parts() {
      closePart(at);
      if (bytes.length <= scratchKept) scratch.bytes = bytes;
      return parts.map(({ start, end, ...rest }) => ({ bytes: Buffer.from(bytes.subarray(start, end)), ...rest }));
    },
  };
}

/** Times in units of so many decimal places of a second, cut off. Remembers the last. */
function timestamp(places: number): (time: HrTime) => Uint8Array {
  const unit = 10 ** (9 - places);
  let last: HrTime = [0, 0];
  let rendered: Uint8Array = Buffer.from('0');
  return (time) => {
    const [seconds, nanos] = time;
    if (seconds === last[0] && nanos === last[1]) return rendered;
    last = time;
    const part = Math.floor(nanos / unit);
    const text =
      seconds > 0
        ? `${seconds}${places === 0 ? '' : String(part).padStart(places, '0')}`
        : String(BigInt(seconds) * BigInt(10 ** places) + BigInt(part));
    rendered = Buffer.from(text);
    return rendered;
  };
}
