import { join } from 'node:path';
import { renameSync } from 'node:fs';
import { metricsBatch } from '@millrace/core';
import { render } from '@millrace/core/testing';
import { describe, expect, it } from 'vitest';
import { copyOf, linesOf, scraperOf, valuesOf } from './testdata/harness.ts';
import procfs from './index.ts';

const testdata = join(import.meta.dirname, 'testdata');
const all = Object.fromEntries(Object.keys(procfs.metrics).map((name) => [name, { enabled: true }]));

describe('a fixture tree', () => {
  it.each(['proc-6.18', 'proc-4.9'])('%s: every metric', async (tree) => {
    await using running = scraperOf({ root_path: join(testdata, tree), kernel_threads: true }, all);
    await running.start();
    await running.clock.advance(1000);
    const { resourceMetrics, errors } = await running.collect();
    expect(errors).toEqual([]);
    await expect(render(metricsBatch(resourceMetrics))).toMatchFileSnapshot(`testdata/${tree}.txt`);
  });

  it('has its series start when the process did', async () => {
    await using running = scraperOf({ root_path: join(testdata, 'proc-6.18') });
    const { resourceMetrics } = await running.collect();
    const postgres = resourceMetrics.find(({ resource }) => resource.attributes['process.pid'] === 812)!;
    // btime 1767225600 and 20000 ticks of 10 ms.
    expect(postgres.scopeMetrics[0]!.metrics[0]!.dataPoints[0]!.startTime).toEqual([1767225800, 0]);
    expect(postgres.resource.attributes['process.creation.time']).toBe('2026-01-01T00:03:20.000Z');
  });

  it('keeps the attributes object of a process from scrape to scrape', async () => {
    await using running = scraperOf({ root_path: join(testdata, 'proc-6.18') });
    const first = await running.collect();
    await running.clock.advance(120_000);
    const second = await running.collect();
    expect(second.resourceMetrics.length).toBe(4);
    for (const [index, { resource }] of second.resourceMetrics.entries()) {
      expect(resource.attributes).toBe(first.resourceMetrics[index]!.resource.attributes);
    }
  });

  it('tells the utilization of the first scrape by the start', async () => {
    using tree = copyOf('proc-6.18');
    await using running = scraperOf({ root_path: tree.root });
    await running.start();
    await running.clock.advance(2000);
    tree.setStat(812, 14, 9050 + 100);
    tree.setStat(812, 15, 2025 + 20);
    const lines = await running.lines();
    expect(valuesOf(lines, 'process.cpu.utilization', 'cpu.mode="user"')).toMatchObject({ 1: '0', 812: '0.5' });
    expect(valuesOf(lines, 'process.cpu.utilization', 'cpu.mode="system"')).toMatchObject({ 1: '0', 812: '0.1' });
    expect(valuesOf(lines, 'process.cpu.time', 'cpu.mode="user"')).toMatchObject({ 812: '91.5' });
  });

  it('tells no utilization for less than 100 ms', async () => {
    await using running = scraperOf({ root_path: join(testdata, 'proc-6.18') });
    await running.start();
    await running.clock.advance(99);
    expect(valuesOf(await running.lines(), 'process.cpu.utilization')).toEqual({});
  });

  it('takes a process with the pid of another for a new one', async () => {
    using tree = copyOf('proc-6.18');
    await using running = scraperOf({ root_path: tree.root });
    await running.start();
    await running.clock.advance(1000);
    await running.lines();
    await running.clock.advance(1000);
    tree.write('812/stat', (await import('node:fs')).readFileSync(join(tree.root, 'proc/4100/stat')));
    tree.write('812/cmdline', 'other\0');
    tree.write('812/smaps_rollup', 'Rss: 4 kB\nPss: 4 kB\nPrivate_Dirty: 4 kB\n');
    const lines = await running.lines();
    const cpu = lines.filter((line) => line.startsWith('process.cpu.utilization') && line.includes('process.pid=812|'));
    expect(cpu.map((line) => line.split('} ')[1])).toEqual(['ended 1', 'ended 1']);
    const memory = lines.filter((line) => line.startsWith('process.memory.pss') && line.includes('process.pid=812|'));
    expect(memory.map((line) => [line.includes('"other"'), line.split('} ')[1]])).toEqual([
      [true, '4096 By'],
      [false, 'ended By'],
    ]);
  });

  it('looks at the identity again after an exec, and counts on', async () => {
    using tree = copyOf('proc-6.18');
    await using running = scraperOf({ root_path: tree.root });
    await running.lines();
    tree.write(
      '4100/stat',
      (await import('node:fs'))
        .readFileSync(join(tree.root, 'proc/4100/stat'), 'latin1')
        .replace(/\(.*\)/s, '(exec-ed)'),
    );
    tree.write('4100/cmdline', 'exec-ed\0-v\0');
    const lines = await running.lines();
    const of = lines.filter((line) => line.startsWith('process.thread.count') && line.includes('pid=4100|'));
    expect(of.map((line) => line.split('} ')[1]).toSorted((a, b) => (a! < b! ? -1 : 1))).toEqual([
      '4 {thread}',
      'ended {thread}',
    ]);
    expect(of.some((line) => line.includes('process.command_line="exec-ed -v"'))).toBe(true);
  });

  it('ends the series of a process that has gone', async () => {
    using tree = copyOf('proc-6.18');
    await using running = scraperOf({ root_path: tree.root });
    await running.lines();
    tree.remove('812');
    expect(valuesOf(await running.lines(), 'process.memory.usage')).toMatchObject({ 812: 'ended' });
    expect(Object.keys(valuesOf(await running.lines(), 'process.memory.usage'))).toEqual(['1', '4021', '4100']);
  });

  it.each(['stat', 'status', 'io', 'cmdline', 'cgroup', 'smaps_rollup', 'exe'])(
    'takes a missing %s for a process that is just ending',
    async (file) => {
      using tree = copyOf('proc-6.18');
      tree.remove(`812/${file}`);
      await using running = scraperOf({ root_path: tree.root });
      const lines = await running.lines();
      expect(Object.keys(valuesOf(lines, 'process.memory.usage'))).toEqual(
        file === 'stat' ? ['1', '4021', '4100'] : ['1', '812', '4021', '4100'],
      );
      expect(lines.some((line) => line.includes('NaN') || line.includes('undefined'))).toBe(false);
    },
  );

  it('takes an empty or a broken stat for a process that is just ending', async () => {
    using tree = copyOf('proc-6.18');
    tree.write('812/stat', '');
    tree.write('1/stat', '1 (systemd) S 0');
    await using running = scraperOf({ root_path: tree.root });
    expect(Object.keys(valuesOf(await running.lines(), 'process.memory.usage'))).toEqual(['4021', '4100']);
  });

  it("takes a process' own name where the link to its file cannot be read", async () => {
    using tree = copyOf('proc-6.18');
    tree.remove('4100/exe');
    tree.remove('812/exe');
    const { readFileSync } = await import('node:fs');
    tree.write(
      '812/stat',
      readFileSync(join(tree.root, 'proc/812/stat'), 'latin1').replace('(postgres)', '(prometheus-node)'),
    );
    tree.write('812/cmdline', '/usr/bin/prometheus-node-exporter\0');
    await using running = scraperOf({ root_path: tree.root });
    const lines = await running.lines();
    const named = (pid: number): string | undefined =>
      /process\.executable\.name=("(?:[^"\\]|\\.)*")/.exec(lines.find((line) => line.includes(`pid=${pid}|`))!)?.[1];
    expect(named(812)).toBe('"prometheus-node-exporter"');
    expect(JSON.parse(named(4100)!)).toBe('a) R 1 (b\n\uFFFD');
  });
});

