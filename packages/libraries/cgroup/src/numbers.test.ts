import { describe, expect, it } from 'vitest';
import { countCpus } from './cpu.ts';
import { difference, keyedParser, nanosToSeconds, parseLimit, parseSingle, times } from './numbers.ts';

describe('a file with one number', () => {
  it.each([
    ['0\n', 0],
    ['13071106048\n', 13071106048],
    ['13071106048', 13071106048],
    ['9007199254740991\n', 9007199254740991],
    ['9007199254740992\n', 9007199254740992n],
    ['9223372036854775807\n', 9223372036854775807n],
    ['9223372036854775808\n', undefined],
    ['18446744073709543424\n', undefined],
    ['99999999999999999999\n', undefined],
    ['-1\n', undefined],
    ['max\n', undefined],
    ['\n', undefined],
    ['', undefined],
    ['12 34\n', undefined],
    ['1e5\n', undefined],
    ['\u00001\n', undefined],
  ])('%j is %s', (text, want) => {
    expect(parseSingle(Buffer.from(text, 'latin1'), text.length)).toBe(want);
  });

  it.each([
    ['max\n', undefined],
    ['9223372036854771712\n', undefined], // 2^63 less a page of 4 kB
    ['9223372036854710272\n', undefined], // 2^63 less a page of 64 kB
    ['9223372036854775807\n', undefined],
    ['18446744073709551615\n', undefined],
    ['0\n', 0],
    ['4398046511104\n', 4398046511104],
  ])('as a limit, %j is %s', (text, want) => {
    expect(parseLimit(Buffer.from(text, 'latin1'), text.length)).toBe(want);
  });
});

describe('lines of a key and a number', () => {
  const parse = (text: string) => {
    const into: (number | bigint | undefined)[] = [7, 7, 7];
    keyedParser(['anon', 'file', 'file_mapped'])(Buffer.from(text, 'latin1'), text.length, into);
    return into;
  };

  it.each([
    { name: 'in any order', text: 'file 2\nother 9\nanon 1\nfile_mapped 3\n', want: [1, 2, 3] },
    { name: 'without some', text: 'anon 1\nfile_mapped 3\n', want: [1, undefined, 3] },
    { name: 'of an empty file', text: '', want: [undefined, undefined, undefined] },
    { name: 'cut in the midst of a number', text: 'anon 1\nfile 12', want: [1, undefined, undefined] },
    { name: 'cut in the midst of a key', text: 'anon 1\nfil', want: [1, undefined, undefined] },
    {
      name: 'with garbage between',
      text: '\n\nanon\n file 5\nfile  2\nfile_mapped 3\n\u0000\n',
      want: [undefined, undefined, 3],
    },
    {
      name: 'that are negative, or too great',
      text: 'anon -4096\nfile 18446744073709547520\n',
      want: [undefined, undefined, undefined],
    },
    { name: 'beyond 2^53', text: 'anon 9007199254740993\n', want: [9007199254740993n, undefined, undefined] },
  ])('$name', ({ text, want }) => expect(parse(text)).toEqual(want));
});

it('multiplies and subtracts without losing a digit', () => {
  expect(times(98701325189, 1000)).toBe(98701325189000);
  expect(times(98701325189123, 1000)).toBe(98701325189123000n);
  expect(times(2n ** 62n, 1000)).toBeUndefined();
  expect(difference(10, 3)).toBe(7);
  expect(difference(3, 10)).toBe(0);
  expect(difference(9007199254740993n, 1)).toBe(9007199254740992n);
  expect(difference(undefined, 1)).toBeUndefined();
});

it('gives seconds as exactly as a double can', () => {
  expect(nanosToSeconds(20_042_190_861)).toBe(20.042190861);
  expect(nanosToSeconds(98_701_325_189_123_456n)).toBe(98_701_325.18912345);
  expect(nanosToSeconds(9_007_199_254_740_993_000n)).toBe(9_007_199_254.740993);
});

it.each([
  ['0-3,8\n', 5],
  ['0\n', 1],
  ['0-95', 96],
  ['\n', undefined],
  ['3-1\n', undefined],
  ['all\n', undefined],
  [undefined, undefined],
])('the list of CPUs %j has %s', (list, want) => expect(countCpus(list)).toBe(want));
