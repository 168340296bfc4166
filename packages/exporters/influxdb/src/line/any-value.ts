import type { AnyValue, Attributes } from '@millrace/core';

/** As text: https://opentelemetry.io/docs/specs/otel/common/#anyvalue-representation-for-non-otlp-protocols */
export function valueText(value: AnyValue | undefined): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '';
  if (value instanceof Uint8Array) return base64(value);
  if (typeof value === 'object') return jsonText(value);
  return Object.is(value, -0) ? '-0' : String(value);
}

/** As JSON: integers with all their digits, bytes as base64, and numbers that JSON has not as text. */
export function jsonText(value: AnyValue | Attributes | undefined): string {
  if (value === undefined || value === null) return 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return Number.isFinite(value) ? valueText(value) : `"${value}"`;
  if (typeof value !== 'object') return String(value);
  if (value instanceof Uint8Array) return `"${base64(value)}"`;
  if (Array.isArray(value)) return `[${value.map(jsonText).join()}]`;
  return `{${Object.entries(value as Attributes)
    .filter(([, part]) => part !== undefined)
    .map(([key, part]) => `${JSON.stringify(key)}:${jsonText(part)}`)
    .join()}}`;
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
