import type { MetricsBatch } from '@millrace/core';
import { expect, it } from 'vitest';
import { scraperOf, tree, write } from './testdata/scraper.ts';

const id = 'a'.repeat(64);
const cpu = (seconds: number, container = id): Readonly<Record<string, string>> => ({
  [`sys/fs/cgroup/docker/${container}/cpu.stat`]: `usage_usec ${seconds}000000\nuser_usec ${seconds}000000\nsystem_usec 0\n`,
});
/** A process that started so many seconds after boot. */
const stat = (start: number): string => `7 (a) b) S 1 ${'0 '.repeat(17)}${start * 100} 0 0\n`;

const startOf = (batch: unknown, name: string): number[] =>
  (batch as MetricsBatch).resourceMetrics.flatMap(({ scopeMetrics }) =>
    scopeMetrics.flatMap(({ metrics }) =>
      metrics
        .filter(({ descriptor }) => descriptor.name === name)
        .flatMap(({ dataPoints }) => dataPoints.map(({ startTime, endTime }) => startTime[0] - endTime[0])),
    ),
  );

const valuesOf = (batch: unknown, name: string): unknown[] =>
  (batch as MetricsBatch).resourceMetrics.flatMap(({ scopeMetrics }) =>
    scopeMetrics.flatMap(({ metrics }) =>
      metrics
        .filter(({ descriptor }) => descriptor.name === name)
        .flatMap(({ dataPoints }) => dataPoints.map(({ value }) => value)),
    ),
  );

it('the counters of a container began when its oldest process started, which is its age', async () => {
  const root = tree({
    'sys/fs/cgroup/cgroup.controllers': 'cpu\n',
    ...cpu(5),
    [`sys/fs/cgroup/docker/${id}/cgroup.procs`]: '7\n9\n0\n',
    'proc/uptime': '1000.00 1.00\n',
    'proc/7/stat': stat(400),
    'proc/9/stat': stat(300),
  });
  const { scrape, clock } = scraperOf({ root_path: root });
  const first = (await scrape()).batch;
  expect(startOf(first, 'container.cpu.time')).toEqual([-700, -700]);
  expect(valuesOf(first, 'container.uptime')).toEqual([700]);
  await clock.advance(10_000);
  expect(valuesOf((await scrape()).batch, 'container.uptime')).toEqual([710]);
});

it('the counters of one that was not there before began after the scrape before', async () => {
  const root = tree({ 'sys/fs/cgroup/cgroup.controllers': 'cpu\n', ...cpu(5) });
  const { scrape, clock } = scraperOf({ root_path: root });
  const first = (await scrape()).batch;
  // Nobody knows since when: it is new only to us, so its first point says nothing of what was used since.
  expect(startOf(first, 'container.cpu.time')).toEqual([0, 0]);
  expect(valuesOf(first, 'container.uptime')).toEqual([]);
  await clock.advance(10_000);
  write(root, cpu(1, 'b'.repeat(64)));
  expect(startOf((await scrape()).batch, 'container.cpu.time')).toEqual([-10, -10, -10, -10]);
});

it('the counters of a container that was restarted between two scrapes began anew', async () => {
  const root = tree({
    'sys/fs/cgroup/cgroup.controllers': 'cpu\n',
    ...cpu(50),
    [`sys/fs/cgroup/docker/${id}/cgroup.procs`]: '7\n',
    'proc/uptime': '1000.00 1.00\n',
    'proc/7/stat': stat(400),
  });
  const { scrape, clock } = scraperOf({ root_path: root });
  expect(startOf((await scrape()).batch, 'container.cpu.time')).toEqual([-600, -600]);
  await clock.advance(10_000);
  write(root, {
    ...cpu(1),
    'proc/uptime': '1010.00 1.00\n',
    [`sys/fs/cgroup/docker/${id}/cgroup.procs`]: '8\n',
    'proc/8/stat': stat(1005),
  });
  const { batch } = await scrape();
  expect(startOf(batch, 'container.cpu.time')).toEqual([-5, -5]);
  expect(valuesOf(batch, 'container.cpu.usage')).toEqual([]);
});
