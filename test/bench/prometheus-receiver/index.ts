import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchReader, hasReader } from '../../peers/textparse/index.ts';
import { renderPage, seriesCount } from './page.ts';
import { benchReceivers, type Receivers } from './receivers.ts';
import type { Variant } from './variants.ts';

/*
 * A page of 100,000 series, from its bytes to objects: ours, as samples and as OpenTelemetry metrics, the first page of a
 * target (`first`: nothing is known of it) and those after it (`again`: the series are known); and against it
 * parse-prometheus-text-format, which knows nothing from page to page. `objects alone` makes the samples without reading
 * anything. Each has a process of its own, and they run in turns. Where `test/peers/textparse` is built, then the parser of
 * Prometheus, by CPU time alone: with labels made for each series (`first`), and without (`again`).
 */
const rounds = Number(process.env['BENCH_ROUNDS'] ?? 7);
const warmUps = 3;
const variants: readonly Variant[] = [
  'npm',
  'samples, first',
  'samples, again',
  'metrics, first',
  'metrics, again',
  'objects alone',
];

interface Measured {
  readonly cpuMs: number;
  readonly ms: number;
  readonly bytes: number;
}

export default async function bench(): Promise<{ rows: string[][]; json: Record<string, number> }> {
  const parsers = new Map<Variant, ChildProcess>();
  try {
    const measured = new Map(variants.map((variant) => [variant, [] as Measured[]]));
    for (const variant of variants) parsers.set(variant, fork(join(import.meta.dirname, 'variants.ts'), [variant]));
    await Promise.all(Array.from(parsers.values(), (parser) => once(parser, 'message')));
    for (let round = 0; round < rounds + warmUps; round++)
      for (const [variant, parser] of parsers) {
        const said = once(parser, 'message') as Promise<[[number, number, number]]>;
        parser.send('go');
        const [[cpuMs, ms, bytes]] = await said;
        if (round >= warmUps) measured.get(variant)!.push({ cpuMs, ms, bytes });
      }
    for (const parser of parsers.values()) parser.disconnect();
    parsers.clear();
    return report(measured, { textparse: benchTextparse(), receivers: await benchReceivers() });
  } finally {
    for (const parser of parsers.values()) parser.disconnect();
  }
}

interface Textparse {
  readonly first: readonly number[];
  readonly again: readonly number[];
}

function benchTextparse(): Textparse | undefined {
  if (!hasReader()) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  try {
    const path = join(folder, 'page.txt');
    writeFileSync(path, renderPage(0));
    return benchReader(path, rounds);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Peers {
  readonly textparse: Textparse | undefined;
  readonly receivers: Receivers | undefined;
}

function report(measured: ReadonlyMap<Variant, readonly Measured[]>, { textparse, receivers }: Peers) {
  const bytes = measured.get('npm')![0]!.bytes;
  const cpuMs = (variant: Variant): number => median(measured.get(variant)!.map((one) => one.cpuMs));
  const ms = (variant: Variant): number => median(measured.get(variant)!.map((one) => one.ms));
  const perSecond = (variant: Variant): number => round(bytes / 1e3 / ms(variant));
  const ratio = (variant: Variant): number => round(ms('npm') / ms(variant));
  const rows = [
    [`${seriesCount} series, ${(bytes / 1e6).toFixed(1)} MB`, 'MB/s', 'ms', 'CPU ms', 'times as fast'],
    ...variants.map((variant) => [
      variant,
      String(perSecond(variant)),
      ms(variant).toFixed(0),
      cpuMs(variant).toFixed(0),
      ratio(variant).toFixed(1),
    ]),
    ...(textparse
      ? [
          ['Prometheus (Go), first', '', '', median(textparse.first).toFixed(0), ''],
          ['Prometheus (Go), again', '', '', median(textparse.again).toFixed(0), ''],
        ]
      : []),
    ...(receivers
      ? (['millrace', 'collector'] as const).map((name) => [
          `receiver of ${name}, again`,
          '',
          '',
          median(receivers[name].cpuMs).toFixed(0),
          `${median(receivers[name].peakRssMb).toFixed(0)} MB`,
        ])
      : []),
  ];
  return {
    rows,
    json: {
      // What the npm parser gives are samples with labels; metrics of OpenTelemetry are more.
      ratio_to_npm_parser: ratio('samples, first'),
      ratio_to_npm_parser_metrics: ratio('metrics, first'),
      ratio_to_npm_parser_again: ratio('metrics, again'),
      cpu_ratio_to_npm_parser: round(cpuMs('npm') / cpuMs('samples, first')),
      cpu_ratio_to_npm_parser_metrics: round(cpuMs('npm') / cpuMs('metrics, first')),
      cpu_ratio_to_objects_alone: round(cpuMs('objects alone') / cpuMs('samples, first')),
      ...(textparse && {
        cpu_ratio_to_prometheus: round(median(textparse.first) / cpuMs('samples, first')),
        cpu_ratio_to_prometheus_again: round(median(textparse.again) / cpuMs('samples, again')),
      }),
      ...(receivers && {
        cpu_ratio_to_collector: round(median(receivers.collector.cpuMs) / median(receivers.millrace.cpuMs)),
        rss_ratio_to_collector: round(median(receivers.millrace.peakRssMb) / median(receivers.collector.peakRssMb)),
      }),
      mb_per_s_first: perSecond('metrics, first'),
      mb_per_s_again: perSecond('metrics, again'),
      mb_per_s_npm_parser: perSecond('npm'),
    },
  };
}

const round = (value: number): number => Math.round(value * 100) / 100;

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
