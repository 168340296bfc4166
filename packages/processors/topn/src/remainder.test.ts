import { describe, expect, test } from 'vitest';
import { find, start } from '../testdata/run.ts';
import type { Seen } from '../testdata/scrape.ts';
import { scrape, sized } from '../testdata/scrape.ts';

describe('the remainder', () => {
  const other = async (pass: ReturnType<typeof start>['pass'], batch: Parameters<typeof pass>[0], name: string) =>
    find(await pass(batch), name).find(({ resource }) => resource.attributes['topn.other'] === true);

  test('leaves out what is not additive', async () => {
    const { text } = start({ n: 0, not_additive: ['app.priority'] });
    const out = await text(
      scrape(1, [{ pid: 1, values: { 'app.priority': 20, 'process.uptime': 5, 'process.memory.pss': 1 } }]),
    );
    expect(out).toMatchInlineSnapshot(`
      "process.memory.pss{topn.other=true|} 1 By
      topn.other.size{topn.other=true|} 1 {entity}
      "
    `);
  });

  test('leaves out what is not a number', async () => {
    const { pass } = start({ n: 0 });
    const found = await other(pass, scrape(1, sized(1, Number.NaN, 2)), 'process.memory.pss');
    expect(found?.point.value).toBe(3);
  });

  test('keeps integers exact', async () => {
    const { pass } = start({ n: 0 });
    const huge: Seen = { pid: 3, values: { 'process.memory.pss': 2n ** 60n } };
    const found = await other(pass, scrape(1, [...sized(Number.MAX_SAFE_INTEGER, 2), huge]), 'process.memory.pss');
    expect(found?.point.value).toBe(2n ** 60n + 2n ** 53n + 1n);
  });

  test('adds up deltas, from the earliest start', async () => {
    const { pass } = start({ n: 0 });
    const counted = (pid: number, requests: number, born: number): Seen => ({
      pid,
      born,
      values: { 'app.requests': requests },
    });
    const found = await other(
      pass,
      scrape(20, [counted(1, 5, 12), counted(2, 6, 10), counted(3, 7, 11)]),
      'app.requests',
    );
    expect(found?.point).toMatchObject({ value: 18, startTime: [10, 0], endTime: [20, 0] });
    expect((await other(pass, scrape(30, [counted(1, 1, 20)]), 'app.requests'))?.point).toMatchObject({
      value: 1,
      startTime: [20, 0],
    });
  });

  describe('its counters', () => {
    const io = (pid: number, pss: number, read: number, born = 0): Seen => ({
      pid,
      born,
      values: { 'process.memory.pss': pss, 'process.disk.io': { read } },
    });

    test('count from when it began, and never go down', async () => {
      const { pass } = start({ n: 1, margin: 0 });
      const read = async (second: number, ...seen: readonly Seen[]) =>
        (await other(pass, scrape(second, seen), 'process.disk.io'))?.point;
      expect(await read(10, io(1, 9, 1000), io(2, 1, 500), io(3, 1, 700))).toMatchObject({
        value: 0,
        startTime: [10, 0],
      });
      // 2 and 3 have read 10 and 20; 1 is kept.
      expect(await read(20, io(1, 9, 1100), io(2, 1, 510), io(3, 1, 720))).toMatchObject({
        value: 30,
        startTime: [10, 0],
      });
      // 2 is promoted, 1 is demoted: what both have read until now is here, since their own series tell nothing of it.
      expect(await read(30, io(1, 1, 1103), io(2, 9, 515), io(3, 1, 720))).toMatchObject({ value: 38 });
      // 3 is gone, 4 is new and began since the last batch.
      expect(await read(40, io(1, 1, 1103), io(2, 9, 600), io(4, 1, 7, 35))).toMatchObject({ value: 45 });
      // 1 began anew: its counter is smaller. 5 was there before, so that nobody knows what it has read since.
      expect(await read(50, io(1, 1, 4), io(2, 9, 600), io(4, 1, 7, 35), io(5, 1, 900, 3))).toMatchObject({
        value: 49,
        startTime: [10, 0],
      });
    });

    test('do not depend on the order of the points', async () => {
      const { pass } = start({ n: 0 });
      const first = { pid: 1, values: { 'process.disk.io': { read: 10, write: 1 }, 'process.cpu.time': { user: 5 } } };
      const second = { pid: 1, values: { 'process.cpu.time': { user: 6 }, 'process.disk.io': { write: 3, read: 14 } } };
      await pass(scrape(10, [first]));
      const out = await pass(scrape(20, [second]));
      const increases = find(out, 'process.disk.io').map(({ point }) => [
        point.attributes['disk.io.direction'],
        point.value,
      ]);
      expect(Object.fromEntries(increases)).toEqual({ read: 4, write: 2 });
      expect(find(out, 'process.cpu.time').map(({ point }) => point.value)).toEqual([1]);
    });

    test('begin with the batch before, if it had no remainder', async () => {
      const { pass } = start({ n: 1, margin: 0 });
      await pass(scrape(10, [io(1, 9, 100)]));
      const found = await other(pass, scrape(20, [io(1, 1, 130), io(2, 9, 5, 15)]), 'process.disk.io');
      expect(found?.point).toMatchObject({ value: 30, startTime: [10, 0], endTime: [20, 0] });
    });

    test('are not counted again when an older batch comes late', async () => {
      const { pass } = start({ n: 0 });
      await pass(scrape(10, [io(1, 1, 100)]));
      await pass(scrape(20, [io(1, 1, 120)]));
      await pass(scrape(15, [io(1, 1, 110)]));
      expect((await other(pass, scrape(30, [io(1, 1, 130)]), 'process.disk.io'))?.point.value).toBe(30);
    });
  });
});
