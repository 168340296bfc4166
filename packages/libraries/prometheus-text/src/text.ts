import type { AnyValue, HrTime } from '@millrace/core';

/** The shortest text that reads back as the same number. */
export function numberText(value: number | bigint): string {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  return String(value);
}

/** The same, but always a float: OpenMetrics writes the `le` and `quantile` labels so, `1.0` and not `1`. */
export function floatText(value: number): string {
  const text = numberText(value);
  return Number.isInteger(value) && !/[e.]/.test(text) ? `${text}.0` : text;
}

/** An attribute's value: https://opentelemetry.io/docs/specs/otel/common/#anyvalue-representation-for-non-otlp-protocols */
export function valueText(value: AnyValue | undefined): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '';
  if (value instanceof Uint8Array) return base64(value);
  if (typeof value === 'object') return JSON.stringify(value, jsonPart);
  return Object.is(value, -0) ? '-0' : String(value);
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

const jsonPart = (_key: string, part: unknown): unknown => {
  if (typeof part === 'bigint' || (typeof part === 'number' && !Number.isFinite(part))) return String(part);
  return part instanceof Uint8Array ? base64(part) : part;
};

const special = /[\\"\n\0\ud800-\udfff]/;

/** A label's value, or a name in quotes. A NUL would end the page for Prometheus' parser. */
export function escapeQuoted(value: string): string {
  if (!special.test(value)) return value;
  return value
    .toWellFormed()
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('\0', '\ufffd');
}

/** A HELP text of the 0.0.4 format, in which quotes stand as they are. */
export const escapeHelp = (text: string): string =>
  text.toWellFormed().replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\0', '\ufffd');

export const milliseconds = ([seconds, nanos]: HrTime): string => String(seconds * 1000 + Math.floor(nanos / 1e6));

/** With milliseconds, as far as Prometheus keeps time. */
export const secondsText = ([seconds, nanos]: HrTime): string =>
  `${seconds}.${String(Math.floor(nanos / 1e6)).padStart(3, '0')}`;
