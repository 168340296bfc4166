import type { AnyValue } from '@millrace/core';
import { valueText } from '@millrace/core';

/** The value in another type; itself if it has none there. An integer of a double is cut off towards zero. */
export function convertValue(value: AnyValue | undefined, type: 'int' | 'double' | 'string'): AnyValue | undefined {
  if (value === undefined || value === null) return value;
  if (type === 'string') return valueText(value);
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (type === 'int') return integer(value);
  return typeof value === 'string' ? double(value) : typeof value === 'bigint' ? Number(value) : value;
}

function integer(value: Exclude<AnyValue, null>): AnyValue {
  if (typeof value === 'number') return Number.isFinite(value) ? (exact(BigInt(Math.trunc(value))) ?? value) : value;
  if (typeof value !== 'string' || !/^[+-]?\d+$/.test(value)) return value;
  return exact(BigInt(value.replace('+', ''))) ?? value;
}

/** An int64 as a number where that is exact. */
function exact(value: bigint): number | bigint | undefined {
  if (BigInt.asIntN(64, value) !== value) return undefined;
  const asNumber = Number(value);
  return Number.isSafeInteger(asNumber) ? asNumber : value;
}

function double(text: string): AnyValue {
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return text;
  const value = Number(text);
  return Number.isFinite(value) ? value : text;
}
