import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '@millrace/core/testing';

/** Something that scans /proc when asked, and says what CPU time it took. */
export interface Scanner {
  /** CPU milliseconds of one scan, user and system, of all threads. */
  scan(): Promise<number>;
  stop(): Promise<void>;
}

export function compile(name: string, into: string): string {
  const program = join(into, name);
  execFileSync('cc', ['-O2', '-o', program, join(import.meta.dirname, `${name}.c`)]);
  return program;
}

/** Processes that hold still. They end with this process at the latest: they watch its end of a pipe. */
export async function stillChildren(program: string, count: number): Promise<() => Promise<void>> {
  const parent = spawn(program, [String(count)], { stdio: ['pipe', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: parent.stdout })) if (line === 'ready') break;
  return () => stopped(parent);
}

/** A program that answers each line with the CPU milliseconds of a scan: the C floor, or a scanner of ours by itself. */
export function scannerProcess(program: string, args: readonly string[]): Scanner {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async scan() {
      child.stdin.write('\n');
      const { value, done } = await lines.next();
      if (done) throw new Error(`${program} has ended.`);
      return Number.parseFloat(String(value));
    },
    stop: () => stopped(child),
  };
}

const exporter = '/usr/bin/prometheus-process-exporter';

/** Debian's prometheus-process-exporter, where it is installed. */
export async function processExporter(folder: string, options: readonly string[]): Promise<Scanner | undefined> {
  if (!existsSync(exporter)) return undefined;
  const config = join(folder, 'process-exporter.yaml');
  writeFileSync(config, "process_names:\n  - name: '{{.ExeBase}}'\n    cmdline: ['.+']\n");
  const port = await freePort();
  const child = spawn(
    exporter,
    ['-gather-smaps', '-config.path', config, '-web.listen-address', `127.0.0.1:${port}`, ...options],
    { stdio: 'ignore' },
  );
  const page = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  for (let tries = 0; ; tries++) {
    const text = await page().catch(() => '');
    if (text.includes('proportionalResident')) break;
    if (tries > 100) throw new Error('prometheus-process-exporter does not answer with proportional memory.');
    await sleep(100);
  }
  return {
    async scan() {
      const before = cpuMilliseconds(child.pid!);
      const scrapes = 3;
      for (let i = 0; i < scrapes; i++) await page();
      return (cpuMilliseconds(child.pid!) - before) / scrapes;
    },
    stop: () => stopped(child),
  };
}

/** In ticks of 10 ms: a scan of hundreds of milliseconds is known well enough. */
function cpuMilliseconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  if (child.stdin) child.stdin.end();
  else child.kill();
  await Promise.race([exit, sleep(3000).then(() => child.kill('SIGKILL'))]);
}
