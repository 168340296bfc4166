import { type Context, metricsBatch, resolveConfig } from '@millrace/core';
import { sink, testContext } from '@millrace/core/testing';
import { describe, expect, test } from 'vitest';
import { find, pids, start } from '../testdata/run.ts';
import { decoded, type Seen, scrape } from '../testdata/scrape.ts';
import topn from './index.ts';

type Meter = Context['meter'];

/** Processes 1, 2, 3, … with these sizes. */
const sized = (...sizes: readonly number[]): Seen[] =>
  sizes.map((size, index) => ({ pid: index + 1, values: { 'process.memory.pss': size } }));

test('keeps the top of each group and sums up the rest', async () => {
  const { text } = start({
    group_by: ['process.group'],
    n: 2,
    overrides: [{ match: { 'process.group': 'other' }, n: 1 }],
    rank: 'metric',
    percent_of_group: ['process.memory.pss', 'process.cpu.utilization'],
    other_attributes: { 'process.executable.name': 'other' },
  });
  const values = (pss: number, cpu: number, io: number) => ({
    'process.memory.pss': pss,
    'process.cpu.utilization': { user: cpu, system: cpu / 2 },
    'process.disk.io': { read: io, write: 2 * io },
    'process.uptime': 100 * pss,
  });
  const processes = (second: number): Seen[] => [
    { pid: 1, group: 'db', values: values(500, 0.5, 10 * second) },
    { pid: 2, group: 'db', values: values(100, 0.125, 20 * second) },
    { pid: 3, group: 'db', values: values(300, 0.25, 30 * second) },
    { pid: 4, group: 'db', values: values(100, 0.125, 40 * second) },
    { pid: 5, group: 'web', values: values(50, 0, 0) },
    { pid: 6, group: 'other', values: values(1, 0, second) },
    { pid: 7, group: 'other', values: values(3, 0, second) },
  ];
  await text(scrape(10, processes(10)));
  await expect(await text(scrape(20, processes(20)))).toMatchFileSnapshot('../testdata/two-groups.txt');
});

describe('which resources are ranked', () => {
  const summary = { resource: { attributes: { 'process.group': 'db' } }, scopeMetrics: [] };

  test('those with the marking attribute; others pass untouched', async () => {
    const { pass } = start({ n: 1 });
    const { resourceMetrics } = await pass(metricsBatch([summary, ...scrape(1, sized(1, 2)).resourceMetrics]));
    expect(resourceMetrics[0]).toBe(summary);
    expect(resourceMetrics).toHaveLength(3);
  });

  test('a batch without any passes as it is', async () => {
    const { pass } = start();
    const batch = metricsBatch([summary]);
    expect(await pass(batch)).toBe(batch);
  });

  test('metadata stays', async () => {
    const { pass } = start({ n: 1 });
    const { metadata } = await pass(metricsBatch(scrape(1, sized(1, 2)).resourceMetrics, { tenant: ['a'] }));
    expect(metadata).toEqual({ tenant: ['a'] });
  });

  test('without a marking attribute, those with the metric, and known ones that have lost it', async () => {
    const { pass } = start({ entity: undefined, n: 1 });
    const usage = scrape(1, [{ pid: 3, values: { 'process.memory.usage': 7 } }]).resourceMetrics;
    const out = await pass(metricsBatch([...usage, ...scrape(1, sized(1, 2)).resourceMetrics]));
    expect(pids(out)).toEqual([2, 3]);
    const without = await pass(decoded(scrape(2, [{ pid: 2, values: { 'process.memory.usage': 7 } }, ...sized(1)])));
    expect(pids(without)).toEqual([1]);
    expect(find(without, 'process.memory.usage').map(({ resource }) => resource.attributes)).toEqual([
      { 'topn.other': true },
    ]);
  });
});

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

