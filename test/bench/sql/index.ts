import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { startPostgres } from '../../../packages/libraries/sql-postgresql/src/testdata/server.ts';
import type { Variant } from './reader.ts';

/*
 * The rows of a table, from a real PostgreSQL to OTLP bytes: as points of one metric whose series are known, and as log
 * records. Against them: the driver alone (pg with pg-cursor, rows as arrays, 1,000 at a time), which reads the same rows and
 * makes nothing of them. What is counted is the CPU of the reader's process; the server has its own. Each reader has a
 * process, and they run in turns.
 */
const rounds = Number(process.env['BENCH_ROUNDS'] ?? 9);
export const rowCount = 50_000;
const variants: readonly Variant[] = ['driver', 'metrics', 'logs'];

export default async function bench(): Promise<{ rows: string[][]; json: Record<string, number> }> {
  const server = await startPostgres();
  const readers = new Map<Variant, ChildProcess>();
  try {
    await server.sql(`CREATE TABLE measured AS SELECT g::int8 AS id, 'host-' || g / 100 AS host, 'disk-' || g % 100 AS disk,
      random() * 1e6 AS value, now() + g * interval '1 ms' AS at, 'request ' || md5(g::text) || ' took long' AS text
      FROM generate_series(1, ${rowCount}) g; ANALYZE measured`);
    for (const variant of variants)
      readers.set(variant, fork(join(import.meta.dirname, 'reader.ts'), [variant, String(server.port)]));
    await Promise.all(Array.from(readers.values(), (reader) => once(reader, 'message')));
    const figures = new Map(variants.map((variant) => [variant, [] as number[]]));
    for (let round = 0; round < rounds + 2; round++)
      for (const [variant, reader] of readers) {
        const said = once(reader, 'message') as Promise<[number]>;
        reader.send('go');
        const [cpuMs] = await said;
        // The first two warm up.
        if (round >= 2) figures.get(variant)!.push(cpuMs);
      }
    const cpu = (variant: Variant): number => median(figures.get(variant)!);
    const ratio = (variant: Variant): number =>
      Math.round(median(figures.get(variant)!.map((own, round) => own / figures.get('driver')![round]!)) * 100) / 100;
    const perSecond = (variant: Variant): number => Math.round(rowCount / (cpu(variant) / 1000));
    const json = {
      rows_per_cpu_s_driver: perSecond('driver'),
      rows_per_cpu_s_metrics: perSecond('metrics'),
      rows_per_cpu_s_logs: perSecond('logs'),
      ratio_to_driver_metrics: ratio('metrics'),
      ratio_to_driver_logs: ratio('logs'),
      ratio_to_driver: Math.max(ratio('metrics'), ratio('logs')),
    };
    const row = (title: string, variant: Variant): string[] => [
      title,
      String(perSecond(variant)),
      ((cpu(variant) * 1000) / rowCount).toFixed(2),
      ratio(variant).toFixed(2),
    ];
    const rows = [
      [`${rowCount} rows of 6 columns`, 'rows per CPU second', 'CPU µs a row', 'ratio'],
      row('the driver alone', 'driver'),
      row('to points, as OTLP', 'metrics'),
      row('to log records, as OTLP', 'logs'),
    ];
    return { rows, json };
  } finally {
    for (const reader of readers.values()) reader.disconnect();
    await server.remove();
  }
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
