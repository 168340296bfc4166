import { exactInteger, type Kind, SqlError } from '@millrace/sql';
import { dateText, datetimeText } from './calendar.ts';

/** What `queryTypeOut` says of a column of a result. */
export interface SqreamColumn {
  readonly name: string;
  /** `ftInt`, `ftLong`, … */
  readonly type: string;
  /** Bytes of one value; 0 for texts, which vary. */
  readonly size: number;
  /** Digits after the point, of `ftNumeric`. */
  readonly scale: number;
  readonly nullable: boolean;
  /** A text whose lengths come as a column of their own. */
  readonly varying: boolean;
}

export type Value = string | number | bigint | boolean | null;

type Decoder = InstanceType<typeof TextDecoder>;

type Read = (data: Buffer, at: number, column: SqreamColumn) => Value | undefined;

const fixed: Readonly<Record<string, { readonly size: number; readonly kind: Kind; readonly read: Read }>> = {
  ftBool: { size: 1, kind: 'boolean', read: (data, at) => data[at] !== 0 },
  ftUByte: { size: 1, kind: 'integer', read: (data, at) => data.readUInt8(at) },
  ftShort: { size: 2, kind: 'integer', read: (data, at) => data.readInt16LE(at) },
  ftInt: { size: 4, kind: 'integer', read: (data, at) => data.readInt32LE(at) },
  ftLong: { size: 8, kind: 'integer', read: (data, at) => exactInteger(data.readBigInt64LE(at)) },
  ftFloat: { size: 4, kind: 'double', read: (data, at) => data.readFloatLE(at) },
  ftDouble: { size: 8, kind: 'double', read: (data, at) => data.readDoubleLE(at) },
  ftNumeric: { size: 16, kind: 'decimal', read: (data, at, { scale }) => decimalText(readInt128(data, at), scale) },
  ftDate: { size: 4, kind: 'time', read: (data, at) => dateText(data.readInt32LE(at)) },
  ftDateTime: {
    size: 8,
    kind: 'time',
    read: (data, at) => datetimeText(data.readInt32LE(at + 4), data.readUInt32LE(at)),
  },
};

const readInt128 = (data: Buffer, at: number): bigint =>
  (data.readBigInt64LE(at + 8) << 64n) | data.readBigUInt64LE(at);

/** `-1.50` of -150 and scale 2: exact, with the zeros that its type has. */
export function decimalText(value: bigint, scale: number): string {
  if (scale === 0) return String(value);
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

export const kindOf = ({ type }: SqreamColumn): Kind => fixed[type]?.kind ?? 'text';

/** The columns of `queryTypeNamed`. Throws on one that this client cannot read, with the column's name. */
export function parseColumns(described: unknown): readonly SqreamColumn[] {
  if (!Array.isArray(described))
    throw new SqlError('connection', 'SQreamDB did not describe the columns of the result.');
  return described.map((one: unknown, index) => parseColumn(one, index));
}

function parseColumn(described: unknown, index: number): SqreamColumn {
  const { name, type, nullable, isTrueVarChar } = (described ?? {}) as Record<string, unknown>;
  const [kind, size, scale = 0] = Array.isArray(type) ? (type as unknown[]) : [];
  if (typeof kind !== 'string' || typeof size !== 'number' || typeof scale !== 'number')
    throw new SqlError('connection', `SQreamDB described column ${index + 1} in a way that is not known.`);
  const column = {
    name: typeof name === 'string' ? name : `column${index + 1}`,
    type: kind,
    size,
    scale,
    nullable: nullable === true,
    varying: isTrueVarChar === true,
  };
  const problem = problemOf(column);
  if (problem !== undefined) throw new SqlError('statement', `Column ${column.name} ${problem}.`);
  return column;
}

function problemOf({ type, size, scale, varying }: SqreamColumn): string | undefined {
  if (type === 'ftBlob' || type === 'ftVarchar')
    return varying || (Number.isInteger(size) && size > 0) ? undefined : `has ${size} bytes, which cannot be`;
  const known = fixed[type];
  if (!known || varying) return `is of a type that this client cannot read, ${type}: cast it, to text for example`;
  if (size !== known.size) return `is ${type} of ${size} bytes, and ${known.size} are known`;
  return Number.isInteger(scale) && scale >= 0 && scale <= 38 ? undefined : `has ${scale} digits after its point`;
}

/**
 * The rows of one fetch. It has for each column: a byte a row that says which are NULL, if it is nullable; the length of each
 * value, 4 bytes, if they vary; the values. NULLs have a value too, of no meaning.
 */
export function decodeRows(
  columns: readonly SqreamColumn[],
  { rows, sizes, data, encoding }: { rows: number; sizes: readonly number[]; data: Buffer; encoding: Decoder },
): Value[][] {
  const decoded: Value[][] = Array.from({ length: rows }, () => []);
  let next = 0;
  let at = 0;
  const part = ({ name }: SqreamColumn, bytes: number | undefined): Buffer => {
    const size = sizes[next++];
    if (size === undefined || (bytes !== undefined && size !== bytes))
      throw new SqlError('connection', `Column ${name} came with ${size ?? 'no'} bytes for ${rows} rows.`);
    return data.subarray(at, (at += size));
  };
  columns.forEach((column) => {
    const nulls = column.nullable ? part(column, rows) : undefined;
    const lengths = column.varying ? part(column, rows * 4) : undefined;
    const values = part(column, lengths ? undefined : rows * column.size);
    const read = lengths ? varyingTexts(column, lengths, values) : fixedValues(column, values, encoding);
    for (let row = 0; row < rows; row++) {
      const value = read(row); // NULLs too: a varying text is where the one before it ends
      decoded[row]!.push(nulls?.[row] ? null : known(value, column));
    }
  });
  if (next !== sizes.length)
    throw new SqlError('connection', `${sizes.length} parts came for ${columns.length} columns that have ${next}.`);
  return decoded;
}

function known(value: Value | undefined, { name, type }: SqreamColumn): Value {
  if (value === undefined) throw new SqlError('connection', `Column ${name} has a value that no ${type} can have.`);
  return value;
}

function varyingTexts({ name }: SqreamColumn, lengths: Buffer, values: Buffer): (row: number) => Value {
  let at = 0;
  return (row) => {
    const length = lengths.readInt32LE(row * 4);
    if (length < 0 || at + length > values.length)
      throw new SqlError(
        'connection',
        `Column ${name} has a text of ${length} bytes where ${values.length - at} are left.`,
      );
    return values.toString('utf8', at, (at += length));
  };
}

function fixedValues(column: SqreamColumn, values: Buffer, encoding: Decoder): (row: number) => Value | undefined {
  const { size } = column;
  const read = fixed[column.type]?.read;
  if (read) return (row) => read(values, row * size, column);
  // A VARCHAR is filled up with spaces, some with NULs.
  return (row) =>
    encoding
      .decode(values.subarray(row * size, (row + 1) * size))
      .replaceAll('\0', '')
      .trimEnd();
}

/** `varcharEncoding` as the server names it, which for Thai is a number of Windows' code pages. */
export function decoderOf(encoding: unknown): Decoder {
  const name = typeof encoding === 'string' && encoding !== '' ? encoding : 'ascii';
  try {
    return new TextDecoder(name.includes('874') ? 'windows-874' : name);
  } catch (cause) {
    throw new SqlError('connection', `The database's varcharEncoding is ${JSON.stringify(name)}, which is not known`, {
      cause,
    });
  }
}