describe('series end', () => {
  test('of an entity that falls out, once; they begin again when it is back', async () => {
    const { text } = start({ n: 1, margin: 0, other: 'drop', percent_of_group: ['process.memory.pss'] });
    await text(scrape(1, sized(2, 1)));
    expect(await text(scrape(2, sized(1, 3)))).toMatchInlineSnapshot(`
      "process.memory.pss.percent_of_group{process.pid=1|} ended %
      process.memory.pss.percent_of_group{process.pid=2|} 75 %
      process.memory.pss{process.pid=1|} ended By
      process.memory.pss{process.pid=2|} 3 By
      "
    `);
    expect(await text(scrape(3, sized(1, 3)))).not.toContain('ended');
    expect(await text(scrape(4, sized(4, 3)))).toMatchInlineSnapshot(`
      "process.memory.pss.percent_of_group{process.pid=1|} 57.14285714285714 %
      process.memory.pss.percent_of_group{process.pid=2|} ended %
      process.memory.pss{process.pid=1|} 4 By
      process.memory.pss{process.pid=2|} ended By
      "
    `);
  });

  test('of an entity that has ended, if it was kept', async () => {
    const { text, pass } = start({ n: 1, rank: 'metric' });
    await pass(scrape(1, sized(3, 2, 1)));
    const ends = (pid: number): Seen => ({ pid, values: { 'process.memory.pss': 'ended' } });
    expect(await text(scrape(2, [...sized(3, 2), ends(3)]))).not.toContain('ended');
    expect(await text(scrape(3, [ends(1), sized(3, 2)[1]!]))).toMatchInlineSnapshot(`
      "process.memory.pss{process.pid=1|} ended By
      process.memory.pss{process.pid=2|} 2 By
      process.memory.pss{topn.other=true|} ended By
      topn.other.size{topn.other=true|} ended {entity}
      topn.rank{process.pid=1|} ended 1
      topn.rank{process.pid=2|} 1 1
      "
    `);
    // Nothing is remembered of it.
    expect(await text(scrape(4, [ends(1), sized(3, 2)[1]!]))).not.toContain('ended');
  });

  test('of the remainder, when there is none any more', async () => {
    const { text } = start({ n: 1 });
    await text(scrape(1, sized(3, 2)));
    expect(await text(scrape(2, sized(3)))).toMatchInlineSnapshot(`
      "process.memory.pss{process.pid=1|} 3 By
      process.memory.pss{topn.other=true|} ended By
      topn.other.size{topn.other=true|} ended {entity}
      "
    `);
    expect(await text(scrape(3, sized(3)))).not.toContain('other');
  });

  test('of the remainder that no member has any more', async () => {
    const { text } = start({ n: 1 });
    const second = (values: Seen['values']): Seen[] => [
      ...sized(9),
      { pid: 2, values: { 'process.memory.pss': 1, ...values } },
    ];
    await text(scrape(1, second({ 'process.disk.io': { read: 5 } })));
    expect(await text(scrape(2, second({})))).toMatchInlineSnapshot(`
      "process.disk.io{topn.other=true|disk.io.direction="read"} ended By
      process.memory.pss{process.pid=1|} 9 By
      process.memory.pss{topn.other=true|} 1 By
      topn.other.size{topn.other=true|} 1 {entity}
      "
    `);
    expect(await text(scrape(3, second({})))).not.toContain('ended');
  });

  test('of a kept entity pass, those of one in the remainder do not', async () => {
    const { text } = start({ n: 1 });
    const using = (...usages: readonly (number | 'ended')[]): Seen[] =>
      usages.map((usage, index) => ({
        pid: index + 1,
        values: { 'process.memory.pss': 9 - index, 'process.memory.usage': usage },
      }));
    await text(scrape(1, using(5, 5)));
    expect(await text(scrape(2, using('ended', 4)))).toContain('process.memory.usage{process.pid=1|} ended By');
    await text(scrape(3, using(5, 5)));
    expect(await text(scrape(4, using(5, 'ended')))).toMatchInlineSnapshot(`
      "process.memory.pss{process.pid=1|} 9 By
      process.memory.pss{topn.other=true|} 8 By
      process.memory.usage{process.pid=1|} 5 By
      process.memory.usage{topn.other=true|} ended By
      topn.other.size{topn.other=true|} 1 {entity}
      "
    `);
  });

  test('of an entity that comes to be kept do not pass: nothing was sent of them', async () => {
    const { text } = start({ n: 1, margin: 0 });
    const second = (pss: number, usage: number | 'ended'): Seen => ({
      pid: 2,
      values: { 'process.memory.pss': pss, 'process.memory.usage': usage },
    });
    await text(scrape(1, [...sized(5), second(1, 7)]));
    expect(await text(scrape(2, [...sized(5), second(9, 'ended')]))).not.toContain(
      'process.memory.usage{process.pid=2',
    );
  });

  test('under the old rank, when the rank is an attribute and changes', async () => {
    const { text } = start({ rank: 'attribute', n: 2, margin: 0 });
    await text(scrape(1, sized(3, 2)));
    expect(await text(scrape(2, sized(3, 4)))).toMatchInlineSnapshot(`
      "process.memory.pss{process.pid=1,topn.rank="1"|} ended By
      process.memory.pss{process.pid=1,topn.rank="2"|} 3 By
      process.memory.pss{process.pid=2,topn.rank="1"|} 4 By
      process.memory.pss{process.pid=2,topn.rank="2"|} ended By
      "
    `);
    expect(await text(scrape(3, sized(3, 4)))).not.toContain('ended');
    expect(
      await text(scrape(4, [{ pid: 1, values: { 'process.memory.pss': 'ended' } }, sized(3, 4)[1]!])),
    ).toMatchInlineSnapshot(`
      "process.memory.pss{process.pid=1,topn.rank="2"|} ended By
      process.memory.pss{process.pid=2,topn.rank="1"|} 4 By
      "
    `);
  });

  test('of what no batch mentions for long', async () => {
    const { text, clock } = start({ n: 1, group_by: ['process.group'], metric_expiration: '1m' });
    const grouped = (group: string): Seen[] => sized(2, 1).map((one) => ({ ...one, group }));
    await text(scrape(1, [...grouped('a'), ...grouped('b')]));
    await clock.advance(59_000);
    expect(await text(scrape(60, grouped('a')))).not.toContain('ended');
    await clock.advance(1000);
    expect(await text(scrape(61, grouped('a')))).not.toContain('ended');
    await clock.advance(60_000);
    expect(await text(scrape(121, grouped('a')))).toMatchInlineSnapshot(`
      "process.memory.pss{process.group="a",process.pid=1|} 2 By
      process.memory.pss{process.group="a",topn.other=true|} 1 By
      process.memory.pss{process.group="b",process.pid=1|} ended By
      process.memory.pss{process.group="b",topn.other=true|} ended By
      topn.other.size{process.group="a",topn.other=true|} 1 {entity}
      topn.other.size{process.group="b",topn.other=true|} ended {entity}
      "
    `);
    await clock.advance(60_000);
    expect(await text(scrape(181, grouped('a')))).not.toContain('ended');
  });
});

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

