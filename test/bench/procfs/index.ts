import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { OurScanner } from './ours.ts';
import { ours } from './ours.ts';
import type { Scanner } from './peers.ts';
import { compile, processExporter, scannerProcess, stillChildren } from './peers.ts';
import { stuckTree } from './stuck.ts';

const children = 1000;
const rounds = Number(process.env.BENCH_ROUNDS ?? 9);
const scansARound = 4;

/** CPU of one scan of 1,000 processes that hold still: the C floor, ours, and prometheus-process-exporter, taken in turns. */
export default async function bench(): Promise<{ rows: string[][]; json: Record<string, number> }> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  const stops: (() => Promise<void> | void)[] = [];
  const using = <S extends { stop(): Promise<void> }>(scanner: S): S => {
    stops.unshift(() => scanner.stop());
    return scanner;
  };
  try {
    stops.push(await stillChildren(compile('children', folder), children));
    const scannerOf = (config: object): Scanner =>
      using(
        scannerProcess(process.execPath, [
          '-C',
          'source',
          join(import.meta.dirname, 'scanner.ts'),
          JSON.stringify(config),
          String(scansARound),
        ]),
      );
    const everything = scannerOf({ smaps: { budget: '0' } });
    const budgeted = scannerOf({});
    const scanners: Record<string, Scanner> = {
      floor: using(scannerProcess(compile('floor', folder), [String(scansARound)])),
      everything,
      budgeted,
    };
    const exporter = await processExporter(folder, []);
    if (exporter) scanners.exporter = using(exporter);
    const withoutThreads = await processExporter(folder, ['-threads=false']);
    if (withoutThreads) scanners.exporterWithoutThreads = using(withoutThreads);
    if (!exporter) console.error('bench procfs: prometheus-process-exporter is not installed; it is left out.');

    // Until the code is compiled and the files are open.
    for (let i = 0; i < 15; i++) for (const scanner of [everything, budgeted]) await scanner.scan();
    const spent: Record<string, number[]> = Object.fromEntries(Object.keys(scanners).map((name) => [name, []]));
    for (let round = 0; round < rounds; round++)
      for (const [name, scanner] of Object.entries(scanners)) spent[name]!.push(await scanner.scan());

    const here = using(await ours({ smaps: { budget: '0' } }, scansARound));
    for (let i = 0; i < 5; i++) await here.scan();
    const delays = await loopDelays(here, folder);
    const ratio = (name: string, to: string): number =>
      median(spent[name]!.map((milliseconds, round) => milliseconds / spent[to]![round]!));
    const cpu = (name: string): number => median(spent[name]!);
    const json: Record<string, number> = {
      ratio_to_floor: ratio('everything', 'floor'),
      ratio_to_floor_budgeted: ratio('budgeted', 'floor'),
      ...(exporter && {
        ratio_to_process_exporter: ratio('budgeted', 'exporter'),
        ratio_to_process_exporter_everything: ratio('everything', 'exporter'),
        ratio_to_process_exporter_without_threads: ratio('everything', 'exporterWithoutThreads'),
      }),
      max_loop_delay_ms: delays.scrape,
      max_loop_delay_pipeline_ms: delays.pipeline,
      cpu_ms_per_scan: cpu('everything'),
      cpu_ms_per_scan_budgeted: cpu('budgeted'),
      floor_cpu_ms_per_scan: cpu('floor'),
    };
    const line = (title: string, name: string): string[][] =>
      name in spent ? [[title, cpu(name).toFixed(1), ratio(name, 'floor').toFixed(2)]] : [];
    const stages = ['procfs', ...here.stages].join(' → ');
    const rows = [
      [`one scan of ${children} processes`, 'CPU ms', 'ratio to C'],
      ...line('C: open, read, close stat, smaps_rollup, cmdline, io', 'floor'),
      ...line(`${stages}, everything read at every scan`, 'everything'),
      ...line(`${stages}, default budget`, 'budgeted'),
      ...line('prometheus-process-exporter -gather-smaps', 'exporter'),
      ...line('prometheus-process-exporter -gather-smaps -threads=false', 'exporterWithoutThreads'),
      ['longest hold of the event loop by a scrape, ms', delays.scrape.toFixed(1), ''],
      ['longest hold of the event loop by the whole pipeline, ms', delays.pipeline.toFixed(1), ''],
    ];
    return { rows, json };
  } finally {
    for (const stop of stops) await stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Milliseconds that the event loop is held while this machine is scanned and another scanner's worker is stuck: median of rounds. */
async function loopDelays(here: OurScanner, folder: string): Promise<{ scrape: number; pipeline: number }> {
  const tree = stuckTree(folder, 4);
  const stuck = await ours({ root_path: tree.rootPath }, 1);
  const longest = { scrape: [] as number[], pipeline: [] as number[] };
  try {
    for (let round = 0; round < 9; round++) {
      for (const extent of ['scrape', 'pipeline'] as const) {
        const delay = monitorEventLoopDelay({ resolution: 1 });
        delay.enable();
        await Promise.all([stuck.once(extent), here.once(extent)]);
        delay.disable();
        longest[extent].push(delay.max / 1e6);
      }
    }
  } finally {
    // Its thread ends once the writer comes, so it is stopped before the writer is.
    await stuck.stop();
    tree.stop();
  }
  return { scrape: median(longest.scrape), pipeline: median(longest.pipeline) };
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
