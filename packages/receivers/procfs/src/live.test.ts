// The real /proc of this machine, with processes made for the purpose.
import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { systemClock } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import type { Running } from './testdata/harness.ts';
import { linesOf, scraperOf, valuesOf } from './testdata/harness.ts';

const python = '/usr/bin/python3';
const nobody = 65534;
const isRoot = process.getuid?.() === 0;

/** A child that runs Python, has printed its first line, and is killed at the end. */
async function pythonChild(
  program: string,
): Promise<ChildProcess & AsyncDisposable & { ask(line: string): Promise<string> }> {
  const child = spawn(python, ['-u', '-c', program], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await lines.next();
  return Object.assign(child, {
    async ask(line: string) {
      child.stdin.write(`${line}\n`);
      return String((await lines.next()).value);
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  });
}

async function attributesOf(running: Running, pid: number): Promise<Record<string, unknown> | undefined> {
  const { resourceMetrics } = await running.collect();
  const attributes = resourceMetrics.map(({ resource }) => resource.attributes);
  return attributes.find((candidate) => candidate['process.pid'] === pid);
}

const live = (input = {}, settings = {}): Running => scraperOf(input, settings, systemClock as never);

describe('a real process', () => {
  it('is this one', async () => {
    await using running = live();
    const attributes = (await attributesOf(running, process.pid))!;
    expect(attributes).toMatchObject({
      'process.parent_pid': process.ppid,
      'process.executable.path': process.execPath,
      'process.executable.name': 'node',
      'process.owner': isRoot ? 'root' : expect.any(String),
    });
    const created = Date.parse(String(attributes['process.creation.time']));
    // The boot time is known to the second.
    expect(Math.abs(Date.now() - process.uptime() * 1000 - created)).toBeLessThan(2500);
  });

  it.each([
    ['spaces and parentheses', String.raw`b'a) R 1 (b'`, 'a) R 1 (b'],
    ['a newline', String.raw`b'two\nlines'`, 'two\nlines'],
    ['bytes that are no UTF-8', String.raw`b'x\xff\xfey'`, 'x\uFFFD\uFFFDy'],
  ])('may have a name with %s', async (_what, bytes, name) => {
    await using child = await pythonChild(
      `import sys\nopen('/proc/self/comm','wb').write(${bytes})\nprint('ready')\nsys.stdin.read()`,
    );
    await using running = live({ include: { names: [name] } });
    // Only without the link to its file does the kernel's name count.
    expect(readFileSync(`/proc/${child.pid}/comm`, 'utf8')).toBe(`${name}\n`);
    await using everything = live();
    expect(await attributesOf(everything, child.pid!)).toMatchObject({
      'process.executable.name': expect.stringContaining('python3'),
    });
    const lines = await everything.lines().catch(() => []);
    expect(
      lines.filter((line) => line.includes(`pid=${child.pid}|`) && line.startsWith('process.thread.count')),
    ).toHaveLength(lines.length > 0 ? 1 : 0);
    expect(await attributesOf(running, child.pid!)).toBeUndefined();
  });

  it('may have arguments that are no UTF-8', async () => {
    await using child = await pythonChild(
      String.raw`import os,sys
if len(sys.argv) < 2:
  os.execv('/usr/bin/python3', [b'py\xff', b'-u', b'-c', b"import sys\nprint('ready')\nsys.stdin.read()", b'last\xfe'])`,
    );
    await using running = live();
    const attributes = (await attributesOf(running, child.pid!))!;
    expect(attributes['process.command']).toBe('py\uFFFD');
    expect(attributes['process.command_line']).toMatch(/^py\uFFFD -u -c .* last\uFFFD$/s);
  });

  it('may be a zombie', async () => {
    await using child = await pythonChild(
      "import os,sys\npid=os.fork()\nif pid==0: os._exit(0)\nos.waitid(os.P_PID,pid,os.WEXITED|os.WNOWAIT)\nprint('ready')\nwhile True:\n  sys.stdin.readline(); print(pid)",
    );
    const zombie = await child.ask('');
    await using running = live({}, { 'process.state': { enabled: true } });
    const { resourceMetrics } = await running.collect();
    const entity = resourceMetrics.find(({ resource }) => resource.attributes['process.pid'] === Number(zombie))!;
    expect(entity.resource.attributes['process.command_line']).toBeUndefined();
    const { metrics } = entity.scopeMetrics[0]!;
    const named = (name: string) => metrics.find(({ descriptor }) => descriptor.name === name)?.dataPoints[0];
    expect(named('process.state')?.attributes).toEqual({ 'process.state': 'zombie' });
    expect(named('process.memory.usage')?.value).toBe(0);
    expect(named('process.memory.pss')).toBeUndefined();
  });

  it('may be a kernel thread', async () => {
    await using without = live();
    await using running = live({ kernel_threads: true });
    const threads = async (scraper: Running) =>
      (await scraper.collect()).resourceMetrics.filter(
        ({ resource }) => resource.attributes['process.executable.name'] === 'kthreadd',
      );
    const [kthreadd] = await threads(running);
    // A container has no kernel threads of its own.
    if (existsSync('/proc/2/comm') && readFileSync('/proc/2/comm', 'utf8') === 'kthreadd\n') {
      expect(kthreadd!.scopeMetrics[0]!.metrics.map(({ descriptor }) => descriptor.name)).not.toContain(
        'process.memory.pss',
      );
      expect(kthreadd!.resource.attributes['process.executable.path']).toBeUndefined();
    } else {
      console.warn('procfs: this machine shows no kernel threads.');
    }
    expect(await threads(without)).toEqual([]);
  });

  it('may end in the midst of a scan', async () => {
    const churn = spawn('sh', ['-c', 'while :; do /bin/true; /bin/true & done'], { stdio: 'ignore', detached: true });
    try {
      await using running = live({ smaps: { budget: '0' } });
      for (let scan = 0; scan < 8; scan++) {
        const { errors } = await running.collect();
        expect(errors.map(String).filter((error) => !error.includes('Permission denied'))).toEqual([]);
      }
    } finally {
      process.kill(-churn.pid!, 'SIGKILL');
    }
  });

  it('has its open files counted', async () => {
    await using child = await pythonChild(
      "import os,sys\nfiles=[open('/dev/null') for _ in range(40)]\nprint('ready')\nsys.stdin.read()",
    );
    await using running = live(
      {},
      {
        'process.unix.file_descriptor.count': { enabled: true },
        'process.unix.file_descriptor.utilization': { enabled: true },
        'process.context_switches': { enabled: true },
      },
    );
    const lines = linesOf(await running.collect());
    const count = Number(valuesOf(lines, 'process.unix.file_descriptor.count')[child.pid!]);
    // 40 and the standard ones, and what it may have inherited.
    expect(count).toBe(readdirSync(`/proc/${child.pid}/fd`).length);
    expect(count).toBeGreaterThanOrEqual(43);
    const limit = Number(
      execFileSync(python, ['-c', 'import resource;print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])']),
    );
    expect(Number(valuesOf(lines, 'process.unix.file_descriptor.utilization')[child.pid!])).toBeCloseTo(
      count / limit,
      6,
    );
    expect(
      Number(valuesOf(lines, 'process.context_switches', 'process.context_switch.type="voluntary"')[child.pid!]),
    ).toBeGreaterThan(0);
  });
});

describe('memory', () => {
  // A shell maps no file that this machine's other programs do not map anyway, so its private memory holds still too.
  const still = "x=$(head -c 8000000 /dev/zero | tr '\\0' x); echo ready; read y";

  it('agrees with smem on a process that holds still', async () => {
    const child = spawn('sh', ['-c', still], { stdio: ['pipe', 'pipe', 'inherit'] });
    try {
      await once(child.stdout, 'data');
      await using running = live();
      await running.collect();
      // Its neighbours may come and go: only what smem says before and after is to be compared with.
      for (let attempt = 0; ; attempt++) {
        const want = reference(child.pid!);
        const lines = linesOf(await running.collect());
        const ours = ['usage', 'pss', 'uss', 'swap'].map((what) =>
          Number(valuesOf(lines, `process.memory.${what}`)[child.pid!]),
        );
        const after = reference(child.pid!);
        if (attempt < 15 && !isDeepStrictEqual(want, after)) continue;
        const [rss, pss, uss, swap] = ours as [number, number, number, number];
        expect({ rss, uss, swap }).toEqual({ rss: want.rss * 1024, uss: want.uss * 1024, swap: want.swap * 1024 });
        // smem adds up what the kernel has cut to whole kB for each mapping; smaps_rollup is cut once. And PSS moves a
        // little with every program that starts or ends.
        expect(Math.abs(pss / 1024 - want.pss)).toBeLessThan(want.mappings + want.pss / 100);
        expect(uss).toBeGreaterThan(7 << 20);
        break;
      }
    } finally {
      child.kill('SIGKILL');
    }
  });

  function reference(pid: number): { rss: number; pss: number; uss: number; swap: number; mappings: number } {
    const smaps = readFileSync(`/proc/${pid}/smaps`, 'latin1');
    const mappings = smaps.match(/^Size:/gm)!.length;
    const smem = spawnSync('smem', ['-H', '-P', '.', '-c', 'pid rss pss uss swap'], { encoding: 'latin1' });
    const row =
      smem.status === 0 ? smem.stdout.split('\n').find((line) => line.trim().startsWith(`${pid} `)) : undefined;
    if (row) {
      const [, rss, pss, uss, swap] = row.trim().split(/\s+/).map(Number) as [number, number, number, number, number];
      return { rss, pss, uss, swap, mappings };
    }
    console.warn('procfs: smem (Debian package smem) is not installed: adding up /proc/<pid>/smaps instead.');
    const sum = (name: string): number =>
      [...smaps.matchAll(new RegExp(`^${name}: +(\\d+) kB$`, 'gm'))].reduce((total, [, kb]) => total + Number(kb), 0);
    return {
      rss: sum('Rss'),
      pss: sum('Pss'),
      uss: sum('Private_Clean') + sum('Private_Dirty'),
      swap: sum('Swap'),
      mappings,
    };
  }
});

describe('without privileges', () => {
  interface Report {
    self: number;
    first: string[];
    second: string[];
    entities: { pid: number; owner: string; metrics: string[] }[];
  }
  const script = join(import.meta.dirname, 'testdata/unprivileged.ts');
  const run = (root: string, ...args: string[]): Report =>
    JSON.parse(
      execFileSync(process.execPath, ['-C', 'source', script, root, ...args], {
        uid: nobody,
        gid: nobody,
        env: {},
        timeout: 15_000,
        stdio: ['ignore', 'pipe', 'pipe'],
      }).toString(),
    ) as Report;

  it.skipIf(!isRoot)('the rest of a process is reported, and what is missing is told, the same at every scan', () => {
    const { self, first, second, entities } = run('/');
    expect(first).toEqual([
      expect.stringMatching(/Permission denied for exe, io, smaps_rollup of some.*CAP_SYS_PTRACE/),
    ]);
    expect(second).toEqual(first);
    const others = entities.find(({ pid }) => pid === process.pid)!;
    expect(others.owner).toBe('root');
    expect(others.metrics).toEqual(
      expect.arrayContaining(['process.memory.usage', 'process.cpu.time', 'process.thread.count']),
    );
    for (const name of ['process.memory.pss', 'process.memory.uss', 'process.memory.swap', 'process.disk.io'])
      expect(others.metrics).not.toContain(name);
    expect(entities.find(({ pid }) => pid === self)!.metrics).toEqual(
      expect.arrayContaining(['process.memory.pss', 'process.disk.io']),
    );
  });

  it.skipIf(!isRoot)('a mount with hidepid shows its own processes only', () => {
    const root = mkdtempSync(join(tmpdir(), 'procfs-hidepid-'));
    execFileSync('mkdir', ['-m', '755', join(root, 'proc')]);
    execFileSync('chmod', ['755', root]);
    const mount = spawnSync('mount', ['-t', 'proc', '-o', 'hidepid=2', 'proc', join(root, 'proc')], {
      encoding: 'utf8',
    });
    try {
      if (mount.status !== 0) return console.warn(`procfs: no hidepid mount is permitted here: ${mount.stderr}`);
      const { self, entities } = run(root);
      expect(entities.map(({ pid }) => pid)).toEqual([self]);
      return undefined;
    } finally {
      if (mount.status === 0) execFileSync('umount', [join(root, 'proc')]);
      rmSync(root, { recursive: true });
    }
  });

  it('its process ends although nobody has shut it down', () => {
    const result = spawnSync(process.execPath, ['-C', 'source', script, '/', 'leave open'], { timeout: 10_000 });
    expect(result.status).toBe(0);
  });
});

describe('files that stay open', () => {
  it('speak of what the process has now, also after an exec', async () => {
    await using child = await pythonChild(
      `import os,sys
block=bytearray(b'x')*(8<<20)
print('ready')
for line in sys.stdin:
  if line == 'grow\\n': block=bytearray(b'x')*(64<<20)
  if line == 'exec\\n': os.execv('/bin/sh', ['sh', '-c', 'echo done; read x'])
  print('done')`,
    );
    const { blockingReader } = await import('./worker-client.ts');
    const { log } = (await import('@millrace/core/testing')).testContext();
    const reader = blockingReader({ proc: '/proc', smapsFile: 'smaps_rollup', maxOpen: 4 }, log);
    const rss = async (): Promise<[number, number]> => {
      let values = new Float64Array();
      await reader.read({ kind: 'smaps', budgetMs: 1000, ended: new Int32Array() }, Int32Array.of(child.pid!), {
        waitMs: 5000,
        waitsFor: 'all',
        take: (answer) => answer.kind === 'smaps' && (values = answer.values as Float64Array<ArrayBuffer>),
      });
      return [values[0]!, values[1]!];
    };
    const openInUs = (): number =>
      Number(
        execFileSync('sh', [
          '-c',
          `ls -l /proc/${process.pid}/fd | grep -c "/proc/${child.pid}/smaps_rollup" || :`,
        ]).toString(),
      );
    try {
      const [, before] = await rss();
      expect(openInUs()).toBe(1);
      await child.ask('grow');
      const [, grown] = await rss();
      expect(grown - before).toBeGreaterThan(50 * 1024);
      await child.ask('exec');
      await sleep(50);
      const [outcome, after] = await rss();
      expect(outcome).toBe(0);
      expect(after).toBeLessThan(8 * 1024);
    } finally {
      await reader.shutdown(AbortSignal.timeout(1000));
    }
    expect(openInUs()).toBe(0);
  });
});
