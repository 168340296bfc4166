import { describe, expect, test } from 'vitest';
import { find, pids, start } from '../testdata/run.ts';
import { scrape, sized } from '../testdata/scrape.ts';

describe('who stays', () => {
  test.each([
    ['a little more does not take a place', [100, 99], [100, 109], [1]],
    ['just the margin does not either', [100, 99], [100, 110], [1]],
    ['more than the margin does', [100, 99], [100, 111], [2]],
    ['the same value does not', [100, 99], [0, 0], [1]],
  ] as const)('%s', async (_, before, after, want) => {
    const { pass } = start({ n: 1 });
    await pass(scrape(1, sized(...before)));
    expect(pids(await pass(scrape(2, sized(...after))))).toEqual(want);
  });

  test('without a margin the greater value takes the place', async () => {
    const { pass } = start({ n: 1, margin: 0 });
    await pass(scrape(1, sized(100, 99)));
    expect(pids(await pass(scrape(2, sized(100, 101))))).toEqual([2]);
  });

  test('n is 0: all are summed up', async () => {
    const out = await start({ n: 0 }).pass(scrape(1, sized(1, 2)));
    expect(pids(out)).toEqual([]);
    expect(find(out, 'process.memory.pss').map(({ point }) => point.value)).toEqual([3]);
  });
});
