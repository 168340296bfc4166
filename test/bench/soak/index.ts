import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const minutes = Number(process.env.SOAK_MINUTES ?? 10);
const children = 300;
const everyMs = 5_000;
const root = join(import.meta.dirname, '../../..');

/** RSS of the running host pipeline at a 1 s interval, with 300 more processes on the machine and a scrape a second. */
export default async function bench(): Promise<{ rows: string[][]; json: Record<string, number> }> {
  const sleepers = Array.from({ length: children }, () => spawn('sleep', ['86400'], { stdio: 'ignore' }));
  const program = spawn(
    process.execPath,
    [
      ...['-C', 'source', join(root, 'packages/cli/bin/millrace.js'), 'run', join(root, 'pipelines/host.yaml')],
      ...['--set', 'receivers.procfs.collection_interval=1s', '--set', 'exporters.prometheus.endpoint=localhost:0'],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, NODE_OPTIONS: '' } },
  );
  const url = await new Promise<string>((resolve) => {
    let said = '';
    program.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
      const [, found] = /url=(\S+)/.exec(said) ?? [];
      if (found) resolve(found);
    });
  });
  const samples: number[] = [];
  try {
    for (let scrape = 0; scrape * 1000 < minutes * 60_000; scrape++) {
      await sleep(1000);
      await (await fetch(url)).arrayBuffer();
      if ((scrape * 1000) % everyMs === 0) samples.push(rss(program.pid!));
    }
  } finally {
    program.kill();
    for (const sleeper of sleepers) sleeper.kill();
  }
  const mib = (bytes: number): number => +(bytes / 2 ** 20).toFixed(1);
  const fifth = Math.max(1, Math.floor(samples.length / 5));
  const part = (at: number): number => mib(median(samples.slice(at * fifth, (at + 1) * fifth)));
  const json = {
    minutes,
    rss_mib: part(4),
    rss_max_mib: mib(Math.max(...samples)),
    growth_after_warm_up_mib: +(part(4) - part(1)).toFixed(1),
  };
  const rows = [
    ['part of the run', 'median RSS, MiB'],
    ...[0, 1, 2, 3, 4].map((at) => [`${at + 1} of 5`, String(part(at))]),
  ];
  return { rows, json };
}

const rss = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
