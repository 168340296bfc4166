import type { AnyValue, HrTime } from '@millrace/core';
import type { Column, Value } from '@millrace/sql';
import { parseTime } from '@millrace/sql';

/** A value that cannot be what the config wants of it. The message goes on after the query, the column and the row. */
export class ValueError extends Error {
  override readonly name = 'ValueError';
}

const int64 = { lowest: -(2n ** 63n), highest: 2n ** 63n - 1n } as const;
const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const whole = /^([+-]?\d+)(?:\.0*)?$/;

/** An OTLP integer: a number where that is exact, else a bigint. Throws a ValueError for what is none. */
export function toInt(value: Exclude<Value, null>): number | bigint {
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return value;
    if (Number.isInteger(value)) return inInt64(BigInt(value));
  }
  if (typeof value === 'bigint') return inInt64(value);
  if (typeof value === 'boolean') return value ? 1 : 0;
  const [, digits] = (typeof value === 'string' && whole.exec(value.trim())) || [];
  if (digits !== undefined) {
    const number = Number(digits);
    return Number.isSafeInteger(number) ? number : inInt64(BigInt(digits.replace('+', '')));
  }
  const isNumber = typeof value === 'number' || (typeof value === 'string' && decimal.test(value.trim()));
  throw new ValueError(
    isNumber ? `${shown(value)} is no whole number; value_type: double takes it` : `${shown(value)} is no number`,
  );
}

function inInt64(value: bigint): bigint {
  if (value >= int64.lowest && value <= int64.highest) return value;
  throw new ValueError(`${value} is beyond 64 bits; value_type: double takes it, rounded`);
}

/** Throws a ValueError for what is no finite number. */
export function toDouble(value: Exclude<Value, null>): number {
  const number =
    typeof value === 'number'
      ? value
      : typeof value === 'boolean' || typeof value === 'bigint'
        ? Number(value)
        : typeof value === 'string' && decimal.test(value.trim())
          ? Number(value)
          : undefined;
  if (number === undefined) throw new ValueError(`${shown(value)} is no number`);
  if (!Number.isFinite(number)) throw new ValueError(`${number} is no finite number`);
  return number;
}

/** Text of kind `time`, or nanoseconds since the epoch, as the collector has it. Throws a ValueError for what is none. */
export function toTime(value: Exclude<Value, null>): HrTime {
  if (typeof value === 'string') {
    const time = parseTime(value);
    if (time) return time;
  }
  if (typeof value === 'number' || typeof value === 'bigint' || (typeof value === 'string' && whole.test(value))) {
    const nanos = BigInt(toInt(value));
    return [Number(nanos / 1_000_000_000n), Number(nanos % 1_000_000_000n)];
  }
  throw new ValueError(`${shown(value)} is no time: neither a date with a time nor nanoseconds since 1970`);
}

/** As the collector writes it: text. */
export const toText = (value: Exclude<Value, null>): string =>
  typeof value === 'string' ? value : value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value);

/** With its type: JSON is read, a decimal stays text, what is no finite number is text. */
export function toAny(value: Value, { kind }: Column): AnyValue {
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (typeof value === 'bigint' && (value < int64.lowest || value > int64.highest)) return String(value);
  if (kind !== 'json' || typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as AnyValue;
  } catch {
    return value;
  }
}

function shown(value: Exclude<Value, null>): string {
  const text = value instanceof Uint8Array ? `${value.length} bytes` : JSON.stringify(String(value));
  return text.length > 80 ? `${text.slice(0, 77)}…"` : text;
}