test.each([
  [{ by: 'a' }, []],
  [{ by: ['a', 'b'], group_by: ['g'], overrides: [{ match: { g: 'x' }, n: 1 }] }, []],
  [{ by: ['a', 'a'] }, ['by: names a metric twice; name each once']],
  [
    { by: 'a', group_by: ['g', 'h'], overrides: [{ match: { k: 'x' }, n: 1 }] },
    ['overrides.0.match.k: is not one of the attributes in group_by (g, h)'],
  ],
  [
    { by: 'a', overrides: [{ match: {}, n: 1 }] },
    ['overrides.0.match: matches every group; name at least one attribute'],
  ],
])('checks %j', (input, want) => {
  const problems = topn.check!(resolveConfig(topn.config, input));
  expect(problems.map(({ path, message }) => `${path.join('.')}: ${message}`)).toEqual(want);
});

test('counts what it leaves out', async () => {
  const dropped: string[] = [];
  const createCounter: Meter['createCounter'] = () => ({
    add: (items, attributes) => void dropped.push(`${items} ${String(attributes?.['reason'])}`),
  });
  const meter = Object.assign(Object.create(testContext().meter) as Meter, { createCounter });
  const config = (other: 'sum' | 'drop') =>
    resolveConfig(topn.config, { entity: 'process.pid', by: 'process.memory.pss', n: 1, other });
  const values = (pss: number) => ({
    'process.memory.pss': pss,
    'process.memory.usage': Number.NaN,
    'process.uptime': 1,
  });
  const batch = scrape(
    1,
    [1, 2, 3].map((pid) => ({ pid, values: values(pid) })),
  );
  await topn.create(config('sum'), testContext({ meter }), sink()).consume(batch);
  expect(dropped.splice(0)).toEqual(['2 not_additive', '2 not_finite']);
  await topn.create(config('drop'), testContext({ meter }), sink()).consume(batch);
  expect(dropped).toEqual(['6 not_in_top_n']);
});

