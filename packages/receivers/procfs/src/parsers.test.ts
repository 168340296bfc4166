import { endianness } from 'node:os';
import { describe, expect, it } from 'vitest';
import { parseAuxv, readKernelUnits } from './auxv.ts';
import { parseCgroup } from './cgroup.ts';
import { longestCommandLine, parseCommandLine } from './command-line.ts';
import { parseBootTime, parseUptime } from './host.ts';
import { parseIo } from './io.ts';
import { parseOpenFilesLimit } from './limits.ts';
import { parsePasswd } from './passwd.ts';
import { parseStatus } from './status.ts';

const id = '3f4e8b1c9a7d6e5f4c3b2a1908f7e6d5c4b3a29181706f5e4d3c2b1a09f8e7d6';

describe('parseAuxv', () => {
  const words = (...values: number[]): Uint8Array => {
    const bytes = Buffer.alloc(values.length * 8);
    for (const [at, value] of values.entries())
      if (endianness() === 'LE') bytes.writeBigUInt64LE(BigInt(value), at * 8);
      else bytes.writeBigUInt64BE(BigInt(value), at * 8);
    return bytes;
  };
  it.each([
    [words(3, 64, 6, 16384, 17, 100, 0, 0), { pageSize: 16384, ticksPerSecond: 100 }],
    [words(17, 1000, 6, 4096), { pageSize: 4096, ticksPerSecond: 1000 }],
    [words(6, 0, 0, 0), {}],
    [words(6, 4096).subarray(0, 15), {}],
    [new Uint8Array(), {}],
  ])('case %#', (bytes, want) => {
    expect(parseAuxv(bytes)).toEqual(want);
  });
  it('reads those of this machine', () => {
    const { pageSize, ticksPerSecond } = readKernelUnits();
    expect(Math.log2(pageSize) % 1).toBe(0);
    expect(ticksPerSecond).toBeGreaterThanOrEqual(100);
  });
});

describe('parseIo', () => {
  it.each([
    ['rchar: 9\nwchar: 8\nread_bytes: 4096\nwrite_bytes: 512\ncancelled_write_bytes: 3\n', 4096, 512],
    ['read_bytes: 1', 1, Number.NaN],
    ['cancelled_write_bytes: 3\n', Number.NaN, Number.NaN],
    ['read_bytes: \nwrite_bytes: x\n', Number.NaN, Number.NaN],
    ['', Number.NaN, Number.NaN],
  ])('%j', (text, readBytes, writeBytes) => {
    const io = { readBytes: 0, writeBytes: 0 };
    parseIo(Buffer.from(text), text.length, io);
    expect(io).toEqual({ readBytes, writeBytes });
  });
});

describe('parseStatus', () => {
  const none = { userId: Number.NaN, voluntarySwitches: Number.NaN, involuntarySwitches: Number.NaN };
  it.each([
    [
      'Name:\tcat\nUid:\t0\t999\t998\t997\nvoluntary_ctxt_switches:\t70001\nnonvoluntary_ctxt_switches:\t42\n',
      { userId: 999, voluntarySwitches: 70001, involuntarySwitches: 42 },
    ],
    ['Name:\tUid:\t1\t2\nUid:\t3\t4\t5\t6\n', { ...none, userId: 4 }],
    ['Uid:\t0', none],
    ['Uid:\t', none],
    ['', none],
  ])('%j', (text, want) => {
    expect(parseStatus(Buffer.from(text), text.length)).toEqual(want);
  });
});

describe('parseOpenFilesLimit', () => {
  it.each([
    [
      'Max cpu time   unlimited unlimited seconds\nMax open files            1024                 524288    files\n',
      1024,
    ],
    ['Max open files            unlimited            unlimited            files     \n', undefined],
    ['Max open', undefined],
    ['', undefined],
  ])('%j', (text, want) => {
    expect(parseOpenFilesLimit(text)).toBe(want);
  });
});

describe('parsePasswd', () => {
  it('takes the first name of an id and skips what is no entry', () => {
    const names = parsePasswd(
      'root:x:0:0::/root:/bin/sh\ntoor:x:0:0::/:/bin/sh\n\n+::::::\nbroken\nx:y\nbob:x:1000:1::/:\n:x:5:',
    );
    expect([...names]).toEqual([
      [0, 'root'],
      [1000, 'bob'],
    ]);
  });
});

describe('parseCgroup', () => {
  it.each([
    ['0::/init.scope\n', { path: '/init.scope' }],
    ['0::/\n', { path: '/' }],
    [`0::/system.slice/docker-${id}.scope\n`, { path: `/system.slice/docker-${id}.scope`, containerId: id }],
    [
      `0::/kubepods.slice/pod1/cri-containerd-${id}.scope\n`,
      { path: `/kubepods.slice/pod1/cri-containerd-${id}.scope`, containerId: id },
    ],
    [`2:cpu,cpuacct:/other\n1:memory:/docker/${id}\n0::/\n`, { path: `/docker/${id}`, containerId: id }],
    [`9:name=systemd:/docker/${id}\n4:memory:/\n`, { path: `/docker/${id}`, containerId: id }],
    [`0::/docker/${id}ab\n`, { path: `/docker/${id}ab` }],
    ['0::/with:colon\n', { path: '/with:colon' }],
    ['0::\n', undefined],
    ['garbage', undefined],
    ['', undefined],
  ])('%j', (text, want) => {
    expect(parseCgroup(text)).toEqual(want);
  });
});

describe('parseCommandLine', () => {
  it.each([
    ['cat\0-\0', { command: 'cat', line: 'cat -' }],
    ['/opt/my app/run\0two words\0\0', { command: '/opt/my app/run', line: '/opt/my app/run two words' }],
    ['a\0\0b\0', { command: 'a', line: 'a  b' }],
    ['nginx: worker process', { command: 'nginx: worker process', line: 'nginx: worker process' }],
    ['\0\0\0', undefined],
    ['', undefined],
  ])('%j', (text, want) => {
    expect(parseCommandLine(Buffer.from(text))).toEqual(want);
  });
  it('puts replacement characters for bytes that are no UTF-8', () => {
    expect(parseCommandLine(Uint8Array.of(0x61, 0xff, 0x62, 0))).toEqual({ command: 'a\uFFFDb', line: 'a\uFFFDb' });
  });
  it('cuts a long line, but no character in half', () => {
    const line = parseCommandLine(Buffer.from(`${'x'.repeat(longestCommandLine - 1)}😀yy`))!.line;
    expect(line).toBe('x'.repeat(longestCommandLine - 1));
    expect(parseCommandLine(Buffer.from('y'.repeat(9000)))!.line).toHaveLength(longestCommandLine);
  });
});

describe('host', () => {
  it.each([
    ['cpu 1\nbtime 1767225600\nprocesses 3\n', 1767225600000],
    ['cpu 1\n', undefined],
    ['btime x\n', undefined],
  ])('boot time of %j', (text, want) => expect(parseBootTime(text)).toBe(want));
  it.each([
    ['5000.25 9000.00\n', 5000.25],
    ['17 20\n', 17],
    ['-1 2', Number.NaN],
    ['', Number.NaN],
  ])('uptime of %j', (text, want) => expect(parseUptime(text)).toBe(want));
});
