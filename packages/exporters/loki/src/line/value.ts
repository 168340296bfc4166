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
  if (typeof value === 'string') return JSON.stringify(value);
  if (value === undefined || value === null) return 'null';
  if (typeof value === 'number') return Number.isFinite(value) ? valueText(value) : `"${value}"`;
  if (typeof value !== 'object') return String(value);
  if (value instanceof Uint8Array) return `"${base64(value)}"`;
  if (Array.isArray(value)) return `[${value.map(jsonText).join()}]`;
  return jsonObject(value as Attributes, () => true);
}

/** Attributes as a JSON object, those that are shown. */
export function jsonObject(attributes: Attributes, isShown: (key: string) => boolean): string {
  let text = '';
  for (const key of Object.keys(attributes)) {
    const value = attributes[key];
    if (value !== undefined && isShown(key)) text += `${text && ','}${JSON.stringify(key)}:${jsonText(value)}`;
  }
  return `{${text}}`;
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