describe('filters', () => {
  const pids = async (input: object): Promise<string[]> => {
    await using running = scraperOf({ root_path: join(testdata, 'proc-6.18'), ...input });
    return Object.keys(valuesOf(await running.lines(), 'process.memory.usage'));
  };
  it.each([
    [{}, ['1', '812', '4021', '4100']],
    [{ kernel_threads: true }, ['1', '2', '812', '4021', '4100']],
    [{ include: { names: ['postgres'] } }, ['812']],
    [{ include: { names: ['post'] } }, []],
    [{ include: { names: ['^post', 'run$'], match_type: 'regexp' } }, ['812', '4100']],
    [{ exclude: { names: ['systemd'] } }, ['812', '4021', '4100']],
    [{ include: { users: ['postgres'] } }, ['812', '4021']],
    [{ include: { users: ['4242', 'root'] } }, ['1', '4100']],
    [{ include: { users: ['postgres'], names: ['postgres'] } }, ['812']],
    [{ include: { users: ['postgres'] }, exclude: { names: ['postgres'] } }, ['4021']],
    [{ exclude: { users: ['postgres'], names: ['postgres'] } }, ['1', '4021', '4100']],
    [{ include: { cgroups: ['*docker*'] } }, ['812', '4021']],
    [{ include: { cgroups: ['/user.slice'] } }, ['4100']],
    [{ include: { cgroups: ['/user'] } }, []],
    [{ include: { command_lines: ['two w'] } }, ['4100']],
    [{ exclude: { command_lines: ['^/sbin/init'] } }, ['812', '4021', '4100']],
    [{ min_uss: '4MiB' }, ['812', '4021']],
    [{ max_processes: 2 }, ['1', '812']],
  ])('%j', async (input, want) => {
    expect(await pids(input)).toEqual(want);
  });

  it('tells what is wrong with a regular expression', () => {
    const names = { names: ['ok', '('], match_type: 'regexp', users: [], cgroups: [], command_lines: [] } as const;
    const none = { ...names, names: [] };
    const problems = procfs.check!({ include: names, exclude: none } as never);
    expect(problems).toEqual([
      { path: ['include', 'names', 1], message: expect.stringContaining('not a regular expression') },
    ]);
    expect(procfs.check!({ include: { ...names, match_type: 'strict' }, exclude: none } as never)).toEqual([]);
  });
});

