import type { DataPoint, MetricsBatch } from '@millrace/core';
import { expect, test } from 'vitest';
import { entity, gone, processOf, start, started, valuesOf } from '../testdata/grouping.ts';

test('counters of a subgroup do not go down when a process exits, and its pid is used again', async () => {
  const { take } = await started();
  const [a, b] = [processOf(1, 'nginx'), processOf(2, 'nginx')];
  expect(
    valuesOf(await take(entity(a, 10, { cpu: 10, rss: 1 }), entity(b, 10, { cpu: 5, rss: 2 })), 'cpu.time'),
  ).toEqual(['nginx cpu.mode="user" 15']);
  const after = await take(entity(b, 20, { cpu: 6, rss: 2 }), gone(a, 20, { cpu: 1, rss: 1 }));
  expect(valuesOf(after, 'cpu.time')).toEqual(['nginx cpu.mode="user" 16']);
  expect(valuesOf(after, 'memory.usage')).toEqual(['nginx 2']);
  expect(valuesOf(after, 'size')).toEqual(['nginx 1']);
  const reused = processOf(1, 'nginx', { startedAt: 25 });
  const third = await take(entity(b, 30, { cpu: 7 }), entity(reused, 30, { cpu: 3 }));
  expect(valuesOf(third, 'cpu.time')).toEqual(['nginx cpu.mode="user" 20']);
});

test('the start of a counter is that of its oldest first member', async () => {
  const { take, next } = await started();
  await take(
    entity(processOf(1, 'nginx', { startedAt: 5 }), 10, { cpu: 1 }),
    entity(processOf(2, 'nginx', { startedAt: 3 }), 10, { cpu: 1 }),
  );
  await take(entity(processOf(3, 'nginx', { startedAt: 1 }), 20, { cpu: 1 }));
  const points = next.batches.flatMap((batch) =>
    (batch as MetricsBatch).resourceMetrics.flatMap(({ scopeMetrics }) =>
      scopeMetrics.flatMap(({ metrics }) =>
        metrics
          .filter(({ descriptor }) => descriptor.name === 'process.group.cpu.time')
          .flatMap(({ dataPoints }): readonly DataPoint<unknown>[] => dataPoints),
      ),
    ),
  );
  expect(points.map(({ startTime, endTime }) => [startTime[0], endTime[0]])).toEqual([
    [start / 1000 + 3, start / 1000 + 10],
    [start / 1000 + 3, start / 1000 + 20],
  ]);
});

test('a counter that begins anew is added, and a batch that comes again or late changes nothing', async () => {
  const { take } = await started();
  const a = processOf(1, 'nginx');
  const cpuOf = async (at: number, value: number) =>
    valuesOf(await take(entity(a, at, { cpu: value })), 'cpu.time')[0]
      ?.split(' ')
      .at(-1);
  expect(await cpuOf(10, 10)).toBe('10');
  expect(await cpuOf(10, 10)).toBe('10');
  expect(await cpuOf(20, 4)).toBe('14');
  await take(entity(a, 15, { cpu: 12 }));
  expect(await cpuOf(30, 5)).toBe('15');
});

test('a counter never goes down by rounding', async () => {
  const { take } = await started();
  const members = Array.from({ length: 10 }, (_, pid) => processOf(pid + 1, 'nginx'));
  let last = 0;
  for (let round = 0; round < 10; round++) {
    const batch = members.map((resource, index) =>
      index < round
        ? undefined
        : index === round
          ? gone(resource, round, { cpu: 1 })
          : entity(resource, round, { cpu: 0.1 * (index + 1) }),
    );
    const text = valuesOf(await take(...batch.filter((each) => each !== undefined)), 'cpu.time')[0];
    if (!text || text.endsWith('ended')) continue;
    const value = Number(text.split(' ').at(-1));
    expect(value).toBeGreaterThanOrEqual(last);
    last = value;
  }
  expect(last).toBeGreaterThan(5);
});

test('what cannot be read any more ends, and a counter goes on where it was when it can be read again', async () => {
  const { take } = await started();
  const a = processOf(1, 'nginx');
  await take(entity(a, 10, { cpu: 10, rss: 5 }));
  const blind = {
    ...entity(a, 20, {}),
    scopeMetrics: [
      ...entity(a, 20, {}).scopeMetrics,
      ...gone(a, 20, { cpu: 1, rss: 1 }).scopeMetrics.map(({ scope, metrics }) => ({
        scope,
        metrics: metrics.slice(0, 2),
      })),
    ],
  };
  const text = await take(blind);
  expect(valuesOf(text, 'cpu.time')).toEqual(['nginx cpu.mode="user" ended']);
  expect(valuesOf(text, 'memory.usage')).toEqual(['nginx ended']);
  expect(valuesOf(text, 'size')).toEqual(['nginx 1']);
  const again = await take(entity(a, 30, { cpu: 12, rss: 6 }));
  expect(valuesOf(again, 'cpu.time')).toEqual(['nginx cpu.mode="user" 12']);
  expect(valuesOf(again, 'memory.usage')).toEqual(['nginx 6']);
});

test('processes of several hosts are summed apart', async () => {
  const { take } = await started();
  const text = await take(
    entity(processOf(1, 'nginx', { 'host.name': 'a' }), 10, { rss: 1 }),
    entity(processOf(1, 'nginx', { 'host.name': 'b' }), 10, { rss: 2 }),
  );
  expect(text.split('\n').filter((line) => line.startsWith('process.group.memory.usage'))).toEqual([
    'process.group.memory.usage{host.name="a",process.group="web",process.subgroup="nginx"|} 1 By',
    'process.group.memory.usage{host.name="b",process.group="web",process.subgroup="nginx"|} 2 By',
  ]);
});

test('sums are exact beyond 2^53', async () => {
  const { take } = await started();
  const most = Number.MAX_SAFE_INTEGER;
  const [a, b, c] = [processOf(1, 'nginx'), processOf(2, 'nginx'), processOf(3, 'nginx')];
  const big = await take(entity(a, 10, { rss: most }), entity(b, 10, { rss: 2 }), entity(c, 10, { rss: 2n ** 60n }));
  expect(valuesOf(big, 'memory.usage')).toEqual([`nginx "${BigInt(most) + 2n + 2n ** 60n}n"`]);
  const less = await take(gone(a, 20, { rss: 1 }), entity(b, 20, { rss: 2 }), gone(c, 20, { rss: 1 }));
  expect(valuesOf(less, 'memory.usage')).toEqual(['nginx 2']);
});
