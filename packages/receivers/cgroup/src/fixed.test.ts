import { mkdirSync, renameSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import type { Batch, DataPoint, MetricsBatch } from '@millrace/core';
import { isEnded } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { scraperOf, tree, write } from './testdata/scraper.ts';

const id = 'c0ffee00'.repeat(8);

/** A container of Docker with cgroupfs, as version 1 shows it. */
const container = (cpu: number, read: number, operations: number): Readonly<Record<string, string>> => ({
  [`cpuacct/docker/${id}/cpuacct.usage`]: `${cpu}\n`,
  [`cpuacct/docker/${id}/cpuacct.stat`]: `user ${Math.floor(cpu / 2e7)}\nsystem ${Math.floor(cpu / 2e7)}\n`,
  [`cpu/docker/${id}/cpu.cfs_quota_us`]: '150000\n',
  [`cpu/docker/${id}/cpu.cfs_period_us`]: '100000\n',
  [`memory/docker/${id}/memory.usage_in_bytes`]: `${100 << 20}\n`,
  [`memory/docker/${id}/memory.limit_in_bytes`]: '9223372036854771712\n',
  [`memory/docker/${id}/memory.stat`]: `cache 1\nrss 2\ntotal_cache 9\ntotal_rss ${20 << 20}\ntotal_mapped_file ${5 << 20}\ntotal_inactive_file ${30 << 20}\n`,
  [`blkio/docker/${id}/blkio.throttle.io_service_bytes`]: `8:0 Read ${read}\n8:0 Write 0\n8:0 Total ${read}\nTotal ${read}\n`,
  [`blkio/docker/${id}/blkio.throttle.io_serviced`]: `8:0 Read ${operations}\n8:0 Write 0\n8:0 Total ${operations}\nTotal ${operations}\n`,
  [`pids/docker/${id}/pids.current`]: '4\n',
  [`pids/docker/${id}/pids.max`]: 'max\n',
});

const empty = Object.fromEntries(
  ['cpu', 'cpuacct', 'memory', 'blkio', 'pids'].map((name) => [`${name}/cgroup.procs`, '']),
);

const controllers = Object.keys(empty).map((name) => name.split('/')[0]!);

/** Points of a metric by their attributes; undefined for one that has ended. */
const values = (batch: Batch, metric: string): Record<string, unknown> =>
  Object.fromEntries(
    (batch as MetricsBatch).resourceMetrics
      .flatMap(({ scopeMetrics }) => scopeMetrics)
      .flatMap(({ metrics }) => metrics)
      .filter(({ descriptor }) => descriptor.name === metric)
      .flatMap(({ dataPoints }): readonly DataPoint<unknown>[] => dataPoints)
      .filter((point) => !isEnded(point))
      .map(({ attributes, value }) => [Object.values(attributes).join(), value]),
  );

const config = (root: string) => ({
  cgroup_path: root,
  select: 'none' as const,
  cgroups: [{ container_id: id, attributes: { service: 'web', environment: 'prod' } }],
});

describe('a container that is listed', () => {
  it('gives the numbers that mini-collector gives of the same files', async () => {
    const root = tree({ ...empty, ...container(10_000_000_000, 0, 0) });
    const { scrape, clock } = scraperOf(config(root));
    const first = (await scrape()).batch;
    expect(values(first, 'container.running')).toEqual({ '': 1 });
    expect(values(first, 'container.cpu.usage')).toEqual({});
    await clock.advance(20_000);
    write(root, container(20_042_190_861, 16_097_280, 600));
    const { batch, resourceMetrics } = await scrape();
    expect(resourceMetrics[0]!.resource.attributes).toEqual({
      'container.id': id,
      service: 'web',
      environment: 'prod',
    });
    const usage = values(batch, 'container.cpu.usage')[''] as number;
    expect(usage).toBe(10_042_190_861 / 20e9);
    expect(Math.trunc(usage * 1000)).toBe(502);
    const read = values(batch, 'container.disk.io')['read,8:0'] as number;
    expect(Math.trunc(Math.trunc(read / 20) / 1024)).toBe(786);
    expect((values(batch, 'container.disk.operations')['read,8:0'] as number) / 20).toBe(30);
    expect(values(batch, 'container.memory.usage')).toEqual({ '': 100 << 20 });
    expect(values(batch, 'container.memory.rss')).toEqual({ '': 20 << 20 });
    expect(values(batch, 'container.memory.mapped_file')).toEqual({ '': 5 << 20 });
    expect(values(batch, 'container.memory.working_set')).toEqual({ '': 70 << 20 });
    // No limit is no number, neither 2^63 nor 0.
    expect(values(batch, 'container.memory.limit')).toEqual({});
    expect(values(batch, 'container.memory.available')).toEqual({});
    expect(values(batch, 'container.pids.count')).toEqual({ '': 4 });
    expect(values(batch, 'container.pids.limit')).toEqual({});
    expect(values(batch, 'container.cpu.limit')).toEqual({ '': 1.5 });
    expect(values(batch, 'container.cpu.time')).toEqual({ user: 10.02, system: 10.02 });
  });

  it('leaves out attributes that are empty, as of a variable that is not set', async () => {
    const root = tree({ ...empty, ...container(1e9, 0, 0) });
    const cgroups = [{ container_id: id, attributes: { service: 'web', app: '' } }];
    const { resourceMetrics } = await scraperOf({ ...config(root), cgroups }).scrape();
    expect(resourceMetrics[0]!.resource.attributes).toEqual({ 'container.id': id, service: 'web' });
  });

  it('is not running while it is not there, and nothing else is said of it', async () => {
    const root = tree(empty);
    const { scrape, clock } = scraperOf(config(root));
    const names = async (): Promise<string[]> =>
      (await scrape()).resourceMetrics.flatMap(({ scopeMetrics }) =>
        scopeMetrics.flatMap(({ metrics }) =>
          metrics.flatMap(({ descriptor, dataPoints }) =>
            dataPoints.some((point) => !isEnded(point)) ? [descriptor.name] : [],
          ),
        ),
      );
    expect(await names()).toEqual(['container.running']);
    write(root, container(1e9, 0, 0));
    await clock.advance(10_000);
    expect(await names()).toContain('container.memory.usage');
    for (const name of controllers) rmSync(join(root, name, 'docker'), { recursive: true });
    await clock.advance(10_000);
    const { batch, resourceMetrics } = await scrape();
    expect(values(batch, 'container.running')).toEqual({ '': 0 });
    expect(values(batch, 'container.memory.usage')).toEqual({});
    expect(resourceMetrics).toHaveLength(1);
    await clock.advance(10_000);
    expect(await names()).toEqual(['container.running']);
  });

  it('is all zeros if asked for, at every scrape, and comes back with a usage of 0', async () => {
    const root = tree(empty);
    const { scrape, clock } = scraperOf({ ...config(root), emit_when_missing: 'zeros' });
    for (let scrapes = 0; scrapes < 3; scrapes++) {
      const { batch } = await scrape();
      expect(values(batch, 'container.running')).toEqual({ '': 0 });
      for (const metric of [
        'container.cpu.usage',
        'container.memory.usage',
        'container.memory.limit',
        'container.pids.count',
      ])
        expect(values(batch, metric), metric).toEqual({ '': 0 });
      expect(values(batch, 'container.disk.io')).toEqual({ read: 0, write: 0 });
      await clock.advance(10_000);
    }
    write(root, container(7e9, 4096, 1));
    const back = (await scrape()).batch;
    expect(values(back, 'container.running')).toEqual({ '': 1 });
    expect(values(back, 'container.cpu.usage')).toEqual({ '': 0 });
    expect(values(back, 'container.disk.io')).toEqual({ 'read,8:0': 4096, 'write,8:0': 0 });
  });

  it('has no negative usage when its counters go back', async () => {
    const root = tree({ ...empty, ...container(50e9, 0, 0) });
    const { scrape, clock } = scraperOf(config(root));
    await scrape();
    await clock.advance(10_000);
    write(root, container(1e9, 0, 0));
    expect(values((await scrape()).batch, 'container.cpu.usage')).toEqual({});
    await clock.advance(10_000);
    write(root, container(6e9, 0, 0));
    expect(values((await scrape()).batch, 'container.cpu.usage')).toEqual({ '': 0.5 });
  });

  it('is reported once where it is found too, under the attributes that were given', async () => {
    const root = tree({ ...empty, ...container(1e9, 0, 0) });
    const { scrape } = scraperOf({ ...config(root), select: 'containers' });
    const { resourceMetrics } = await scrape();
    expect(resourceMetrics.map(({ resource }) => resource.attributes['service'])).toEqual(['web']);
  });

  it('is found when it moves, as with another cgroup parent', async () => {
    const root = tree({ ...empty, ...container(1e9, 0, 0) });
    const { scrape, clock } = scraperOf(config(root));
    expect(values((await scrape()).batch, 'container.running')).toEqual({ '': 1 });
    for (const name of controllers) {
      mkdirSync(join(root, name, 'batch'));
      renameSync(join(root, name, 'docker', id), join(root, name, 'batch', id));
    }
    await clock.advance(10_000);
    expect(values((await scrape()).batch, 'container.running')).toEqual({ '': 0 });
    await clock.advance(10_000);
    expect(values((await scrape()).batch, 'container.running')).toEqual({ '': 1 });
  });
});

describe('the file systems of a container that is listed', () => {
  const filesystems = (root: string, mounts: readonly string[]) => ({
    ...config(root),
    cgroups: [{ container_id: id, mounts }],
  });

  it('are reported whether it is there or not', async () => {
    const root = tree(empty);
    const { scrape } = scraperOf(filesystems(root, [root]));
    const { batch, errors } = await scrape();
    expect(errors).toEqual([]);
    const { bsize, blocks } = statfsSync(root);
    const capacity = values(batch, 'container.filesystem.capacity')[root];
    const usage = values(batch, 'container.filesystem.usage')[root];
    const available = values(batch, 'container.filesystem.available')[root];
    expect(Number(capacity)).toBe(bsize * blocks);
    expect(Number(usage) + Number(available)).toBeLessThanOrEqual(Number(capacity));
    expect(Number(usage)).toBeGreaterThan(0);
    expect(values(batch, 'container.running')).toEqual({ '': 0 });
  });

  it('that are not there cost only themselves', async () => {
    const root = tree({ ...empty, ...container(1e9, 0, 0) });
    const { scrape } = scraperOf(filesystems(root, ['/does/not/exist', root]));
    const { batch, errors } = await scrape();
    expect(errors.map(String)).toEqual([
      expect.stringContaining('The file system of /does/not/exist cannot be asked: ENOENT'),
    ]);
    expect(Object.keys(values(batch, 'container.filesystem.usage'))).toEqual([root]);
    expect(values(batch, 'container.memory.usage')).toEqual({ '': 100 << 20 });
  });
});
