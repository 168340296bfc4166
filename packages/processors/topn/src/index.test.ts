import { metricsBatch, resolveConfig } from '@millrace/core';
import { sink, testContext } from '@millrace/core/testing';
import { describe, expect, test } from 'vitest';
import { find, pids, start } from '../testdata/run.ts';
import type { Seen } from '../testdata/scrape.ts';
import { decoded, scrape, sized } from '../testdata/scrape.ts';
import topn from './index.ts';

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

test('counts what it leaves out', async () => {
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
  const [summing, dropping] = [testContext(), testContext()];
  await topn.create(config('sum'), summing, sink()).consume(batch);
  expect(summing.dropped).toEqual({ not_additive: 2, not_finite: 2 });
  await topn.create(config('drop'), dropping, sink()).consume(batch);
  expect(dropping.dropped).toEqual({ not_in_top_n: 6 });
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
