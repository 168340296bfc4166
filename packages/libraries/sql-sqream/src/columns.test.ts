import { describe, expect, it } from 'vitest';
import { dateText, datetimeText } from './calendar.ts';
import { decimalText, decodeRows, decoderOf, parseColumns } from './columns.ts';

const column = (type: string, size: number, more: object = {}): object => ({
  name: 'c',
  type: [type, size, 0],
  nullable: false,
  isTrueVarChar: false,
  ...more,
});
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const decode = (described: object, rows: number, parts: readonly Buffer[], encoding?: string) =>
  decodeRows(parseColumns([described]), {
    rows,
    sizes: parts.map((part) => part.length),
    data: Buffer.concat(parts),
    encoding: decoderOf(encoding),
  }).map(([value]) => value);

describe('a column', () => {
  it.each([
    ['BOOL', column('ftBool', 1), '00 01', [false, true]],
    ['TINYINT', column('ftUByte', 1), '00 ff', [0, 255]],
    ['SMALLINT', column('ftShort', 2), '0080 ff7f', [-32_768, 32_767]],
    ['INT', column('ftInt', 4), '00000080 ffffff7f', [-2_147_483_648, 2_147_483_647]],
    ['BIGINT', column('ftLong', 8), '0500000000000000 ffffffffffffff7f', [5, 9_223_372_036_854_775_807n]],
    ['a negative BIGINT', column('ftLong', 8), '0000000000000080', [-9_223_372_036_854_775_808n]],
    ['REAL', column('ftFloat', 4), '0000c03f', [1.5]],
    ['DOUBLE', column('ftDouble', 8), '9a9999999999b93f', [0.1]],
    ['DATE', column('ftDate', 4), '8d960a00 73460b00', ['1900-01-01', '2023-04-16']],
    ['DATETIME', column('ftDateTime', 8), 'ff5b2605 8d960a00', ['1900-01-01T23:59:59.999']],
    ['VARCHAR', column('ftVarchar', 4), '61622020 63000000', ['ab', 'c']],
  ])('%s', (_name, described, bytes, want) => {
    expect(decode(described, want.length, [hex(bytes)])).toEqual(want);
  });

  it('NUMERIC keeps every digit of 38', () => {
    const bytes = Buffer.alloc(32);
    const most = 10n ** 38n - 1n;
    bytes.writeBigUInt64LE(BigInt.asUintN(64, most), 0);
    bytes.writeBigInt64LE(most >> 64n, 8);
    bytes.writeBigUInt64LE(BigInt.asUintN(64, -1n), 16);
    bytes.writeBigInt64LE(-1n, 24);
    expect(decode({ ...column('ftNumeric', 16), type: ['ftNumeric', 16, 2] }, 2, [bytes])).toEqual([
      `${'9'.repeat(36)}.99`,
      '-0.01',
    ]);
  });

  it('NULLs are told by a column of their own', () => {
    const nulls = hex('00 01 00');
    expect(decode(column('ftInt', 4, { nullable: true }), 3, [nulls, hex('01000000 ffffffff 02000000')])).toEqual([
      1,
      null,
      2,
    ]);
    const text = column('ftBlob', 0, { nullable: true, isTrueVarChar: true });
    expect(decode(text, 3, [nulls, hex('02000000 01000000 03000000'), Buffer.from('ab?é!')])).toEqual([
      'ab',
      null,
      'é!',
    ]);
  });

  it('VARCHAR is in the encoding of the database', () => {
    expect(decode(column('ftVarchar', 2), 1, [hex('a1a2')], 'cp874')).toEqual(['กข']);
    expect(() => decoderOf('klingon')).toThrow('The database\'s varcharEncoding is "klingon"');
  });

  it.each([
    ['too few values', column('ftInt', 4), 2, [hex('01000000')], 'Column c came with 4 bytes for 2 rows.'],
    [
      'a part is missing',
      column('ftInt', 4, { nullable: true }),
      1,
      [hex('00')],
      'Column c came with no bytes for 1 rows.',
    ],
    ['a part too many', column('ftUByte', 1), 1, [hex('00'), hex('00')], '2 parts came for 1 columns that have 1.'],
    [
      'a text longer than what came',
      column('ftBlob', 0, { isTrueVarChar: true }),
      1,
      [hex('09000000'), hex('61')],
      'Column c has a text of 9 bytes where 1 are left.',
    ],
    [
      'no time of day',
      column('ftDateTime', 8),
      1,
      [hex('ffffffff 8d960a00')],
      'Column c has a value that no ftDateTime can have.',
    ],
  ])('is refused where %s', (_name, described, rows, parts, message) => {
    expect(() => decode(described, rows, parts)).toThrow(message);
  });
});

it.each([
  [null, 'SQreamDB described column 1 in a way that is not known.'],
  [column('ftArray', 0), 'Column c is of a type that this client cannot read, ftArray: cast it, to text for example.'],
  [column('ftInt', 8), 'Column c is ftInt of 8 bytes, and 4 are known.'],
  [{ ...column('ftNumeric', 16), type: ['ftNumeric', 16, 99] }, 'Column c has 99 digits after its point.'],
])('%j is no column', (described, message) => {
  expect(() => parseColumns([described])).toThrow(message);
});

it('writes decimals as they are', () => {
  expect([decimalText(0n, 2), decimalText(-5n, 3), decimalText(1250n, 2), decimalText(-7n, 0)]).toEqual([
    '0.00',
    '-0.005',
    '12.50',
    '-7',
  ]);
});

it('knows the calendar', () => {
  // A day's number: 365 y + ⌊y/4⌋ - ⌊y/100⌋ + ⌊y/400⌋ on 1 March of the year y.
  expect([0, 59, 719_468, 730_484, 3_652_059].map(dateText)).toEqual([
    '0000-03-01',
    '0000-04-29',
    '1970-01-01',
    '2000-02-29',
    '9999-03-01',
  ]);
  expect(dateText(3_652_365)).toBe('10000-01-01');
  expect(dateText(2 ** 31 - 1)).toBeUndefined();
  expect(datetimeText(719_468, 86_400_000)).toBeUndefined();
});
