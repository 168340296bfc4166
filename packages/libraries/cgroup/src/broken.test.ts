import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openHierarchy } from './hierarchy.ts';
import { everything } from './sample.ts';
import { tree } from './testdata/trees.ts';

const files = [
  'cpu.stat',
  'cpu.max',
  'cpu.weight',
  'cpuset.cpus.effective',
  'memory.current',
  'memory.stat',
  'memory.max',
  'memory.high',
  'memory.peak',
  'memory.events',
  'memory.swap.current',
  'memory.swap.max',
  'io.stat',
  'pids.current',
  'pids.max',
  'cpu.pressure',
  'memory.pressure',
  'io.pressure',
];

function v2Of(text: string) {
  const root = tree({
    'cgroup.controllers': 'cpu io memory pids\n',
    ...Object.fromEntries(files.map((name) => [`a/${name}`, text])),
  });
  const hierarchy = openHierarchy({ rootPath: root, procPath: root, sysPath: root });
  return { root, hierarchy, reader: hierarchy.reader('/a') };
}

const numbersOf = (value: unknown): unknown[] => {
  if (value instanceof Map) return [...value.values()];
  if (typeof value !== 'object' || value === null)
    return typeof value === 'number' || typeof value === 'bigint' ? [value] : [];
  return Object.values(value).flatMap(numbersOf);
};

describe('files that are not as they should be', () => {
  it.each([
    ['empty', ''],
    ['a line without anything', '\n'],
    ['garbage', '\u0000\u00ff nonsense = : 12x\n::: 8: :0 rbytes=\n'],
    ['html', '<html>404</html>\n'],
    ['numbers that are too great', '99999999999999999999999\n'],
    ['unknown lines', 'new_thing 5\nsome else=7\n8:0 new=5\n'],
  ])('%s: nothing is known, and nothing breaks', (_name, text) => {
    const sample = v2Of(text).reader.read(everything)!;
    const { readAt: _, restarted: __, io, memory, ...rest } = sample;
    expect(numbersOf(rest)).toEqual([]);
    expect(io).toEqual([]);
    expect(numbersOf({ ...memory, stat: undefined })).toEqual([]);
  });

  it('reads lines of devices that some kernels run together', () => {
    const text =
      '7:0 7:1 8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0\n8:16 \n253:1 rbytes=9 cost.usage=5\n259:0 rbytes=1';
    const { reader } = v2Of(text);
    expect(
      reader.read({ io: true })!.io!.map(({ device, readBytes, writeBytes }) => [device, readBytes, writeBytes]),
    ).toEqual([
      ['8:0', 1, 2],
      ['253:1', 9, undefined],
    ]);
  });

  it('reads a file that is longer than the buffer', () => {
    const lines = Array.from(
      { length: 4000 },
      (_, minor) => `8:${minor} rbytes=${minor} wbytes=0 rios=1 wios=0 dbytes=0 dios=0\n`,
    );
    const { io } = v2Of(lines.join('')).reader.read({ io: true })!;
    expect(io).toHaveLength(4000);
    expect(io![3999]!.readBytes).toBe(3999);
  });
});

describe('a cgroup that comes and goes', () => {
  it('is undefined while it is gone, and read again when it is back', () => {
    const { root, hierarchy, reader } = v2Of('5\n');
    expect(reader.read({ memory: true })!.memory.usage).toBe(5);
    rmSync(join(root, 'a'), { recursive: true });
    expect(reader.read({ memory: true })).toBeUndefined();
    expect(reader.read({ pids: true })).toBeUndefined();
    expect(hierarchy.exists('/a')).toBe(false);
    expect(hierarchy.reader('/never').read(everything)).toBeUndefined();
  });

  it('is there without any file that was wanted', () => {
    const root = tree({ 'cgroup.controllers': '', 'a/cgroup.procs': '' });
    const sample = openHierarchy({ rootPath: root }).reader('/a').read(everything)!;
    expect(sample.cpu.usage).toBeUndefined();
    expect(sample.io).toBeUndefined();
  });

  it('reads only what was wanted', () => {
    const { reader } = v2Of('5\n');
    const sample = reader.read({ pids: true })!;
    expect(sample.pids).toEqual({ current: 5, limit: undefined });
    expect(sample.memory.usage).toBeUndefined();
  });

  it('finds a file that comes later', () => {
    const root = tree({ 'cgroup.controllers': '', 'a/pids.current': '1\n' });
    const reader = openHierarchy({ rootPath: root }).reader('/a');
    expect(reader.read({ pids: true, memory: true })!.memory.usage).toBeUndefined();
    writeFileSync(join(root, 'a/memory.current'), '7\n');
    let usage: unknown;
    for (let readings = 0; usage === undefined && readings < 100; readings++)
      usage = reader.read({ pids: true, memory: true })!.memory.usage;
    expect(usage).toBe(7);
  });
});

describe('the I/O of version 1', () => {
  const rows = (read: number): string =>
    `8:0 Read ${read}\n8:0 Write 0\n8:0 Sync ${read}\n8:0 Discard 4\n8:0 Total ${read}\nTotal ${read}\n`;
  const v1 = (more: Readonly<Record<string, string>>) => {
    const root = tree({ 'blkio/cgroup.procs': '', 'memory/cgroup.procs': '', ...more });
    return { root, read: openHierarchy({ rootPath: root, sysPath: root, procPath: root }).reader('/a') };
  };

  it('is that of the scheduler, or of the throttle where the scheduler has none', () => {
    const cfq = v1({
      'blkio/a/blkio.io_service_bytes_recursive': rows(10),
      'blkio/a/blkio.io_serviced_recursive': rows(1),
      'blkio/a/blkio.throttle.io_service_bytes': rows(20),
      'blkio/a/blkio.throttle.io_serviced': rows(2),
    });
    expect(cfq.read.read({ io: true })!.io).toEqual([
      expect.objectContaining({ readBytes: 10, writeBytes: 0, readOperations: 1, discardBytes: 4 }),
    ]);
    const throttle = v1({
      'blkio/a/blkio.io_service_bytes_recursive': 'Total 0\n',
      'blkio/a/blkio.throttle.io_service_bytes': rows(20),
      'blkio/a/blkio.throttle.io_serviced': rows(2),
    });
    expect(throttle.read.read({ io: true })!.io).toEqual([
      expect.objectContaining({ readBytes: 20, readOperations: 2 }),
    ]);
  });

  it('never changes from one source to the other, whose counters are others', () => {
    const { root, read } = v1({
      'blkio/a/blkio.bfq.io_service_bytes_recursive': 'Total 0\n',
      'blkio/a/blkio.throttle.io_service_bytes_recursive': rows(20),
      'blkio/a/blkio.throttle.io_serviced_recursive': rows(2),
    });
    expect(read.read({ io: true })!.io).toHaveLength(1);
    writeFileSync(join(root, 'blkio/a/blkio.bfq.io_service_bytes_recursive'), rows(5));
    expect(read.read({ io: true })!.io![0]!.readBytes).toBe(20);
  });

  it('is empty, and known, where there was none', () => {
    expect(v1({ 'blkio/a/blkio.throttle.io_service_bytes': 'Total 0\n' }).read.read({ io: true })!.io).toEqual([]);
    expect(v1({ 'memory/a/x': '' }).read.read({ io: true })!.io).toBeUndefined();
  });
});
