import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openHierarchy } from './hierarchy.ts';
import { cannotMake, liveCgroup, said } from './testdata/live.ts';
import { everything } from './sample.ts';

const node = process.execPath;

/** Uses the CPU for so long, says what the kernel counted of it (getrusage, microseconds), and stays. */
const burn = (ms: number): string =>
  `exec ${node} -e '
    while (true) { const { user, system } = process.cpuUsage(); if (user + system >= ${ms} * 1000) break; }
    const { user, system } = process.cpuUsage();
    console.log(user + system);
    setInterval(() => {}, 1 << 30);'`;

/** Where a link leads; nowhere if it has just gone. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

describe.skipIf(cannotMake)('on this kernel', () => {
  it('reads the CPU time that was used', async () => {
    const cgroup = liveCgroup('cpu');
    const reader = openHierarchy().reader(cgroup.path);
    const before = reader.read(everything)!;
    expect(before.cpu.usage).toBe(0);
    const usedUs = Number(await said(cgroup.run(burn(600))));
    const { cpu } = reader.read(everything)!;
    reader.close();
    // What a shell does before it is there counts only for getrusage, what node does after it has spoken only here.
    expect(Math.abs(Number(cpu.usage) / 1000 - usedUs)).toBeLessThan(100_000);
    expect(Number(cpu.user) + Number(cpu.system)).toBeGreaterThan(Number(cpu.usage) * 0.9);
    expect(cpu).toMatchObject({ quota: undefined, shares: 1024, weight: undefined, cpusetCpus: 1 });
  });

  it('reads how it is throttled', async () => {
    const cgroup = liveCgroup('throttled');
    cgroup.set('cpu.cfs_period_us', '100000');
    cgroup.set('cpu.cfs_quota_us', '25000');
    cgroup.set('cpu.shares', '512');
    const reader = openHierarchy().reader(cgroup.path);
    const began = performance.now();
    await said(cgroup.run(burn(250)));
    const elapsed = performance.now() - began;
    const { cpu } = reader.read(everything)!;
    reader.close();
    expect(cpu).toMatchObject({ quota: 0.25, shares: 512 });
    expect(Number(cpu.periods)).toBeGreaterThanOrEqual(8);
    expect(Number(cpu.throttledPeriods)).toBeGreaterThanOrEqual(6);
    expect(Number(cpu.throttledTime)).toBeGreaterThan(300e6);
    expect(Number(cpu.usage) / 1e6 / elapsed).toBeLessThan(0.35);
  });

  it('reads the memory that was taken, and its limits', async () => {
    const cgroup = liveCgroup('memory');
    cgroup.set('memory.limit_in_bytes', String(256 << 20));
    const hierarchy = openHierarchy();
    const reader = hierarchy.reader(cgroup.path);
    expect(reader.read(everything)!.memory).toMatchObject({ limit: 256 << 20, softLimit: undefined, usage: 0 });
    const child = cgroup.run(
      `exec ${node} -e '
        console.log(process.memoryUsage().rss);
        setTimeout(() => { globalThis.held = Buffer.alloc(64 << 20, 1); console.log("held"); }, 300);
        setInterval(() => {}, 1 << 30);'`,
    );
    await said(child);
    const before = reader.read(everything)!.memory;
    await said(child);
    const { memory } = reader.read(everything)!;
    reader.close();
    const taken = Number(memory.rss) - Number(before.rss);
    expect(taken).toBeGreaterThan((64 << 20) - (2 << 20));
    expect(taken).toBeLessThan((64 << 20) + (8 << 20));
    expect(memory.usage).toBeGreaterThanOrEqual(Number(memory.rss));
    expect(memory.workingSet).toBeLessThanOrEqual(Number(memory.usage));
    expect(memory.peak).toBeGreaterThanOrEqual(Number(memory.usage) - (1 << 20));
    expect(memory.faults).toBeGreaterThan((64 << 20) / 4096 / 512);
    expect(memory.stat!.get('rss')).toBeDefined();
    expect(hierarchy.ofProcess(child.pid!)).toBe(cgroup.path);
  });

  it('counts a process that was killed for want of memory', async () => {
    const cgroup = liveCgroup('oom');
    cgroup.set('memory.limit_in_bytes', String(16 << 20));
    const swap = existsSync('/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes') ? 8 << 20 : undefined;
    if (swap !== undefined) cgroup.set('memory.memsw.limit_in_bytes', String((16 << 20) + swap));
    const child = cgroup.run('exec tail /dev/zero');
    const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
    expect(signal).toBe('SIGKILL');
    const { memory } = openHierarchy({ maxOpenFiles: 0 }).reader(cgroup.path).read(everything)!;
    expect(memory.events!.oomKill).toBe(1);
    expect(Number(memory.failures)).toBeGreaterThan(0);
    expect(memory.swapLimit).toBe(swap);
  });

  it('reads the bytes that were written, by device', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-io-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const cgroup = liveCgroup('io');
    const reader = openHierarchy().reader(cgroup.path);
    expect(reader.read(everything)!.io).toEqual([]);
    const child = cgroup.run(
      `exec dd if=/dev/zero of=${folder}/file bs=1M count=8 oflag=direct conv=fsync status=none`,
    );
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(0);
    const io = reader.read(everything)!.io!;
    reader.close();
    const disks = io.filter((device) => !device.virtual);
    const written = disks.reduce((sum, { writeBytes = 0 }) => sum + Number(writeBytes), 0);
    expect(written).toBeGreaterThanOrEqual(8 << 20);
    expect(written).toBeLessThan((8 << 20) * 1.25);
    expect(disks.reduce((sum, { writeOperations = 0 }) => sum + Number(writeOperations), 0)).toBeGreaterThanOrEqual(8);
    expect(disks.find(({ writeBytes }) => Number(writeBytes) > 0)!.name).toMatch(/^[a-z]/);
  });

  it('reads how many tasks there are and may be, and how long the oldest has been running', async () => {
    const cgroup = liveCgroup('pids');
    cgroup.set('pids.max', '20');
    const hierarchy = openHierarchy();
    const reader = hierarchy.reader(cgroup.path);
    expect(reader.read(everything)!.pids).toEqual({ current: 0, limit: 20 });
    expect(hierarchy.age(cgroup.path)).toBeUndefined();
    const began = performance.now();
    await said(cgroup.run('sleep 60 & sleep 60 & sleep 60 & echo ready; wait'));
    expect(reader.read(everything)!.pids).toEqual({ current: 4, limit: 20 });
    reader.close();
    expect(hierarchy.age(cgroup.path)).toBeLessThanOrEqual(performance.now() - began + 20);
    expect(hierarchy.age(cgroup.path)).toBeGreaterThanOrEqual(0);
  });

  it('sees that it was removed, and that it was made again, and leaves no file open', async () => {
    const cgroup = liveCgroup('again');
    const reader = openHierarchy().reader(cgroup.path);
    await said(cgroup.run(burn(100)));
    const first = reader.read(everything)!;
    expect(Number(first.cpu.usage)).toBeGreaterThan(50e6);
    expect(reader.read(everything)!.restarted).toBe(false);
    await cgroup.remake();
    const second = reader.read(everything)!;
    expect(second.restarted).toBe(true);
    expect(second.cpu.usage).toBe(0);
    expect(reader.read(everything)!.restarted).toBe(false);
    await cgroup.remove();
    expect(reader.read(everything)).toBeUndefined();
    expect(reader.read(everything)).toBeUndefined();
  });

  it('keeps no more files open than it may, and reads the same without', async () => {
    const cgroup = liveCgroup('files');
    await said(cgroup.run('echo ready; exec sleep 60'));
    // Its last words said, it still has to become `sleep`.
    const settling = openHierarchy().reader(cgroup.path);
    const usage = (): unknown => settling.read(everything)!.cpu.usage;
    for (let last: unknown; last !== (last = usage()); ) await sleep(100);
    settling.close();
    const ofCgroup = (): number =>
      readdirSync('/proc/self/fd').filter((fd) => linkOf(`/proc/self/fd/${fd}`).includes(cgroup.path)).length;
    const openFiles = (maxOpenFiles: number): [number, unknown] => {
      const reader = openHierarchy({ maxOpenFiles, now: () => 0 }).reader(cgroup.path);
      reader.read(everything);
      const sample = reader.read(everything)!;
      const open = ofCgroup();
      reader.close();
      expect(ofCgroup()).toBe(0);
      return [open, { rss: sample.memory.rss, pids: sample.pids, cpu: sample.cpu }];
    };
    const [none, without] = openFiles(0);
    const [five] = openFiles(5);
    const [all, kept] = openFiles(4096);
    expect([none, five]).toEqual([0, 5]);
    expect(all).toBeGreaterThan(12);
    expect(kept).toEqual(without);
  });

  it.skipIf(!existsSync('/sys/fs/cgroup/unified/cgroup.controllers'))(
    'reads version 2 where it is mounted beside: CPU time and pressure, which need no controller',
    async () => {
      const cgroup = liveCgroup('v2');
      const rootPath = '/sys/fs/cgroup/unified';
      const hierarchy = openHierarchy({ rootPath });
      expect(hierarchy.layout.mode).toBe('v2');
      const reader = hierarchy.reader(cgroup.path);
      // Two that share one CPU wait for each other.
      cgroup.run(burn(10_000));
      await said(cgroup.run(burn(400)));
      const { cpu, memory, pressure } = reader.read(everything)!;
      reader.close();
      expect(Number(cpu.usage)).toBeGreaterThan(350e6);
      expect(Math.abs(Number(cpu.user) + Number(cpu.system) - Number(cpu.usage))).toBeLessThan(2_000);
      expect(memory.usage).toBeUndefined();
      expect(Number(pressure.cpu!.some.total)).toBeGreaterThan(50_000);
      expect(pressure.memory!.full).toEqual(expect.objectContaining({ total: expect.any(Number) }));
      expect(await hierarchy.list({ patterns: [`${cgroup.path}`] })).toEqual([cgroup.path]);
      // The same is seen through the hybrid mount.
      const hybrid = openHierarchy().reader(cgroup.path);
      expect(hybrid.read({ pressure: true, pids: true })!.pressure.cpu).toBeDefined();
      hybrid.close();
    },
  );
});
