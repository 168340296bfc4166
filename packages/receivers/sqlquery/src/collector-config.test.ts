import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Batch, createCollector, defineExporter } from '@millrace/core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse, stringify } from 'yaml';
import sqlquery from './index.ts';
import { hasPostgres, usePostgres } from './testdata/postgres.ts';

const configs = parse(readFileSync(join(import.meta.dirname, '../testdata/collector.yaml'), 'utf8')) as Record<
  string,
  Record<string, unknown>
>;
/** What a config of the collector's comes to here, as a file; only the address of the server is another. */
async function run(receiver: object, enough: (batches: readonly Batch[]) => boolean): Promise<readonly Batch[]> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-config-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const batches: Batch[] = [];
  const keep = defineExporter({
    type: 'keep',
    description: 'Keeps what it gets.',
    signals: ['metrics', 'logs'],
    config: { properties: {} },
    create: () => ({ consume: async (batch) => void batches.push(batch) }),
  });
  const pipeline = { receivers: ['sqlquery'], exporters: ['keep'] };
  const service = { pipelines: { metrics: pipeline, logs: pipeline } };
  const file = join(folder, 'config.yaml');
  writeFileSync(file, stringify({ receivers: { sqlquery: receiver }, exporters: { keep: {} }, service }));
  const collector = await createCollector(file, { components: [sqlquery, keep] });
  await collector.start();
  await expect.poll(() => enough(batches), { timeout: 10_000 }).toBe(true);
  await collector.shutdown();
  return batches;
}

const pointsOf = (batches: readonly Batch[]) =>
  batches.flatMap((batch) =>
    batch.signal !== 'metrics'
      ? []
      : batch.resourceMetrics.flatMap(({ scopeMetrics }) =>
          scopeMetrics.flatMap(({ metrics }) =>
            metrics.flatMap(({ descriptor: { name }, dataPoints }) =>
              dataPoints.map((point) => ({ name, attributes: point.attributes, value: point.value })),
            ),
          ),
        ),
  );

describe.skipIf(!hasPostgres)("the collector's documented config", () => {
  // The tables of the examples in the collector's documentation.
  const postgres = usePostgres(
    `CREATE TABLE movie (name text, genre text);
   INSERT INTO movie VALUES ('E.T.', 'sci-fi'), ('Star Wars', 'sci-fi'), ('Die Hard', 'action');
   CREATE TABLE my_logs (log_id int, log_body text);
   INSERT INTO my_logs VALUES (9999, 'old'), (10001, 'new'), (10002, 'newer')`,
  );

  it('gives, as a file, what its documentation says', async () => {
    const { datasource } = postgres.base;
    const { storage: _needsAnExtension, ...config } = configs['metrics']!;
    const genresOf = (batches: readonly Batch[]) => pointsOf(batches).filter(({ attributes }) => 'genre' in attributes);
    const batches = await run(
      { ...config, datasource },
      (got) => got.some(({ signal }) => signal === 'logs') && genresOf(got).length >= 2,
    );
    const attributes = (genre: string) => ({ genre, dbinstance: 'mydbinstance' });
    expect(genresOf(batches)).toEqual(
      expect.arrayContaining([
        { name: 'movie.genres', attributes: attributes('sci-fi'), value: 2 },
        { name: 'movie.genres', attributes: attributes('action'), value: 1 },
      ]),
    );
    const bodies = batches.flatMap((batch) =>
      batch.signal !== 'logs'
        ? []
        : batch.resourceLogs.flatMap(({ scopeLogs }) =>
            scopeLogs.flatMap(({ logRecords }) => logRecords.map(({ body }) => body)),
          ),
    );
    expect(bodies).toEqual(['new', 'newer']);
  });
});
