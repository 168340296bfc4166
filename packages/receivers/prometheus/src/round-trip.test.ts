import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Batch, metricsBatch, resolveConfig } from '@millrace/core';
import { freePort, testContext } from '@millrace/core/testing';
import { describe, expect, it } from 'vitest';
import exporter from '../../../exporters/prometheus/src/index.ts';
import { evil, shop } from '../../../libraries/prometheus-text/testdata/metrics.ts';
import { metricsIn, oneJob, scraping, valueIn } from './testdata/scraping.ts';
import { program } from './testdata/programs.ts';

/** A page of our own exporter, which shows these metrics at an address. */
async function shown(batch: Batch, config: object, look: (address: string) => Promise<void>): Promise<void> {
  const endpoint = `127.0.0.1:${await freePort()}`;
  const component = exporter.create(resolveConfig(exporter.config, { endpoint, ...config }), testContext());
  await component.start?.();
  try {
    await component.consume(batch);
    await look(endpoint);
  } finally {
    await component.shutdown?.(AbortSignal.timeout(1_000));
  }
}

async function scrapeOnce(address: string): Promise<Batch> {
  const run = await scraping(oneJob([address], { honor_labels: true }));
  try {
    const batch = await run.next();
    expect(run.context.lines).toEqual([]);
    return batch;
  } finally {
    await run.stop();
  }
}

/** What it shows, line by line, without what the receiver says of itself, and where. */
const pageOf = async (address: string, accept: string): Promise<string[]> => {
  const answer = await fetch(`http://${address}/metrics`, { headers: { accept } });
  return (await answer.text())
    .split('\n')
    .filter((line) => !/^(?:# .*)?(?:up|scrape_(?:duration_seconds|samples|series)\w*)\b/.test(line))
    .filter((line) => !/^# (?:HELP|TYPE|UNIT) (?:up|scrape_)/.test(line) && !line.includes('job="shop"'))
    .map((line) => line.replaceAll(/,(?:server_address|server_port|url_scheme)="[^"]*"/g, ''))
    .sort();
};

/** Values of a page are doubles. */
const asDouble = (lines: readonly string[]): string[] =>
  lines.map((line) => line.replace('9007199254740993', '9007199254740992'));

it.each([
  ['text', { enable_open_metrics: false }, 'text/plain;version=0.0.4'],
  ['OpenMetrics', { enable_open_metrics: true }, 'application/openmetrics-text;version=1.0.0'],
])('what our exporter shows is the same page again after it was scraped, as %s', async (_name, config, accept) => {
  await shown(metricsBatch([shop]), config, async (address) => {
    const before = await pageOf(address, accept);
    expect(before.length).toBeGreaterThan(40);
    const scraped = await scrapeOnce(address);
    await shown(scraped, config, async (again) => expect(await pageOf(again, accept)).toEqual(asDouble(before)));
  });
});

it('so is what is hard to write, under names that are left as they are', async () => {
  const config = { enable_open_metrics: false, translation_strategy: 'NoTranslation' };
  const accept = 'text/plain;version=1.0.0;escaping=allow-utf-8';
  // The page has no instance, so that of the target is it; and a series with job and instance of its own is a target more.
  const known = (lines: readonly string[]): string[] =>
    lines
      .map((line) => line.replace(/,instance="127[^"]*"|(?<=\{)instance="127[^"]*",/, ''))
      .filter((line) => !line.includes('target_info'))
      .sort();
  await shown(metricsBatch([evil]), config, async (address) => {
    const before = await pageOf(address, accept);
    expect(before.length).toBeGreaterThan(40);
    const scraped = await scrapeOnce(address);
    await shown(scraped, config, async (again) => expect(known(await pageOf(again, accept))).toEqual(known(before)));
  });
});

const prometheus = program('prometheus');

describe.skipIf(!prometheus)("a Prometheus server's own page", () => {
  it('is scraped without a word', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-prometheus-'));
    const address = `127.0.0.1:${await freePort()}`;
    writeFileSync(join(folder, 'prometheus.yml'), 'global: {}\n');
    const child = spawn(
      prometheus!,
      [
        `--web.listen-address=${address}`,
        `--config.file=${folder}/prometheus.yml`,
        `--storage.tsdb.path=${folder}/data`,
      ],
      { stdio: 'ignore' },
    );
    const ended = once(child, 'close');
    try {
      for (let tries = 0; tries < 100; tries++) {
        if (
          await fetch(`http://${address}/-/ready`).then(
            ({ ok }) => ok,
            () => false,
          )
        )
          break;
        await sleep(100);
      }
      const run = await scraping(oneJob([address]));
      try {
        const batch = await run.next();
        expect(run.context.lines).toEqual([]);
        expect(valueIn(batch, 'up')).toBe(1);
        const text = await (await fetch(`http://${address}/metrics`)).text();
        const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
        // Its own page grows a little from scrape to scrape.
        expect(Number(valueIn(batch, 'scrape_samples_scraped'))).toBeGreaterThan(lines.length * 0.9);
        const types = new Map(
          metricsIn(batch).map(({ descriptor }) => [descriptor.name, descriptor.metadata?.['prometheus.type']]),
        );
        expect(types.get('prometheus_build_info')).toBe('gauge');
        expect(types.get('go_gc_duration_seconds')).toBe('summary');
        expect(types.get('prometheus_http_request_duration_seconds')).toBe('histogram');
        expect(types.get('process_cpu_seconds_total')).toBe('counter');
        expect(Number(valueIn(await run.next(), 'up'))).toBe(1);
      } finally {
        await run.stop();
      }
    } finally {
      child.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    }
  }, 30_000);
});