test('what the next owner refuses comes again the same', async () => {
  const { processor, next, pass } = start({ n: 1, margin: 0 });
  await pass(scrape(1, sized(2, 1)));
  next.batches.length = 0;
  next.failures.push(new Error('no room'));
  const batch = scrape(2, sized(1, 2));
  await expect(processor.consume(batch)).rejects.toThrow('no room');
  await processor.consume(batch);
  expect(find(next.batches[0] as typeof batch, 'process.memory.pss').map(({ point }) => point.value)).toEqual([2, 1]);
  expect(JSON.stringify(next.batches)).toContain('"flags":1');
});

test('a batch merged from two scrapes is ranked scrape by scrape', async () => {
  const two = [scrape(1, sized(2, 1)), scrape(2, sized(1, 9))];
  const merged = await start({ n: 1 }).text(metricsBatch(two.flatMap(({ resourceMetrics }) => resourceMetrics)));
  const { text } = start({ n: 1 });
  const apart = [await text(two[0]!), await text(two[1]!)].join('').trim().split('\n').sort().join('\n');
  expect(merged.trim()).toBe(apart);
});

test('an entity in several parts is one', async () => {
  const [a] = scrape(1, [{ pid: 1, values: { 'process.memory.pss': 1 } }]).resourceMetrics;
  const [b] = scrape(1, [{ pid: 1, values: { 'process.memory.usage': 2 } }]).resourceMetrics;
  const out = await start({ n: 1 }).text(metricsBatch([a!, ...scrape(1, sized(1, 0)).resourceMetrics.slice(1), b!]));
  expect(out).toContain('process.memory.usage{process.pid=1|} 2 By');
  expect(out).toContain('topn.other.size{topn.other=true|} 1 {entity}');
});

test('batches that share no objects are told apart and together alike', async () => {
  const shared = start({ n: 2, rank: 'metric', group_by: ['process.group'] });
  const fresh = start({ n: 2, rank: 'metric', group_by: ['process.group'] });
  for (let second = 1; second <= 5; second++) {
    const batch = scrape(
      second,
      Array.from({ length: 8 }, (_, pid) => ({
        pid,
        group: pid % 2 ? 'a' : 'b',
        values: {
          'process.memory.pss': (pid * 37 * second) % 11,
          // Not all have all, so that nothing stands at the same place.
          ...(pid % 3 ? { 'process.cpu.time': { user: pid * second, system: second } } : {}),
          'process.disk.io': pid % 4 ? { write: pid * second } : { read: second, write: 1 },
        },
      })),
    );
    expect(await fresh.text(decoded(batch))).toBe(await shared.text(batch));
  }
});
