import { otelcolBinary } from '../../peers/otelcol/index.ts';
import { cases } from './cases.ts';
import { startBackend } from './load.ts';
import type { Figures, ProgramName } from './measure.ts';
import { measure } from './measure.ts';

/** What was not measured is null. */
interface Line {
  readonly name: string;
  readonly points_per_cpu_s: number | null;
  readonly ratio_to_collector: number | null;
  readonly rss_ratio_to_collector: number | null;
  readonly rss_mb: number | null;
  readonly collector_points_per_cpu_s: number | null;
  readonly collector_rss_mb: number | null;
}

/**
 * OTLP in → batch → OTLP out: data points for each CPU second, and peak RSS, of Millrace and of the OpenTelemetry Collector with
 * the same config, in turns. `npm run bench -- gateway` measures all cases, `npm run bench -- gateway grpc-1000-plain …` those
 * that are named. BENCH_LOAD (times the usual rate) and BENCH_ROUNDS change how.
 */
export default async function bench(): Promise<{ rows: string[][]; json: { cases: Line[]; failures: number } }> {
  const asked = process.argv.slice(3);
  const unknown = asked.find((name) => !cases.some((one) => one.name === name));
  if (unknown !== undefined)
    throw new Error(`There is no case "${unknown}". Cases: ${cases.map(({ name }) => name).join(', ')}`);
  const names: ProgramName[] = ['millrace'];
  if (otelcolBinary() === undefined)
    console.error('bench gateway: the collector is not built (node test/peers/otelcol/build.ts); it is left out.');
  else names.push('collector');

  const backend = await startBackend();
  const lines: Line[] = [];
  let failures = 0;
  try {
    for (const one of cases.filter(({ name }) => asked.length === 0 || asked.includes(name))) {
      const measured = await measure(one, { backend, names });
      for (const failure of measured.failures) console.error(`bench gateway: FAILED: ${failure}`);
      failures += measured.failures.length;
      lines.push(lineOf(one.name, measured.figures));
    }
  } finally {
    backend.stop();
  }
  if (failures > 0) process.exitCode = 1;
  return { rows: [heading, ...lines.map(rowOf)], json: { cases: lines, failures } };
}

function lineOf(name: string, { millrace, collector }: Partial<Record<ProgramName, Figures>>): Line {
  const pointsOf = (figures: Figures): number => Math.round(median(figures.pointsPerCpuSecond));
  const megabytesOf = (figures: Figures): number => rounded(median(figures.peakRssBytes) / 1e6);
  /** The median of the rounds' ratios: a round of the one is beside a round of the other. */
  const ratioOf = (key: keyof Figures): number | null =>
    millrace && collector ? rounded(median(millrace[key].map((ours, round) => ours / collector[key][round]!))) : null;
  return {
    name,
    points_per_cpu_s: millrace ? pointsOf(millrace) : null,
    ratio_to_collector: ratioOf('pointsPerCpuSecond'),
    rss_ratio_to_collector: ratioOf('peakRssBytes'),
    rss_mb: millrace ? megabytesOf(millrace) : null,
    collector_points_per_cpu_s: collector ? pointsOf(collector) : null,
    collector_rss_mb: collector ? megabytesOf(collector) : null,
  };
}

const heading = ['OTLP in → batch → OTLP out', 'points per CPU s', 'collector', 'ratio', 'RSS', 'collector', 'ratio'];

const rowOf = (line: Line): string[] => [
  line.name,
  points(line.points_per_cpu_s),
  points(line.collector_points_per_cpu_s),
  ratio(line.ratio_to_collector),
  megabytes(line.rss_mb),
  megabytes(line.collector_rss_mb),
  ratio(line.rss_ratio_to_collector),
];

const points = (value: number | null): string => (value === null ? '-' : value.toLocaleString('en'));
const megabytes = (value: number | null): string => (value === null ? '-' : `${Math.round(value)} MB`);
const ratio = (value: number | null): string => (value === null ? '-' : `${value.toFixed(2)}x`);

const rounded = (value: number): number => Math.round(value * 100) / 100;

/** Of an even number, the mean of the two in the middle. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = (sorted.length - 1) / 2;
  return (sorted[Math.floor(half)]! + sorted[Math.ceil(half)]!) / 2;
}
