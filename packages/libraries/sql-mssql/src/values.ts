import { type Column, exactInteger, type Kind, type Value } from '@millrace/sql';

/** What tedious says of a column. */
export interface Metadata {
  readonly colName: string;
  readonly type: { readonly name: string };
  readonly precision?: number | undefined;
  readonly scale?: number | undefined;
  readonly dataLength?: number | undefined;
}

/** tedious reads decimals as doubles, which hold 15 digits of any decimal exactly. */
const exactDigits = 15;

const kinds: readonly (readonly [pattern: RegExp, kind: Kind])[] = [
  [/^(?:TinyInt|SmallInt|Int|BigInt|IntN)$/, 'integer'],
  [/^(?:Real|Float|FloatN|SmallMoney|Money|MoneyN)$/, 'double'],
  [/^BitN?$/, 'boolean'],
  [/^(?:Date|DateTime|DateTimeN|SmallDateTime|DateTime2|DateTimeOffset)$/, 'time'],
  [/^(?:VarBinary|Binary|Image|UDT)$/, 'bytes'],
  [/^(?:Variant|Null)$/, 'any'],
];

export function columnOf({ colName, type: { name }, precision = 38 }: Metadata): Column {
  const isDecimal = /^(?:Decimal|Numeric)N?$/.test(name);
  const decimal: Kind = precision <= exactDigits ? 'decimal' : 'double';
  const kind = isDecimal ? decimal : (kinds.find(([pattern]) => pattern.test(name))?.[1] ?? 'text');
  return { name: colName, kind, type: name.toLowerCase() };
}

/** Of a value as tedious has it, with `useUTC`. */
export function valueOf({ kind }: Column, { type, scale }: Metadata, value: unknown): Value {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return timeText(type.name, scale ?? 3, value);
  if (kind === 'integer') return typeof value === 'string' ? exactInteger(value) : (value as number);
  if (kind === 'decimal') return (value as number).toFixed(scale ?? 0);
  return value as Value;
}

/** tedious has what is below a millisecond beside the date, in seconds. */
function timeText(type: string, scale: number, date: Date & { readonly nanosecondsDelta?: number }): string {
  const text = date.toISOString();
  const zone = type === 'DateTimeOffset' ? 'Z' : '';
  if (type === 'Date') return text.slice(0, 10);
  const below = Math.round((date.nanosecondsDelta ?? 0) * 1e7);
  const fraction = `${text.slice(20, 23)}${String(below).padStart(4, '0')}`;
  const digits = /^(?:DateTime2|DateTimeOffset|Time)$/.test(type) ? scale : type === 'SmallDateTime' ? 0 : 3;
  const tail = digits === 0 ? '' : `.${fraction.slice(0, digits)}`;
  return type === 'Time' ? text.slice(11, 19) + tail : `${text.slice(0, 19)}${tail}${zone}`;
}
