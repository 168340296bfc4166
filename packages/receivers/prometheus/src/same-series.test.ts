import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Batch, NumberPoint } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { freePort } from '@millrace/core/testing';
import { program } from './testdata/programs.ts';
import { resourcesIn, scraping } from './testdata/scraping.ts';
import { targetServer } from './testdata/target-server.ts';

const prometheus = program('prometheus');

const page = [
  'plain 1',
  'labelled{a="1",b="x y"} 2',
  'labelled{a="2",b=""} 3',
  'conflict{job="page",instance="page:1",env="page"} 4',
  'conflict{job="page",exported_job="twice",env="page"} 5',
  'conflict{job="page",exported_job="twice",exported_exported_job="thrice"} 6',
  'empty{a="",b=""} 7',
  'quoted{a="\\"\\\\\\n"} 8',
  'dropped_by_name 9',
  'odd{code="404"} 10',
  '# TYPE counted counter',
  'counted_total{code="200"} 11',
  'nothing NaN',
  'infinite -Inf',
  '',
].join('\n');

const rules = [
  { source_labels: ['__name__'], regex: 'dropped_.*', action: 'drop' },
  { source_labels: ['__name__', 'code'], regex: 'odd;(\\d)..', target_label: 'class', replacement: '${1}xx' },
  { regex: 'exported_(.*)', replacement: 'page_$1', action: 'labelmap' },
  { source_labels: ['a'], modulus: 5, action: 'hashmod', target_label: 'shard' },
  { regex: 'b', action: 'labeldrop' },
  { source_labels: ['__name__'], regex: 'plain', target_label: '__name__', replacement: 'renamed' },
];

/** Name and labels of a series in one order, and its value. */
const line = (labels: Readonly<Record<string, unknown>>, value: string): string =>
  `${JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))} ${value}`;

/** What only says how the scrape went is another at each. */
const isReport = (text: string): boolean => /"scrape_\w+"/.test(text);

function ours(batch: Batch): string[] {
  const lines: string[] = [];
  for (const { resource, scopeMetrics } of resourcesIn(batch))
    for (const { metrics } of scopeMetrics)
      for (const { descriptor, dataPoints } of metrics)
        for (const { attributes, value } of dataPoints as readonly NumberPoint[]) {
          const { 'service.name': job, 'service.instance.id': instance } = resource.attributes;
          const text = Number.isFinite(value)
            ? String(value)
            : Number.isNaN(value)
              ? 'NaN'
              : Number(value) > 0
                ? '+Inf'
                : '-Inf';
          lines.push(line({ __name__: descriptor.name, job, instance, ...attributes }, text));
        }
  return lines.filter((text) => !isReport(text)).sort();
}

const variants: Readonly<Record<string, object>> = {
  plain: {},
  rules: { metric_relabel_configs: rules },
  honoured: { honor_labels: true },
  both: { honor_labels: true, metric_relabel_configs: rules },
};

describe.skipIf(!prometheus)('Prometheus makes the same series of the same page', () => {
  it('as it is and with rules, its labels honoured and not', async () => {
    const target = await targetServer();
    target.show(page);
    const folder = mkdtempSync(join(tmpdir(), 'millrace-prometheus-'));
    const address = `127.0.0.1:${await freePort()}`;
    const config = {
      scrape_configs: Object.entries(variants).map(([variant, more]) => ({
        job_name: variant,
        scrape_interval: '1s',
        static_configs: [{ targets: [target.address], labels: { env: 'prod', variant } }],
        ...more,
      })),
    };
    writeFileSync(join(folder, 'prometheus.yml'), stringify(config));
    const args = ['--web.listen-address', address, '--config.file', `${folder}/prometheus.yml`];
    const child = spawn(prometheus!, [...args, '--storage.tsdb.path', `${folder}/data`], { stdio: 'ignore' });
    const ended = once(child, 'close');
    const run = await scraping({ config });
    try {
      for (const variant of Object.keys(variants)) {
        const isOfVariant = (text: string): boolean => text.includes(`["variant","${variant}"]`);
        const found = ours(await run.until((batch) => ours(batch).some(isOfVariant)));
        let wanted: string[] = [];
        for (let tries = 0; tries < 100 && wanted.length === 0; tries++) {
          await sleep(100);
          wanted = (await series(address).catch(() => [])).filter(isOfVariant);
        }
        expect(found).toEqual(wanted);
        expect(found.length).toBeGreaterThan(10);
      }
    } finally {
      await run.stop();
      child.kill('SIGKILL');
      await ended;
      await target.close();
      rmSync(folder, { recursive: true, force: true });
    }
  }, 30_000);
});

interface Answer {
  readonly data: { readonly result: readonly { metric: Record<string, string>; value: [number, string] }[] };
}

/** All that it has now. */
async function series(address: string): Promise<string[]> {
  const query = encodeURIComponent('{__name__=~".+"}');
  const { data } = (await (await fetch(`http://${address}/api/v1/query?query=${query}`)).json()) as Answer;
  return data.result
    .map(({ metric, value }) => line(metric, value[1]))
    .filter((text) => !isReport(text))
    .sort();
}
