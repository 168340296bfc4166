import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { createScraper, metricsBatch, resolveConfig, systemClock } from '@millrace/core';
import { testContext } from '@millrace/core/testing';
import { expect, it, onTestFinished } from 'vitest';
import { config } from './config.ts';
import cgroup from './index.ts';

const root = '/sys/fs/cgroup';
const controllers = ['memory', 'pids', 'cpu', 'cpuacct', 'blkio'].filter((name) =>
  existsSync(join(root, name, 'cgroup.procs')),
);
const cannotMake = process.getuid?.() !== 0 || controllers.length < 5;
if (cannotMake) process.stderr.write('SKIPPED: a container on this kernel: needs root and cgroups of version 1.\n');

it.skipIf(cannotMake)('reads a container of this machine: its CPU usage, its age, and that it ends', async () => {
  const id = '5eed'.repeat(16);
  const parent = `/millrace-test-receiver-${process.pid}`;
  const folders = controllers.map((name) => join(root, name, parent, id));
  for (const folder of folders) mkdirSync(folder, { recursive: true });
  const enter = folders.map((folder) => `echo $$ > ${folder}/cgroup.procs`).join(' && ');
  const child = spawn('sh', ['-c', `${enter} && echo ready && while :; do :; done`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const end = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    for (const folder of folders)
      for (let tries = 0; existsSync(folder) && tries < 100; tries++)
        try {
          rmdirSync(folder);
          rmdirSync(join(folder, '..'));
        } catch {
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
  };
  onTestFinished(end);
  await once(child.stdout, 'data');

  const settings = resolveConfig(config, { include: [`${parent}/*`] });
  const scraper = createScraper(cgroup, settings, testContext({ clock: systemClock, id: 'cgroup' }));
  onTestFinished(async () => scraper.shutdown!(AbortSignal.timeout(1_000)));
  const scrape = async () => {
    const { resourceMetrics, errors } = await scraper.collect({ timeoutMs: 10_000 });
    expect(errors).toEqual([]);
    const points = metricsBatch(resourceMetrics).resourceMetrics.flatMap(({ resource, scopeMetrics }) =>
      scopeMetrics.flatMap(({ metrics }) =>
        metrics.flatMap(({ descriptor, dataPoints }) =>
          dataPoints.map((point) => ({ ...point, name: descriptor.name, id: resource.attributes['container.id'] })),
        ),
      ),
    );
    const value = (name: string): number | undefined =>
      points.find((point) => point.name === name)?.value as number | undefined;
    return { points, value };
  };

  const first = await scrape();
  expect(first.points.every((point) => point.id === id)).toBe(true);
  expect(first.value('container.cpu.usage')).toBeUndefined();
  expect(first.value('container.pids.count')).toBe(1);
  const usedBefore = first.value('container.cpu.time')!;
  const began = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const second = await scrape();
  // A process that never waits: what it gets of the one CPU depends on who else is there, but no more than all of it.
  const usage = second.value('container.cpu.usage')!;
  const elapsed = (performance.now() - began) / 1000;
  expect(usage).toBeGreaterThan(0.1);
  expect(usage).toBeLessThanOrEqual(1.01);
  expect((second.value('container.cpu.time')! - usedBefore) / elapsed).toBeLessThanOrEqual(usage + 0.05);
  expect(second.value('container.uptime')).toBeGreaterThan(0.9);
  const [point] = second.points;
  // The counters count since the container started, which was before it was first seen.
  expect(point!.startTime[0] + point!.startTime[1] / 1e9).toBeLessThan(
    first.points[0]!.endTime[0] + first.points[0]!.endTime[1] / 1e9,
  );

  await end();
  const last = await scrape();
  expect(last.points.length).toBe(second.points.length);
  expect(last.points.every(({ value }) => value === undefined)).toBe(true);
});
