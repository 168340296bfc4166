// The cgroup receiver in a virtual machine with cgroup version 2 and a known amount of work, as containers of four runtimes.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeGuestDisk } from './guest-disk.ts';
import { debianKernel, machineMissing, runMachine } from './vm.ts';

const missing = process.env.MILLRACE_TEST_VM
  ? machineMissing()
  : 'MILLRACE_TEST_VM=1 is not set; it takes about a minute';
if (missing !== undefined) console.warn(`SKIPPED: the cgroup receiver on a real cgroup version 2: ${missing}.`);

/** `render`'s lines, taken apart. */
interface Point {
  readonly name: string;
  readonly attributes: string;
  readonly value: number;
}

interface Done {
  readonly userUs: number;
  readonly systemUs: number;
  readonly allocated: number;
  readonly written: number;
}

describe.skipIf(missing !== undefined)('a machine with cgroup version 2', () => {
  let place: string;
  let points: readonly Point[];
  let later: readonly Point[];
  let done: ReadonlyMap<string, Done>;
  const id = (letter: string): string => letter.repeat(64);
  const value = (container: string, name: string, ...attributes: readonly string[]): number =>
    sum(points, container, name, attributes);

  beforeAll(async () => {
    place = mkdtempSync(join(tmpdir(), 'millrace-machine-'));
    const disk = join(place, 'disk');
    makeGuestDisk(disk);
    const script = readFileSync(join(import.meta.dirname, 'guest.sh'), 'utf8');
    const console = await runMachine({ kernel: debianKernel(), place, script, disk, diskMegabytes: 512 });
    const parts = /^@@@ scrape\n([^]*)^@@@ scrape\n([^]*)^@@@ done\n([^]*)\n@@@ end$/m.exec(console);
    if (!parts) throw new Error(`The machine did not come to its end:\n${console}`);
    const [, first = '', second = '', reports = ''] = parts;
    points = parse(first);
    later = parse(second);
    const byPath = JSON.parse(`{${reports.split('\n').join(',')}}`) as Record<string, Done>;
    done = new Map(Object.entries(byPath).map(([path, report]) => [/([a-e])\1{63}/.exec(path)?.[0] ?? path, report]));
  }, 300_000);
  afterAll(() => rmSync(place, { recursive: true, force: true }));

  it('knows whose each is', () => {
    const containers = [...new Set(points.map(({ attributes }) => attributes.split('|')[0]!))].sort();
    expect(containers).toEqual([
      `container.id="${id('a')}",container.runtime="docker"`,
      `container.id="${id('b')}",container.runtime="docker"`,
      `container.id="${id('c')}",container.runtime="podman"`,
      `container.id="${id('d')}",container.runtime="containerd",k8s.pod.qos="burstable",k8s.pod.uid="0f3e5a52-7d0c-4f4c-9d4f-3a1f4bb9c0de"`,
      `container.id="${id('e')}",k8s.pod.qos="besteffort",k8s.pod.uid="6a1b2c3d-0000-4000-8000-123456789abc"`,
    ]);
  });

  it('counts CPU time as it was used', () => {
    for (const container of [id('a'), id('b'), id('d')]) {
      const { userUs, systemUs } = done.get(container)!;
      // What a process spends on its way into the cgroup, which in an emulated machine is much.
      expect(Math.abs(value(container, 'container.cpu.time') * 1e6 - userUs - systemUs)).toBeLessThan(120_000);
    }
  });

  it('tells what was throttled, and the limits', () => {
    expect(value(id('b'), 'container.cpu.limit')).toBe(0.2);
    expect(value(id('b'), 'container.cpu.throttling.throttled_periods')).toBeGreaterThan(8);
    expect(value(id('b'), 'container.cpu.throttling.time')).toBeGreaterThan(0.6);
    expect(value(id('d'), 'container.cpu.limit')).toBe(1.5);
    expect(value(id('d'), 'container.cpu.weight')).toBe(200);
    expect(value(id('d'), 'container.cpu.cpuset')).toBe(2);
    expect(value(id('a'), 'container.cpu.limit')).toBeNaN();
    expect(value(id('d'), 'container.memory.limit')).toBe(64 << 20);
    expect(value(id('a'), 'container.memory.limit')).toBeNaN();
    expect(value(id('e'), 'container.pids.limit')).toBe(3);
    expect(value(id('a'), 'container.pids.limit')).toBeNaN();
  });

  it('counts memory and processes as they are', () => {
    for (const container of [id('a'), id('d')]) {
      const { allocated } = done.get(container)!;
      expect(value(container, 'container.memory.rss')).toBeGreaterThanOrEqual(allocated);
      expect(value(container, 'container.memory.rss')).toBeLessThan(allocated + (2 << 20));
    }
    expect(value(id('a'), 'container.pids.count')).toBe(4);
    expect(value(id('e'), 'container.pids.count')).toBe(3);
  });

  it('counts bytes as they were written', () => {
    const wrote = ['disk.io.direction="write"', 'system.device="vda"'];
    expect(value(id('a'), 'container.disk.io', ...wrote)).toBe(done.get(id('a'))!.written);
    expect(value(id('d'), 'container.disk.io', ...wrote)).toBe(done.get(id('d'))!.written);
    expect(value(id('e'), 'container.disk.io')).toBeNaN();
  });

  it('sees what was killed for its memory', () => {
    const events = (event: string): number =>
      value(id('c'), 'container.memory.events', `container.memory.event="${event}"`);
    expect(events('oom_kill')).toBe(1);
    expect(events('oom')).toBe(1);
    expect(events('max')).toBeGreaterThan(0);
    expect(value(id('c'), 'container.memory.peak')).toBe(16 << 20);
    expect(value(id('c'), 'container.pids.count')).toBe(0);
  });

  it('reads pressure', () => {
    const waited = (container: string, resource: string): number =>
      value(container, 'container.pressure.time', `container.pressure.resource="${resource}"`, 'stall="some"');
    // Who is throttled does wait; who has no I/O does not wait for it.
    expect(waited(id('b'), 'cpu')).toBeGreaterThan(0.1);
    expect(waited(id('d'), 'io')).toBeGreaterThan(0);
    expect(waited(id('e'), 'io')).toBe(0);
  });

  it('knows at the second scrape that they rest', () => {
    for (const letter of ['a', 'b', 'd', 'e'])
      expect(sum(later, id(letter), 'container.cpu.usage', [])).toBeLessThan(0.05);
  });
});

const parse = (text: string): readonly Point[] =>
  [...text.matchAll(/^(\S+?)\{(.*)\} (\S+) \S+$/gm)].map(([, name = '', attributes = '', number]) => ({
    name,
    attributes,
    value: Number(number),
  }));

/** NaN where there is none. */
function sum(points: readonly Point[], container: string, name: string, attributes: readonly string[]): number {
  const found = points.filter(
    (point) =>
      point.name === name &&
      point.attributes.includes(container) &&
      attributes.every((one) => point.attributes.includes(one)),
  );
  return found.length === 0 ? Number.NaN : found.reduce((total, point) => total + point.value, 0);
}
