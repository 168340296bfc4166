import type { AnyValue, Attributes, HrTime } from '@millrace/core';

/** No telemetry is nested as deep as this; what is deeper is cut. */
const deepest = 20;

/** Any value in one line. A text is quoted, and what could break the line or the terminal is escaped. */
export function valueText(value: AnyValue | undefined, depth = 0): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object' || value === null) return String(value);
  if (value instanceof Uint8Array) return `bytes(${value.length}) ${Buffer.from(value).toString('hex')}`.trimEnd();
  if (depth === deepest) return '…';
  if (isList(value)) return `[${value.map((item) => valueText(item, depth + 1)).join(', ')}]`;
  return `{${pairsText(value, depth + 1)}}`;
}

/** `name=value, name=value`. */
export const pairsText = (attributes: Attributes, depth = 0): string =>
  Object.entries(attributes)
    .map(([name, value]) => `${nameText(name)}=${valueText(value, depth)}`)
    .join(', ');

/** A name as it is, unless it could be taken for something else. */
export const nameText = (name: string): string => (/^[^\s=,"{}[\]\p{Cc}]+$/u.test(name) ? name : quoted(name));

/** To the nanosecond. */
export function timeText(time: HrTime): string {
  const [seconds, nanos] = time;
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return `${seconds} s ${nanos} ns`;
  return `${date.toISOString().slice(0, -'.000Z'.length)}.${String(nanos).padStart(9, '0')}Z`;
}

/** A free text in one line, without quotes. */
export const plainText = (text: string): string => quoted(text).slice(1, -1).replaceAll('\\"', '"');

// JSON leaves DEL and the C1 control characters as they are; terminals obey some of them.
const quoted = (text: string): string =>
  JSON.stringify(text).replaceAll(
    /[\x7f-\x9f]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

const isList = (value: object): value is readonly AnyValue[] => Array.isArray(value);