describe('the smaps budget', () => {
  const settings = { 'process.memory.smaps.age': { enabled: true } };
  const pss = (lines: string[]): Record<string, string> => valuesOf(lines, 'process.memory.pss');

  it('leaves a process alone that has not moved, until the refresh', async () => {
    using tree = copyOf('proc-6.18');
    await using running = scraperOf({ root_path: tree.root, smaps: { refresh: '1m' } }, settings);
    expect(pss(await running.lines())).toMatchObject({ 812: String(9400 * 1024) });
    tree.write('812/smaps_rollup', 'Rss: 4 kB\nPss: 4 kB\nPrivate_Dirty: 4 kB\n');
    await running.clock.advance(59_000);
    const lines = await running.lines();
    expect(pss(lines)).toMatchObject({ 812: String(9400 * 1024) });
    expect(valuesOf(lines, 'process.memory.usage')).toMatchObject({ 812: String(28100 * 1024) });
    expect(valuesOf(lines, 'process.memory.smaps.age')).toMatchObject({ 812: '59' });
    await running.clock.advance(1000);
    const after = await running.lines();
    expect(pss(after)).toMatchObject({ 812: '4096' });
    expect(valuesOf(after, 'process.memory.smaps.age')).toMatchObject({ 812: '0' });
  });

  it.each([
    ['resident pages', 24, 7001],
    ['CPU time', 14, 9051],
    ['page faults', 10, 52001],
  ])('reads a process again whose %s have moved', async (_what, field, value) => {
    using tree = copyOf('proc-6.18');
    await using running = scraperOf({ root_path: tree.root });
    await running.lines();
    tree.write('812/smaps_rollup', 'Rss: 4 kB\nPss: 4 kB\nPrivate_Dirty: 4 kB\n');
    tree.setStat(812, field, value);
    expect(pss(await running.lines())).toMatchObject({ 812: '4096' });
  });

  it('reads everything at every scan without a budget', async () => {
    using tree = copyOf('proc-6.18');
    await using running = scraperOf({ root_path: tree.root, smaps: { budget: '0' } });
    await running.lines();
    tree.write('812/smaps_rollup', 'Rss: 4 kB\nPss: 4 kB\nPrivate_Dirty: 4 kB\n');
    expect(pss(await running.lines())).toMatchObject({ 812: '4096' });
  });

  it('does not report a reading that is too old', async () => {
    using tree = copyOf('proc-6.18');
    await using running = scraperOf({ root_path: tree.root, smaps: { refresh: '1h', max_age: '1m' } });
    await running.lines();
    await running.clock.advance(61_000);
    const lines = await running.lines();
    expect(pss(lines)).toMatchObject({ 812: 'ended' });
    expect(valuesOf(lines, 'process.memory.usage')).toMatchObject({ 812: String(28100 * 1024) });
  });

  it('takes RSS from stat once it has moved away from the reading', async () => {
    using tree = copyOf('proc-6.18');
    await using running = scraperOf(
      { root_path: tree.root },
      {
        'process.memory.pss': { enabled: false },
        'process.memory.uss': { enabled: false },
        'process.memory.swap': { enabled: false },
      },
    );
    const { readKernelUnits } = await import('./auxv.ts');
    expect(valuesOf(await running.lines(), 'process.memory.usage')).toMatchObject({
      812: String(7000 * readKernelUnits().pageSize),
    });
  });
});

describe('start', () => {
  it.each([
    ['no /proc', 'nowhere'],
    ['an empty root', ''],
  ])('is refused for good with %s', async (_what, folder) => {
    using tree = copyOf('proc-4.9');
    renameSync(join(tree.root, 'proc/stat'), join(tree.root, 'proc/other'));
    await using running = scraperOf({ root_path: join(tree.root, folder) });
    await expect(running.start()).rejects.toThrow(
      expect.objectContaining({
        name: 'PermanentError',
        message: expect.stringContaining('needs Linux and a mounted /proc'),
      }),
    );
  });

  it('is refused for good with a /proc that is not that of Linux', async () => {
    using tree = copyOf('proc-4.9');
    tree.write('stat', 'something else\n');
    await using running = scraperOf({ root_path: tree.root });
    await expect(running.start()).rejects.toThrow('no line with the boot time');
    expect(linesOf(await running.collect())).toEqual([]);
  });
});
