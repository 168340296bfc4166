import { type Column, exactInteger, type Kind, type Value } from '@millrace/sql';

/**
 * What every answer is to be: no digit is lost in JSON if what is no exact double is quoted.
 * https://clickhouse.com/docs/operations/settings/formats
 */
export const exactJson = {
  output_format_json_quote_64bit_integers: 1,
  output_format_json_quote_decimals: 1,
  output_format_json_quote_denormals: 1,
  date_time_output_format: 'iso',
} as const;

/** A type without what says that it may be NULL, or how it is stored. */
export function bareType(type: string): string {
  const inner = /^(?:Nullable|LowCardinality|SimpleAggregateFunction\(\w+,)\s*\(?(.*)\)$/.exec(type)?.[1];
  return inner === undefined ? type : bareType(inner.trim());
}

const kinds: readonly (readonly [pattern: RegExp, kind: Kind])[] = [
  [/^U?Int\d+$|^Interval/, 'integer'],
  [/^B?Float\d+$/, 'double'],
  [/^Decimal/, 'decimal'],
  [/^Bool$/, 'boolean'],
  [/^Date/, 'time'],
  [/^(?:Fixed)?String|^UUID$|^IPv[46]$|^Enum/, 'text'],
  [/^(?:Array|Tuple|Map|Nested|JSON|Object|Variant|Dynamic|Point|Ring|LineString|Polygon|Multi\w+)\b/, 'json'],
  [/^Nothing$/, 'any'],
];

export function columnOf(name: string, type: string): Column {
  const bare = bareType(type);
  return { name, type, kind: kinds.find(([pattern]) => pattern.test(bare))?.[1] ?? 'text' };
}

/** Of a value as JSON has it. */
export function valueOf(kind: Kind, value: unknown): Value {
  if (value === null || value === undefined) return null;
  if (kind === 'json') return JSON.stringify(value);
  if (kind === 'integer') return typeof value === 'string' ? exactInteger(value) : (value as number);
  if (kind === 'double') return typeof value === 'string' ? notFinite(value) : (value as number);
  if (kind === 'boolean') return value === true || value === 1;
  return typeof value === 'string' ? value : String(value as number);
}

const notFinite = (text: string): number =>
  /^-?inf/i.test(text) ? (text.startsWith('-') ? -Infinity : Infinity) : Number(text);
