import { type Column, exactInteger, type Kind, type Row, type Value } from '@millrace/sql';
import mysql, { type FieldPacket } from 'mysql2';

const kinds: Readonly<Record<string, Kind>> = {
  ...kindFor('integer', 'TINY', 'SHORT', 'LONG', 'INT24', 'LONGLONG', 'YEAR', 'BIT'),
  ...kindFor('double', 'FLOAT', 'DOUBLE'),
  ...kindFor('decimal', 'DECIMAL', 'NEWDECIMAL'),
  ...kindFor('time', 'TIMESTAMP', 'DATETIME', 'DATE', 'NEWDATE'),
  ...kindFor('json', 'JSON', 'VECTOR', 'GEOMETRY'),
  ...kindFor('any', 'NULL'),
};

function kindFor(kind: Kind, ...types: string[]): Record<string, Kind> {
  return Object.fromEntries(types.map((type) => [type, kind]));
}

/** The character set that is none: of BLOB and BINARY, whose types are those of TEXT and CHAR. */
const binary = 63;
const textual = new Set(['TINY_BLOB', 'MEDIUM_BLOB', 'LONG_BLOB', 'BLOB', 'VAR_STRING', 'STRING', 'VARCHAR']);

const typeNames = mysql.Types as unknown as Readonly<Record<number, string>>;

type Convert = (value: unknown) => Value;

export interface Shape {
  readonly columns: readonly Column[];
  /** Of a row as mysql2 gives it with the options that `connection.ts` sets. */
  toRow(row: readonly unknown[]): Row;
}

/** The zone is what follows a TIMESTAMP, `Z` or `+02:00`; empty where it is not known. */
export function shapeOf(fields: readonly FieldPacket[], zone: string): Shape {
  const columns = fields.map(columnOf);
  const converts = columns.map((column) => convertOf(column, zone));
  return { columns, toRow: (row) => row.map((value, index) => (value === null ? null : converts[index]!(value))) };
}

function columnOf(field: FieldPacket): Column {
  const type = typeNames[field.columnType ?? field.type ?? 0xfd] ?? 'VAR_STRING';
  const charset = field.characterSet ?? field.charsetNr;
  const kind: Kind =
    field.extendedFormat === 'json'
      ? 'json'
      : (kinds[type] ?? (textual.has(type) && charset === binary ? 'bytes' : 'text'));
  return { name: field.name, kind, type: type.toLowerCase() };
}

function convertOf({ kind, type }: Column, zone: string): Convert {
  if (type === 'bit') return (value) => exactInteger(bitsOf(value as Buffer));
  if (kind === 'integer') return (value) => (typeof value === 'string' ? exactInteger(value) : (value as number));
  if (kind === 'time')
    return type === 'timestamp' ? (value) => isoText(value as string, zone) : (value) => isoText(value as string, '');
  if (kind === 'json') return (value) => (typeof value === 'string' ? value : JSON.stringify(value));
  if (kind === 'decimal' || kind === 'text') return (value) => (typeof value === 'string' ? value : String(value));
  return (value) => value as Value;
}

const bitsOf = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString('hex') || '0'}`);

/** MySQL's zero dates, and those with a month or a day of zero, are no time at all. */
function isoText(text: string, zone: string): Value {
  if (/^0000-00-00|-00/.test(text.slice(0, 10))) return null;
  return text.length > 10 ? `${text.slice(0, 10)}T${text.slice(11)}${zone}` : text;
}
