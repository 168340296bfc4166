import type { HrTime } from '@millrace/core';

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
