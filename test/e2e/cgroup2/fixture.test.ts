// The captured tree says what was done: the library's numbers against what the programs in the cgroups said of themselves.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type CgroupSample, everything, openHierarchy } from '@millrace/cgroup';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const folder = join(import.meta.dirname, '../../../packages/libraries/cgroup/testdata/v2-6.1-debian');

interface Done {
  readonly userUs?: number;
  readonly systemUs?: number;
  readonly allocated?: number;
  readonly written?: number;
}

describe('cgroup version 2 of Linux 6.1, as it was captured', () => {
  let place: string;
  const samples = new Map<string, CgroupSample>();
  const done = new Map<string, Done>();
  const letterOf = (path: string): string => /([a-e])\1{63}/.exec(path)?.[1] ?? path;

  beforeAll(async () => {
    place = mkdtempSync(join(tmpdir(), 'millrace-tree-'));
    const parts = readFileSync(join(folder, 'tree.txt'), 'utf8').split(/^-- (.*) --\n/m);
    for (let at = 1; at < parts.length; at += 2) {
      const file = join(place, parts[at]!);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, parts[at + 1]!);
    }
    const said = JSON.parse(readFileSync(join(folder, 'done.json'), 'utf8')) as Record<string, Done>;
    for (const [path, one] of Object.entries(said)) done.set(letterOf(path), one);
    const hierarchy = openHierarchy({
      rootPath: join(place, 'sys/fs/cgroup'),
      procPath: join(place, 'proc'),
      sysPath: join(place, 'sys'),
    });
    for (const path of await hierarchy.list()) {
      const reader = hierarchy.reader(path);
      const sample = reader.read(everything);
      if (sample) samples.set(letterOf(path), sample);
      reader.close();
    }
  });
  afterAll(() => rmSync(place, { recursive: true }));

  it.each(['a', 'b', 'd', 'e'])('%s: CPU time', (letter) => {
    const { userUs, systemUs } = done.get(letter)!;
    expect(Math.abs(Number(samples.get(letter)!.cpu.usage) / 1e3 - userUs! - systemUs!)).toBeLessThan(50_000);
  });

  it.each(['a', 'd'])('%s: memory, and bytes written', (letter) => {
    const { allocated, written } = done.get(letter)!;
    const { memory, io } = samples.get(letter)!;
    expect(memory.rss).toBeGreaterThanOrEqual(allocated!);
    expect(memory.rss).toBeLessThan(allocated! + (2 << 20));
    expect(io).toEqual([expect.objectContaining({ device: '254:0', name: 'vda', writeBytes: written })]);
  });

  it('throttling and limits', () => {
    expect(samples.get('b')!.cpu.quota).toBe(0.2);
    expect(samples.get('b')!.cpu.throttledPeriods).toBeGreaterThan(8);
    expect(Number(samples.get('b')!.cpu.throttledTime) / 1e9).toBeCloseTo(1.2, 0);
    expect(samples.get('d')!.cpu).toMatchObject({ quota: 1.5, weight: 200, cpusetCpus: 2 });
    expect(samples.get('d')!.memory.limit).toBe(64 << 20);
    expect(samples.get('e')!.pids).toEqual({ current: 3, limit: 3 });
    expect(samples.get('a')!.pids).toEqual({ current: 4, limit: undefined });
    expect(samples.get('a')!.memory.limit).toBeUndefined();
    expect(samples.get('a')!.cpu.quota).toBeUndefined();
  });

  it('a process that was killed for its memory', () => {
    const { memory, pids } = samples.get('c')!;
    expect(memory.events).toMatchObject({ oom: 1, oomKill: 1 });
    expect(memory.peak).toBe(16 << 20);
    expect(pids.current).toBe(0);
  });
});
