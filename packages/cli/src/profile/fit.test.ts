import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode, formatTop, formatTree } from '@millrace/pprof';
import { expect, it } from 'vitest';
import { cells } from '../screen.ts';
import { fitTop, fitTree, shorten } from './fit.ts';

const pprof = join(import.meta.dirname, '../../../libraries/pprof/testdata');
const profile = decode(readFileSync(join(pprof, 'go-cpu.pb.gz')));

it.each([
  ['short', 10, 'short'],
  ['0123456789', 10, '0123456789'],
  ['0123456789a', 10, '0123…6789a'],
  ['名前名前名前', 7, '名…名前'],
])('%s in %d columns is %s', (text, room, short) => expect(shorten(text, room)).toBe(short));

it('a table fits into 80 columns, with both ends of its names', async () => {
  const text = fitTop(formatTop(profile), 80);
  expect(text.split('\n').filter((line) => cells(line) > 80)).toEqual([]);
  await expect(text).toMatchFileSnapshot('testdata/top-80.txt');
});

it('a tree fits into 80 columns', async () => {
  const text = fitTree(formatTree(profile, { limit: 12 }), 80);
  expect(text.split('\n').filter((line) => cells(line) > 80)).toEqual([]);
  await expect(text).toMatchFileSnapshot('testdata/tree-80.txt');
});

it('where there is room nothing changes', () => {
  expect(fitTop(formatTop(profile), Number.POSITIVE_INFINITY)).toBe(formatTop(profile));
  expect(fitTree(formatTree(profile), Number.POSITIVE_INFINITY)).toBe(formatTree(profile));
});
