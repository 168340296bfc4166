import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type InputOf, PermanentError, RefusedError, resolveConfig } from '@millrace/core';
import { render } from '@millrace/core/testing';
import { lookEveryMs } from '@millrace/target-files';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { config as schema } from './config/schema.ts';
import prometheus from './index.ts';
import { metricsIn, oneJob, resourcesIn, scraping, type Scraping, valueIn } from './testdata/scraping.ts';
import { type TargetServer, targetServer } from './testdata/target-server.ts';

let folder: string;
let target: TargetServer;
let run: Scraping | undefined;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-prometheus-'));
  target = await targetServer();
  target.show('a 1\nb 2\n');
});
afterEach(async () => {
  await run?.stop();
  run = undefined;
  await target.close();
  rmSync(folder, { recursive: true });
});

it('the end of a series that the pipeline did not take comes with the next scrape', async () => {
  run = await scraping(oneJob([target.address]));
  await run.next();
  target.show('a 1\n');
  run.out.failures.push(new RefusedError('full'), new RefusedError('full'));
  const batch = await run.next();
  expect(run.out.failures).toEqual([]);
  expect([valueIn(batch, 'a'), valueIn(batch, 'b'), valueIn(batch, 'up')]).toEqual([1, 'ended', 1]);
  expect(valueIn(await run.next(), 'b')).toBeUndefined();
  expect(run.context.lines.map(({ level, message }) => [level, message])).toEqual([
    ['warn', 'The pipeline did not take a scrape.'],
    ['info', 'The pipeline takes scrapes again.'],
  ]);
});

it('what the pipeline refuses for good does not come again', async () => {
  run = await scraping(oneJob([target.address]));
  await run.next();
  target.show('a 1\n');
  run.out.failures.push(new PermanentError('no'));
  expect(valueIn(await run.next(), 'b')).toBeUndefined();
});

it('a target that is gone ends at once, with what was told of it, and one that comes begins', async () => {
  const other = await targetServer();
  try {
    other.show('c 3\n');
    const list = (...targets: readonly string[]): void =>
      writeFileSync(join(folder, 'targets.json'), JSON.stringify([{ targets, labels: { env: 'x' } }]));
    list(target.address);
    run = await scraping(
      oneJob([], {
        file_sd_configs: [{ files: [join(folder, '*.json')] }],
        relabel_configs: [{ source_labels: ['__meta_filepath'], target_label: 'file' }],
      }),
    );
    const [first] = metricsIn(await run.until((batch) => valueIn(batch, 'a') === 1));
    expect(first!.dataPoints[0]!.attributes).toMatchObject({ env: 'x', file: join(folder, 'targets.json') });
    list(other.address);
    await run.clock.advance(lookEveryMs);
    const ended = await run.until((batch) => valueIn(batch, 'up') === 'ended');
    expect(metricsIn(ended).every(({ dataPoints }) => dataPoints.every(({ flags }) => flags === 1))).toBe(true);
    expect(
      metricsIn(ended)
        .map(({ descriptor }) => descriptor.name)
        .sort(),
    ).toEqual([
      'a',
      'b',
      'scrape_duration_seconds',
      'scrape_samples_post_metric_relabeling',
      'scrape_samples_scraped',
      'scrape_series_added',
      'up',
    ]);
    expect(valueIn(await run.until((batch) => valueIn(batch, 'c') !== undefined), 'c')).toBe(3);
  } finally {
    await run?.stop();
    await other.close();
  }
});

it('a job with too many targets scrapes none, and says so of each', async () => {
  const other = await targetServer();
  try {
    other.show('c 3\n');
    run = await scraping(oneJob([target.address, other.address], { target_limit: 1 }));
    await run.until((batch) => valueIn(batch, 'up') === 0);
    await run.until((batch) => valueIn(batch, 'up') === 0);
    expect([target.requests, other.requests]).toEqual([[], []]);
    expect(run.context.lines.map(({ fields }) => (fields as { error: string }).error)).toEqual([
      'The job has 2 targets: target_limit allows 1.',
      'The job has 2 targets: target_limit allows 1.',
    ]);
  } finally {
    await other.close();
  }
});

it('the same target named twice is scraped once', async () => {
  run = await scraping(oneJob([target.address, target.address]));
  await run.next();
  await run.next();
  expect(target.requests).toHaveLength(2);
});

it('jobs have their own rules, and the same target in two is two', async () => {
  const job = (name: string, more: object) => ({
    job_name: name,
    static_configs: [{ targets: [target.address] }],
    ...more,
  });
  run = await scraping({
    config: {
      scrape_configs: [
        job('one', { metric_relabel_configs: [{ source_labels: ['__name__'], regex: 'a', action: 'drop' }] }),
        job('two', { scrape_interval: '5m' }),
      ],
    },
  });
  const texts = [await run.next(), await run.next(), await run.until((batch) => render(batch).includes('"two"'))].map(
    render,
  );
  expect(texts.some((text) => /^a\{.*"one"/m.test(text))).toBe(false);
  expect(texts.some((text) => /^b\{.*"one"/m.test(text))).toBe(true);
  expect(texts.some((text) => /^a\{.*"two"/m.test(text))).toBe(true);
});

it('tells its targets when it is asked', async () => {
  run = await scraping(oneJob([target.address], { params: { key: ['secret'] } }));
  const ask = (job?: string) =>
    run!.receiver.command!({
      name: 'targets',
      arguments: job === undefined ? {} : { job },
      signal: AbortSignal.timeout(1_000),
    });
  const known = {
    job: 'shop',
    url: `http://${target.address}/metrics`,
    labels: { job: 'shop', instance: target.address },
    interval_seconds: 60,
  };
  expect(await ask()).toEqual({ targets: [known] });
  await run.next();
  const well = {
    up: true,
    last_scrape: expect.stringMatching(/^2026-01-01T00:0/),
    last_duration_seconds: expect.any(Number),
    samples: 2,
  };
  expect(await ask('shop')).toEqual({ targets: [{ ...known, ...well }] });
  expect(await ask('other')).toEqual({ targets: [] });
  target.answer((_request, response) => response.writeHead(503).end());
  await run.until((batch) => valueIn(batch, 'up') === 0);
  const error = `http://${target.address}/metrics answered with the status 503.`;
  expect(await ask()).toEqual({ targets: [{ ...known, ...well, up: false, samples: 0, error }] });
});

it('the doctor says which targets show metrics, and why others do not', async () => {
  const web = await targetServer();
  try {
    web.show('<html></html>', 'text/html');
    const config = oneJob([target.address, web.address, '127.0.0.1:1']) as InputOf<typeof schema>;
    const findings = await prometheus.diagnose!(resolveConfig(schema, config));
    expect(findings.map(({ level, text }) => [level, text])).toEqual([
      ['ok', `http://${target.address}/metrics shows metrics.`],
      ['warning', expect.stringMatching(/cannot be scraped: The page has the content type text\/html/)],
      ['warning', expect.stringMatching(/127.0.0.1:1\/metrics cannot be scraped: .*ECONNREFUSED/)],
    ]);
  } finally {
    await web.close();
  }
});

it('after the shutdown there is nothing more, and a scrape under way is not told', async () => {
  target.answer(() => {});
  run = await scraping(oneJob([target.address]));
  await run.clock.advance(60_000);
  await expect.poll(() => target.requests.length).toBe(1);
  await run.stop();
  expect(run.out.batches.flatMap(resourcesIn)).toEqual([]);
  expect(run.context.lines).toEqual([]);
});
