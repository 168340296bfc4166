import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { PermanentError } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { diagnoseHierarchy } from './diagnose.ts';
import { openHierarchy } from './hierarchy.ts';
import { inspectLayout } from './layout.ts';
import { everything } from './sample.ts';
import { tree } from './testdata/trees.ts';

const id = '0123456789abcdef'.repeat(4);

/** The way of systemd: `cpu,cpuacct` mounted together, and links with the single names. */
function v1Tree(files: Readonly<Record<string, string>> = {}): string {
  const root = tree({
    'cpu,cpuacct/cgroup.procs': '',
    'memory/cgroup.procs': '',
    'blkio/cgroup.procs': '',
    'pids/cgroup.procs': '',
    'devices/cgroup.procs': '',
    ...files,
  });
  symlinkSync('cpu,cpuacct', join(root, 'cpu'));
  symlinkSync('cpu,cpuacct', join(root, 'cpuacct'));
  return root;
}

describe('what is mounted', () => {
  it('is version 2 where the root says its controllers', () => {
    const root = tree({ 'cgroup.controllers': 'cpu io memory pids\n' });
    expect(inspectLayout(root)).toEqual({ mode: 'v2', root, v1: new Map(), v2: root, trees: [root] });
  });

  it('is version 1 where there are folders of controllers, mounted together or not', () => {
    const root = v1Tree();
    const cpu = join(root, 'cpu,cpuacct');
    const { mode, v1, v2, trees } = inspectLayout(root);
    expect({ mode, v2 }).toEqual({ mode: 'v1', v2: undefined });
    expect(Object.fromEntries(v1)).toEqual({
      memory: join(root, 'memory'),
      pids: join(root, 'pids'),
      cpu,
      cpuacct: cpu,
      blkio: join(root, 'blkio'),
    });
    expect(trees).toEqual([join(root, 'memory'), join(root, 'pids'), cpu, join(root, 'blkio')]);
  });

  it('is hybrid with `unified`, and each controller is read where it lives', () => {
    const root = v1Tree({
      'unified/cgroup.controllers': 'io\n',
      [`memory/docker/${id}/memory.usage_in_bytes`]: '4096\n',
      [`unified/docker/${id}/io.stat`]: '8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n',
      [`unified/docker/${id}/cpu.pressure`]: 'some avg10=1.50 avg60=0.00 avg300=0.00 total=7\n',
      [`unified/docker/${id}/memory.current`]: '1\n',
    });
    const bare = join(root, 'blkio');
    expect(inspectLayout(root).mode).toBe('hybrid');
    const sample = openHierarchy({ rootPath: root, sysPath: root, procPath: root })
      .reader(`/docker/${id}`)
      .read(everything)!;
    expect(sample.memory.usage).toBe(4096);
    expect(sample.pressure.cpu).toEqual({ some: { avg10: 1.5, avg60: 0, avg300: 0, total: 7 }, full: undefined });
    // Version 1 has the controller of I/O here, under the name blkio.
    expect(sample.io).toBeUndefined();
    expect(bare).toBe(inspectLayout(root).v1.get('blkio'));
  });

  it('takes a controller that only version 2 has from there', () => {
    const root = tree({
      'memory/cgroup.procs': '',
      'unified/cgroup.controllers': 'io pids\n',
      [`unified/docker/${id}/io.stat`]: '8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n',
      [`unified/docker/${id}/pids.current`]: '7\n',
      [`unified/docker/${id}/pids.max`]: 'max\n',
    });
    const hierarchy = openHierarchy({ rootPath: root, sysPath: root, procPath: root });
    const sample = hierarchy.reader(`/docker/${id}`).read(everything)!;
    expect(sample.io).toEqual([
      expect.objectContaining({ device: '8:0', readBytes: 1, writeBytes: 2, readOperations: 3, writeOperations: 4 }),
    ]);
    expect(sample.pids).toEqual({ current: 7, limit: undefined });
  });

  it('is an error that says what to do where there is nothing', () => {
    expect(() => inspectLayout(tree({ 'nothing/here': '' }))).toThrow(PermanentError);
    expect(() => inspectLayout('/does/not/exist')).toThrow(
      /no cgroups at \/does\/not\/exist.*mount \/sys\/fs\/cgroup/s,
    );
    expect(diagnoseHierarchy({ rootPath: '/does/not/exist' })).toEqual([expect.objectContaining({ level: 'error' })]);
  });

  it('says in its findings what is missing', () => {
    const root = v1Tree();
    expect(diagnoseHierarchy({ rootPath: root }).map(({ level }) => level)).toEqual(['ok', 'warning']);
    const v2 = tree({
      'cgroup.controllers': 'cpu memory pids\n',
      'cpu.pressure': 'some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n',
    });
    expect(diagnoseHierarchy({ rootPath: v2 })).toEqual([
      { level: 'ok', text: `${v2} has cgroups of version 2, with cpu, memory, pids.` },
      expect.objectContaining({ level: 'warning', text: `${v2} has no io: what these count is absent.` }),
      { level: 'ok', text: 'The kernel keeps pressure stall information.' },
    ]);
  });
});

