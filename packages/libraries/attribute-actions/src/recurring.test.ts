import { expect, it } from 'vitest';
import { rememberRecurring } from './index.ts';

const keys = (length: number): object[] => Array.from({ length }, () => ({}));

it('computes once more for keys that come again, and then no more', () => {
  let computed = 0;
  const remembered = rememberRecurring(() => ++computed);
  const recurring = keys(100_000);
  for (let round = 0; round < 2; round++) recurring.forEach(remembered);
  expect(computed).toBe(200_000);
  recurring.forEach(remembered);
  expect(computed).toBe(200_000);
});

it('remembers a result that is undefined', () => {
  let computed = 0;
  const remembered = rememberRecurring(() => void computed++);
  const key = {};
  for (let call = 0; call < 10; call++) expect(remembered(key)).toBeUndefined();
  expect(computed).toBe(2);
});

it('computes for every key that is new', () => {
  const remembered = rememberRecurring((key: { index: number }) => key.index);
  const indexes = Array.from({ length: 10_000 }, (_, index) => index);
  expect(indexes.map((index) => remembered({ index }))).toEqual(indexes);
});

it('does not remember many that are new for the sake of one that comes again', () => {
  let computed = 0;
  const remembered = rememberRecurring(() => ++computed);
  const always = {};
  const news = keys(50_000);
  const round = (): void =>
    news.forEach((key, index) => {
      remembered(key);
      if (index % 10 === 0) remembered(always);
    });
  round();
  computed = 0;
  news.slice(10_000).forEach(remembered);
  expect(computed).toBeGreaterThan(30_000);
});
