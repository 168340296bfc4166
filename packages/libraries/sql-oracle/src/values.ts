import { type Column, exactInteger, type Kind, type Value } from '@millrace/sql';
import oracledb, { type ColumnMetadata } from 'oracledb';

const kinds: readonly (readonly [pattern: RegExp, kind: Kind])[] = [
  [/^BINARY_(?:FLOAT|DOUBLE|INTEGER)$/, 'double'],
  [/^(?:DATE|TIMESTAMP.*)$/, 'time'],
  [/^(?:RAW|LONG RAW|BLOB)$/, 'bytes'],
  [/^(?:JSON|VECTOR|OBJECT|INTERVAL.*)$/, 'json'],
  [/^BOOLEAN$/, 'boolean'],
];

/** A NUMBER is an integer where its type says so: `NUMBER(10)`. One without a scale may be anything. */
export function columnOf({ name, dbTypeName = '', precision = 0, scale = 0 }: ColumnMetadata): Column {
  const number: Kind = scale === 0 && precision > 0 ? 'integer' : 'decimal';
  const kind = dbTypeName === 'NUMBER' ? number : (kinds.find(([pattern]) => pattern.test(dbTypeName))?.[1] ?? 'text');
  return { name, kind, type: dbTypeName.toLowerCase() };
}

/** A NUMBER has more digits than JavaScript's; long texts are wanted as texts, not as handles to be read. */
export function fetchTypeOf({ dbTypeName }: ColumnMetadata): { readonly type: object } | undefined {
  if (dbTypeName === 'NUMBER' || dbTypeName === 'CLOB' || dbTypeName === 'NCLOB' || dbTypeName === 'LONG')
    return { type: oracledb.STRING };
  return dbTypeName === 'BLOB' || dbTypeName === 'LONG RAW' ? { type: oracledb.BUFFER } : undefined;
}

export function valueOf({ kind, type = '' }: Column, value: unknown): Value {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return timeText(value, type);
  if (kind === 'integer') return exactInteger(String(value as string));
  if (kind === 'decimal') return String(value as string).replace(/^(-?)\./, '$10.');
  if (kind === 'json') return JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? String(one) : one));
  return value as Value;
}

/** oracledb reads a time without a zone as one of this machine's, and drops what is below a millisecond. */
function timeText(date: Date, type: string): string {
  const isInstant = type.includes('time zone');
  const shifted = isInstant ? date : new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  const text = shifted.toISOString();
  return isInstant ? text : text.slice(0, type === 'date' ? 19 : 23);
}
