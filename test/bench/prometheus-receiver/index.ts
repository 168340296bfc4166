import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { seriesCount } from './page.ts';
import type { Variant } from './variants.ts';

/*
 * A page of 100,000 series, from its bytes to objects: ours, as samples and as OpenTelemetry metrics, the first page of a
 * target (`first`: nothing is known of it) and those after it (`again`: the series are known); and against it
 * parse-prometheus-text-format, which knows nothing from page to page. Each has a process of its own, and they run in turns.
 */
const rounds = Number(process.env['BENCH_ROUNDS'] ?? 7);
const warmUps = 3;
const variants: readonly Variant[] = ['npm', 'samples, first', 'samples, again', 'metrics, first', 'metrics, again'];

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
    return report(measured);
  } finally {
    for (const parser of parsers.values()) parser.disconnect();
  }
}

function report(measured: ReadonlyMap<Variant, readonly Measured[]>) {
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
  ];
  return {
    rows,
    json: {
      ratio_to_npm_parser: ratio('metrics, first'),
      ratio_to_npm_parser_samples: ratio('samples, first'),
      ratio_to_npm_parser_again: ratio('metrics, again'),
      cpu_ratio_to_npm_parser: round(cpuMs('npm') / cpuMs('metrics, first')),
      mb_per_s_first: perSecond('metrics, first'),
      mb_per_s_again: perSecond('metrics, again'),
      mb_per_s_npm_parser: perSecond('npm'),
    },
  };
}

const round = (value: number): number => Math.round(value * 10) / 10;

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
