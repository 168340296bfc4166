import { exactInteger, type Kind, type Value } from '@millrace/sql';

interface Type {
  readonly name: string;
  readonly kind: Kind;
  read(text: string): Value;
}

const asText = (text: string): string => text;
const text = (name: string): Type => ({ name, kind: 'text', read: asText });
const integer = (name: string): Type => ({ name, kind: 'integer', read: Number });
const double = (name: string): Type => ({ name, kind: 'double', read: Number });
const time = (name: string, read: (text: string) => string): Type => ({ name, kind: 'time', read });

/** `2026-01-31 12:00:00.5+00` → `2026-01-31T12:00:00.5Z`. What is no date (`infinity`, `… BC`) stays as it is. */
function instant(value: string): string {
  const date = value.replace(' ', 'T');
  if (date.endsWith('+00')) return `${date.slice(0, -3)}Z`;
  return /T.*[+-]\d\d$/.test(date) ? `${date}:00` : date;
}

function bytes(value: string): Uint8Array {
  return value.startsWith('\\x') ? Uint8Array.from(Buffer.from(value.slice(2), 'hex')) : Buffer.from(value, 'latin1');
}

/** By the numbers of `pg_type.oid`; the others' text is theirs. */
const types: Readonly<Record<number, Type>> = {
  16: { name: 'bool', kind: 'boolean', read: (value) => value === 't' },
  17: { name: 'bytea', kind: 'bytes', read: bytes },
  18: text('char'),
  19: text('name'),
  20: { name: 'int8', kind: 'integer', read: exactInteger },
  21: integer('int2'),
  23: integer('int4'),
  25: text('text'),
  26: integer('oid'),
  28: integer('xid'),
  114: { name: 'json', kind: 'json', read: asText },
  700: double('float4'),
  701: double('float8'),
  869: text('inet'),
  1042: text('bpchar'),
  1043: text('varchar'),
  1082: time('date', asText),
  1114: time('timestamp', (value) => value.replace(' ', 'T')),
  1184: time('timestamptz', instant),
  1186: text('interval'),
  1700: { name: 'numeric', kind: 'decimal', read: asText },
  2950: text('uuid'),
  3220: text('pg_lsn'),
  3802: { name: 'jsonb', kind: 'json', read: asText },
  5069: { name: 'xid8', kind: 'integer', read: exactInteger },
};

export const typeOf = (oid: number): Type => types[oid] ?? text(`oid ${oid}`);

/** For `pg`: how the text of a type is read. */
export const getTypeParser = (oid: number): ((text: string) => Value) => typeOf(oid).read;
