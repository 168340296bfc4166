import { hash } from 'node:crypto';
import type { AnyValue } from '@millrace/core';

/**
 * SHA-256 of a text in UTF-8, of an integer or a double in its eight bytes (little endian), of a truth value in one. A
 * list, a map, bytes and null become an empty text: all as in the collector, so that hashes are the same.
 */
export function hashValue(value: AnyValue): string {
  if (typeof value === 'string') return hash('sha256', value);
  const bytes = bytesOf(value);
  return bytes ? hash('sha256', bytes) : '';
}

function bytesOf(value: AnyValue): Uint8Array | undefined {
  if (typeof value === 'boolean') return new Uint8Array([value ? 1 : 0]);
  if (typeof value !== 'number' && typeof value !== 'bigint') return undefined;
  const view = new DataView(new ArrayBuffer(8));
  if (typeof value === 'bigint') view.setBigInt64(0, value, true);
  else if (Number.isInteger(value) && !Object.is(value, -0) && Math.abs(value) < 2 ** 63)
    view.setBigInt64(0, BigInt(value), true);
  else view.setFloat64(0, value, true);
  return new Uint8Array(view.buffer);
}
