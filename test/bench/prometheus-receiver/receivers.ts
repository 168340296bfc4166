import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasOtelcolPrometheus, otelcolPrometheus } from '../../peers/otelcol-prometheus/index.ts';
import { renderPage } from './page.ts';

/*
 * Whole receivers: each scrapes the page of a server every two seconds, with values that change, and its exporter does nothing
 * with what comes (ours counts it). CPU time of the process a scrape, when the series are known. They take turns, alone.
 */
const intervalMs = 2_000;
const warmUps = 3;
const scrapes = 6;
const turns = 2;

export interface ReceiverFigures {
  /** By turn. */
  readonly cpuMs: number[];
  readonly peakRssMb: number[];
}

export type Receivers = Readonly<Record<'millrace' | 'collector', ReceiverFigures>>;

/** Undefined, and said, where the collector is not built. */
export async function benchReceivers(): Promise<Receivers | undefined> {
  if (!hasOtelcolPrometheus()) {
    console.log('Not compared with the collector’s receiver: node test/peers/otelcol-prometheus/build.ts');
    return undefined;
  }
  const pages = [0, 1, 2, 3].map(renderPage);
  let served = 0;
  const server = createServer((_request, response) => {
    const page = pages[served++ % pages.length]!;
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4', 'content-length': page.length }).end(page);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const target = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  const figures: Receivers = {
    millrace: { cpuMs: [], peakRssMb: [] },
    collector: { cpuMs: [], peakRssMb: [] },
  };
  try {
    for (let turn = 0; turn < turns; turn++)
      for (const name of ['millrace', 'collector'] as const) {
        const file = join(folder, `${name}.yaml`);
        writeFileSync(file, configs[name](target));
        const child = spawn(...commands[name](file), { stdio: 'ignore' });
        try {
          const { cpuMs, peakRssMb } = await measure(child, () => served);
          figures[name].cpuMs.push(cpuMs);
          figures[name].peakRssMb.push(peakRssMb);
        } finally {
          child.kill('SIGKILL');
          await once(child, 'exit');
        }
      }
    return figures;
  } finally {
    rmSync(folder, { recursive: true });
    server.closeAllConnections();
    server.close();
  }
}

const scrape = (target: string): string => `
    config:
      scrape_configs:
        - job_name: bench
          scrape_interval: ${intervalMs / 1000}s
          scrape_timeout: ${intervalMs / 1000}s
          static_configs: [{ targets: ["${target}"] }]`;

const configs = {
  millrace: (target: string) => `
receivers:
  prometheus:${scrape(target)}
exporters: { debug: {} }
service:
  telemetry: { metrics: { level: none } }
  pipelines: { metrics: { receivers: [prometheus], exporters: [debug] } }
`,
  collector: (target: string) => `
receivers:
  prometheus:${scrape(target)}
exporters: { nop: {} }
service:
  telemetry: { metrics: { level: none } }
  pipelines: { metrics: { receivers: [prometheus], exporters: [nop] } }
`,
};

const millrace = join(import.meta.dirname, '../../../packages/cli/bin/millrace.js');

const commands = {
  millrace: (file: string): [string, string[]] => [process.execPath, ['-C', 'source', millrace, 'run', file]],
  collector: (file: string): [string, string[]] => [otelcolPrometheus.path, ['--config', file]],
};

/** CPU time of a scrape, over some scrapes after the first. */
async function measure({ pid }: ChildProcess, served: () => number): Promise<{ cpuMs: number; peakRssMb: number }> {
  const begin = served();
  await until(() => served() >= begin + warmUps);
  await sleep(intervalMs / 2); // between two scrapes
  const [before, from] = [cpuMsOf(pid!), served()];
  await until(() => served() >= from + scrapes);
  await sleep(intervalMs / 2);
  return { cpuMs: (cpuMsOf(pid!) - before) / (served() - from), peakRssMb: peakRssMbOf(pid!) };
}

async function until(isSo: () => boolean): Promise<void> {
  for (let waited = 0; !isSo(); waited += 20) {
    if (waited > 60_000) throw new Error('A program did not scrape in time.');
    await sleep(20);
  }
}

/** utime and stime of proc_pid_stat(5), in hundredths of a second. */
function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

const peakRssMbOf = (pid: number): number =>
  Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1000;
