import { describe, expect, test } from 'vitest';
import { find, pids, start } from '../testdata/run.ts';
import type { Seen } from '../testdata/scrape.ts';
import { scrape, sized } from '../testdata/scrape.ts';

describe('the values that rank', () => {
  const cpu = (pid: number, user: number, system: number, born = 0): Seen => ({
    pid,
    born,
    values: { 'process.cpu.time': { user, system } },
  });

  test('a level counts as it is, its points added up', async () => {
    const { pass } = start({ by: 'process.cpu.utilization', n: 1 });
    const usage = (pid: number, user: number, system: number): Seen => ({
      pid,
      values: { 'process.cpu.utilization': { user, system } },
    });
    expect(pids(await pass(scrape(1, [usage(1, 0.5, 0), usage(2, 0.3, 0.3)])))).toEqual([2]);
  });

  test('a counter counts by its increase; before there is one, by its value', async () => {
    const { pass } = start({ by: 'process.cpu.time', n: 1 });
    expect(pids(await pass(scrape(10, [cpu(1, 900, 0), cpu(2, 5, 5)])))).toEqual([1]);
    expect(pids(await pass(scrape(20, [cpu(1, 901, 0), cpu(2, 6, 6)])))).toEqual([2]);
  });

  test('a counter that began since the last batch has increased by all of its value', async () => {
    const { pass } = start({ by: 'process.cpu.time', n: 1 });
    await pass(scrape(10, [cpu(1, 900, 0)]));
    expect(pids(await pass(scrape(20, [cpu(1, 903, 0), cpu(2, 4, 0, 15)])))).toEqual([2]);
  });

  test('an older one that is seen for the first time is not known to have increased', async () => {
    const { pass } = start({ by: 'process.cpu.time', n: 1 });
    await pass(scrape(10, [cpu(1, 900, 0)]));
    expect(pids(await pass(scrape(20, [cpu(1, 900, 0), cpu(2, 4000, 0, 5)])))).toEqual([1]);
  });

  test('an entity without the value ranks last', async () => {
    const { pass } = start({ n: 2 });
    const unreadable: Seen = { pid: 9, values: { 'process.uptime': 1 } };
    expect(pids(await pass(scrape(1, [unreadable, ...sized(0, 0)])))).toEqual([1, 2]);
    expect(pids(await start({ n: 2 }).pass(scrape(1, [unreadable, ...sized(5)])))).toEqual([1, 9]);
  });

  test('by several metrics, an entity is kept if it is at the top by any', async () => {
    const { pass } = start({ by: ['process.memory.pss', 'process.memory.usage'], n: 1, rank: 'metric' });
    const both = (pid: number, pss: number, usage: number): Seen => ({
      pid,
      values: { 'process.memory.pss': pss, 'process.memory.usage': usage },
    });
    const out = await pass(scrape(1, [both(1, 1, 9), both(2, 5, 5), both(3, 9, 1), both(4, 8, 8)]));
    expect(pids(out)).toEqual([1, 3]);
    expect(
      find(out, 'topn.rank').map(({ resource, point }) => [resource.attributes['process.pid'], point.value]),
    ).toEqual([
      [3, 1],
      [1, 2],
    ]);
  });

  test('an unknown value never wins a place by a second metric', async () => {
    const { pass } = start({ by: ['process.memory.pss', 'process.memory.usage'], n: 1 });
    expect(pids(await pass(scrape(1, sized(1, 2, 3))))).toEqual([3]);
  });
});
