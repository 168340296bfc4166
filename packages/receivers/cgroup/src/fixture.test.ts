import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { render } from '@millrace/core/testing';
import { describe, expect, it } from 'vitest';
import cgroup from './index.ts';
import { capturedTree, everyMetric, scraperOf, tree, write } from './testdata/scraper.ts';

const id = (digit: string): string => digit.repeat(64);

describe('what a Linux 6.1 wrote', () => {
  it('is reported of containers, with the metrics that are on', async () => {
    const { scrape } = scraperOf({ root_path: capturedTree() });
    const { batch, errors } = await scrape();
    expect(errors).toEqual([]);
    await expect(render(batch)).toMatchFileSnapshot('testdata/containers.txt');
  });

  it('is reported of all cgroups, with every metric', async () => {
    const { scrape } = scraperOf({ root_path: capturedTree(), select: 'all', exclude: ['/'] }, everyMetric);
    const { batch, errors } = await scrape();
    expect(errors).toEqual([]);
    await expect(render(batch)).toMatchFileSnapshot('testdata/all.txt');
  });
});

const stat = 'usage_usec 1000000\nuser_usec 600000\nsystem_usec 400000\n';
const v2 = (files: Readonly<Record<string, string>>): string => tree({ 'cgroup.controllers': 'cpu\n', ...files });
const entities = async (scrape: ReturnType<typeof scraperOf>['scrape']): Promise<unknown[]> =>
  (await scrape()).resourceMetrics.map(({ resource }) => resource.attributes);

describe('which cgroups', () => {
  const files = {
    [`docker/${id('a')}/cpu.stat`]: stat,
    [`docker/${id('a')}/docker/${id('b')}/cpu.stat`]: stat,
    [`docker/${id('a')}/init/cpu.stat`]: stat,
    [`system.slice/docker-${id('c')}.scope/cpu.stat`]: stat,
    'system.slice/nginx.service/cpu.stat': stat,
    'system.slice/cron.service/cpu.stat': stat,
  };

  it('are those of containers, also of one in another, but not what is below', async () => {
    expect(await entities(scraperOf({ cgroup_path: v2(files) }).scrape)).toEqual([
      { 'container.id': id('a'), 'container.runtime': 'docker' },
      { 'container.id': id('b'), 'container.runtime': 'docker' },
      { 'container.id': id('c'), 'container.runtime': 'docker' },
    ]);
  });

  it('are those that match a glob, and none that are excluded', async () => {
    const { scrape } = scraperOf({
      cgroup_path: v2(files),
      select: 'all',
      include: ['/system.slice/*', '/docker/*/init'],
      exclude: ['/**/cron.*', '/system.slice/*.scope'],
    });
    expect(await entities(scrape)).toEqual([
      { 'container.id': id('a'), 'container.runtime': 'docker', 'cgroup.path': `/docker/${id('a')}/init` },
      { 'cgroup.path': '/system.slice/nginx.service' },
    ]);
  });

  it('keep the same attributes object, so that what is derived from it is derived once', async () => {
    const { scrape } = scraperOf({ cgroup_path: v2(files) });
    const first = (await scrape()).resourceMetrics;
    const second = (await scrape()).resourceMetrics;
    for (const [at, { resource }] of first.entries()) expect(second[at]!.resource).toBe(resource);
  });

  it('are found when they come, and end when they go', async () => {
    const root = v2(files);
    const { scrape, clock } = scraperOf({ cgroup_path: root, include: ['/docker/*'] });
    expect(await entities(scrape)).toHaveLength(1);
    await clock.advance(10_000);
    write(root, { [`docker/${id('d')}/cpu.stat`]: stat });
    expect(await entities(scrape)).toHaveLength(2);
    await clock.advance(10_000);
    rmSync(join(root, 'docker', id('d')), { recursive: true });
    expect(render((await scrape()).batch)).toContain(
      `container.id="${id('d')}",container.runtime="docker"|cpu.mode="user"} ended s`,
    );
    await clock.advance(10_000);
    expect(render((await scrape()).batch)).not.toContain(id('d'));
  });

  it('are told apart where two are of the same container', async () => {
    const { scrape } = scraperOf({
      cgroup_path: v2({ [`docker/${id('a')}/cpu.stat`]: stat, [`moby/${id('a')}/cpu.stat`]: stat }),
    });
    expect(await entities(scrape)).toEqual([
      { 'container.id': id('a'), 'container.runtime': 'docker' },
      { 'container.id': id('a'), 'container.runtime': 'docker', 'cgroup.path': `/moby/${id('a')}` },
    ]);
  });
});

describe('what cannot be read', () => {
  it('is one error a scrape, the same for the same trouble, and the rest is reported', async () => {
    const { symlinkSync } = await import('node:fs');
    const root = v2({ [`docker/${id('a')}/cpu.stat`]: stat });
    for (const digit of ['b', 'c']) {
      mkdirSync(join(root, 'docker', id(digit)));
      symlinkSync('cpu.stat', join(root, 'docker', id(digit), 'cpu.stat'));
    }
    const { scrape } = scraperOf({ cgroup_path: root });
    const { errors, resourceMetrics } = await scrape();
    expect(errors.map(String)).toEqual([
      'Error: Some cgroups could not be read: ELOOP: too many symbolic links encountered, open their files.',
    ]);
    expect(resourceMetrics).toHaveLength(1);
  });

  it('is said by the doctor', async () => {
    const root = v2({ [`docker/${id('a')}/cpu.stat`]: stat });
    const findings = async (input: object) => {
      const { config } = cgroup;
      const { resolveConfig } = await import('@millrace/core');
      return (await cgroup.diagnose!(resolveConfig(config, input))).map(({ level, text }) => `${level}: ${text}`);
    };
    expect(await findings({ cgroup_path: root, cgroups: [{ path: '/nope' }, { container_id: id('a') }] })).toEqual([
      `ok: ${root} has cgroups of version 2, with cpu.`,
      `warning: ${root} has no memory, pids, io: what these count is absent.`,
      expect.stringContaining('pressure stall information'),
      'ok: 1 containers are to be seen.',
      'warning: /nope is not there: it is reported as not running.',
      `ok: /docker/${id('a')} is there.`,
    ]);
    expect(await findings({ cgroup_path: v2({}), include: ['/none'] })).toContain(
      'warning: No containers are to be seen.',
    );
    expect(await findings({ cgroup_path: '/does/not/exist' })).toEqual([
      expect.stringMatching(/^error: There are no cgroups at \/does\/not\/exist/),
    ]);
  });

  it.each([
    { cgroups: [{ attributes: {} }], message: 'needs either path or container_id' },
    { cgroups: [{ path: '/a', container_id: 'a'.repeat(64) }], message: 'needs either path or container_id' },
    { cgroups: [{ container_id: 'abc' }], message: 'at least 12 digits' },
    { select: 'none' as const, message: 'nothing to read' },
  ])('is refused with the config: $message', async ({ message, ...input }) => {
    const { resolveConfig } = await import('@millrace/core');
    expect(cgroup.check!(resolveConfig(cgroup.config, input))[0]!.message).toContain(message);
  });
});
