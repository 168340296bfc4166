import type { AnyValue } from '@millrace/core';
import { isMap } from '../entry.ts';
import { entryError } from '../problem.ts';

type Value = AnyValue | undefined;

const asText = (value: Value): string => {
  if (typeof value !== 'string') throw entryError('the value is not a text');
  return value;
};

function sizeOf(value: Value): number {
  if (typeof value === 'string' || Array.isArray(value) || value instanceof Uint8Array) return value.length;
  if (isMap(value)) return Object.keys(value).length;
  throw entryError('len is of texts, lists and maps only');
}

function toNumber(value: Value): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'bigint') return Number(number);
  if (typeof number !== 'number' || Number.isNaN(number)) throw entryError('the value is not a number');
  return number;
}

export const functions: Readonly<Record<string, (...values: Value[]) => Value>> = {
  len: sizeOf,
  lower: (value) => asText(value).toLowerCase(),
  upper: (value) => asText(value).toUpperCase(),
  trim: (value) => asText(value).trim(),
  int: (value) => Math.trunc(toNumber(value)),
  float: toNumber,
  string: (value) => (typeof value === 'string' ? value : String(value ?? 'nil')),
  env: (name) => process.env[asText(name)] ?? '',
  type: (value) => {
    if (value === undefined || value === null) return 'nil';
    if (typeof value === 'boolean') return 'bool';
    if (typeof value === 'bigint') return 'int';
    if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
    return Array.isArray(value) ? 'array' : isMap(value) ? 'map' : 'string';
  },
};