describe('looking for cgroups', () => {
  it('finds those that are in some trees only, each once', async () => {
    const root = v1Tree({
      'memory/docker/a/x': '',
      'pids/docker/a/x': '',
      'pids/system.slice/b.service/x': '',
      'cpu,cpuacct/system.slice/c.service/x': '',
      'devices/elsewhere/x': '',
    });
    const { list } = openHierarchy({ rootPath: root });
    expect(await list()).toEqual([
      '/',
      '/docker',
      '/docker/a',
      '/system.slice',
      '/system.slice/b.service',
      '/system.slice/c.service',
    ]);
    expect(await list({ patterns: ['/system.slice/*'] })).toEqual([
      '/system.slice/b.service',
      '/system.slice/c.service',
    ]);
    expect(await list({ patterns: ['/nothing/**'] })).toEqual([]);
    // What is found before the first look at the signal may stand.
    expect([0, 6]).toContain((await list({ signal: AbortSignal.abort() })).length);
  });

  it('finds a container by its id, or its beginning', async () => {
    const root = v1Tree({ [`memory/odd/place/${id}/x`]: '', [`memory/odd/place/${id}/in/x`]: '' });
    const { findContainer } = openHierarchy({ rootPath: root });
    expect(await findContainer(id)).toBe(`/odd/place/${id}`);
    expect(await findContainer(id.slice(0, 12))).toBe(`/odd/place/${id}`);
    expect(await findContainer(id.slice(0, 11))).toBeUndefined();
    expect(await findContainer(id.replace('0', '1'))).toBeUndefined();
    mkdirSync(join(root, 'memory/docker', id.replace('0', '1')), { recursive: true });
    expect(await findContainer(id.replace('0', '1'))).toBe(`/docker/${id.replace('0', '1')}`);
  });

  it.each([
    {
      name: 'version 1',
      v1: true,
      text: '9:name=systemd:/a\n8:pids:/b\n4:memory:/c:d\n1:cpu,cpuacct:/\n',
      want: '/c:d',
    },
    { name: 'version 1 where memory is at its root', v1: true, text: '8:pids:/b\n4:memory:/\n', want: '/b' },
    { name: 'version 1 where all are at the root', v1: true, text: '8:pids:/\n4:memory:/\n', want: '/' },
    { name: 'version 2', v1: false, text: '0::/user.slice/a.scope\n', want: '/user.slice/a.scope' },
    { name: 'outside of the namespace', v1: false, text: '0::/../../a.scope\n', want: undefined },
    { name: 'garbage', v1: false, text: 'x\n', want: undefined },
  ])('finds the cgroup of a process: $name', ({ v1, text, want }) => {
    const procPath = tree({ '42/cgroup': text });
    const rootPath = v1 ? v1Tree() : tree({ 'cgroup.controllers': '' });
    expect(openHierarchy({ rootPath, procPath }).ofProcess(42)).toBe(want);
    expect(openHierarchy({ rootPath, procPath }).ofProcess(43)).toBeUndefined();
  });
});
