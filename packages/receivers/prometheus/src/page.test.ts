import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Batch, type NumberPoint, pointType, type SumMetric } from '@millrace/core';
import { render } from '@millrace/core/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { metricsIn, oneJob, resourcesIn, scraping, type Scraping, valueIn } from './testdata/scraping.ts';
import { openMetricsType, type TargetServer, targetServer } from './testdata/target-server.ts';

const testdata = join(import.meta.dirname, '../testdata');
const read = (name: string): string => readFileSync(join(testdata, name), 'utf8');

let target: TargetServer;
let run: Scraping | undefined;
beforeEach(async () => void (target = await targetServer()));
afterEach(async () => {
  await run?.stop();
  run = undefined;
  await target.close();
});

/** Without what is another at each run. */
const stable = (batch: Batch): string =>
  render(batch)
    .replaceAll(target.address.split(':')[1]!, 'PORT')
    .replace(/(scrape_duration_seconds\{.*\}) \S+ s/g, '$1 TIME s');

it.each([
  ['shop.prom', undefined, {}],
  ['shop.openmetrics', openMetricsType, {}],
  [
    'relabelled',
    openMetricsType,
    {
      static_configs: [{ targets: ['ADDRESS'], labels: { env: 'prod', code: 'target', shard: 7 } }],
      relabel_configs: [
        { source_labels: ['__address__'], regex: '(.*):(\\d+)', target_label: 'instance', replacement: 'shop-1' },
        { source_labels: ['__scheme__'], target_label: 'scheme' },
      ],
      metric_relabel_configs: [
        { source_labels: ['__name__'], regex: 'shop_temperature.*', action: 'drop' },
        { source_labels: ['__name__'], regex: 'shop_(.*)', target_label: '__name__', replacement: 'store_$1' },
        { source_labels: ['exported_code'], regex: '5..', target_label: 'is_error', replacement: 'true' },
        { regex: 'shard', action: 'labeldrop' },
      ],
    },
  ],
])('makes metrics of %s', async (name, type, more) => {
  const page = name === 'relabelled' ? 'shop.openmetrics' : name;
  target.show(read(page), type);
  const job = JSON.parse(JSON.stringify(more).replaceAll('ADDRESS', target.address)) as object;
  run = await scraping(oneJob([target.address], job));
  await expect(stable(await run.next())).toMatchFileSnapshot(join(testdata, `${name}.txt`));
});

it('tells types, units, descriptions and scopes', async () => {
  target.show(read('shop.openmetrics'), openMetricsType);
  run = await scraping(oneJob([target.address]));
  const batch = await run.next();
  const found = resourcesIn(batch).flatMap(({ scopeMetrics }) =>
    scopeMetrics.flatMap(({ scope, metrics }) =>
      metrics.map(({ descriptor: { name, description, unit, metadata }, dataPointType, ...rest }) => ({
        name,
        description,
        unit,
        type: Object.entries(pointType).find(([, type]) => type === dataPointType)?.[0],
        prometheus: metadata?.['prometheus.type'],
        ...('isMonotonic' in rest && { monotonic: (rest as SumMetric).isMonotonic }),
        scope: [scope.name, scope.version, scope.attributes].filter(Boolean),
      })),
    ),
  );
  await expect(`${JSON.stringify(found, undefined, 2)}\n`).toMatchFileSnapshot(join(testdata, 'shop.descriptors.json'));
});

it('counters start where the page says it, or when they were seen first, and anew when they fall', async () => {
  target.show(
    '# TYPE a counter\na_total 5\na_created 1700000000.5\n# TYPE b counter\nb_total 5\n# EOF\n',
    openMetricsType,
  );
  run = await scraping(oneJob([target.address]));
  const pointOf = (batch: Batch, name: string) =>
    metricsIn(batch).find(({ descriptor }) => descriptor.name === name)!.dataPoints[0] as NumberPoint;
  const first = await run.next();
  expect(pointOf(first, 'a_total').startTime).toEqual([1_700_000_000, 500_000_000]);
  const began = pointOf(first, 'b_total').startTime;
  expect(began).toEqual(pointOf(first, 'b_total').endTime);
  expect(pointOf(await run.next(), 'b_total').startTime).toEqual(began);
  target.show('# TYPE b counter\nb_total 2\n# EOF\n', openMetricsType);
  const reset = await run.until((batch) => valueIn(batch, 'b_total') === 2);
  expect(pointOf(reset, 'b_total').startTime).toEqual(pointOf(reset, 'b_total').endTime);
});

it('counters start when the process did, if the config says so', async () => {
  target.show('# TYPE b counter\nb 5\n# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds 1.7e9\n');
  run = await scraping({ ...oneJob([target.address]), use_start_time_metric: true });
  const point = metricsIn(await run.next()).find(({ descriptor }) => descriptor.name === 'b')!.dataPoints[0]!;
  expect(point.startTime).toEqual([1_700_000_000, 0]);
});

it('a series that is gone from the page ends, and nothing else', async () => {
  target.show('a{x="1"} 1\na{x="2"} 2\nb 3\n');
  run = await scraping(oneJob([target.address]));
  await run.next();
  target.show('a{x="2"} 2\n');
  const batch = await run.until((one) => valueIn(one, 'b') === 'ended');
  expect(stable(batch)).toContain('|x="1"} ended');
  expect(stable(batch)).toContain('|x="2"} 2');
  expect(valueIn(await run.next(), 'b')).toBeUndefined();
});

it('the times of a page count, unless the config says that they do not', async () => {
  const time = Date.UTC(2025, 11, 31);
  const timesOf = (batch: Batch): number =>
    (metricsIn(batch).find(({ descriptor }) => descriptor.name === 'a')!.dataPoints[0] as NumberPoint).endTime[0];
  target.show(`a 1 ${time}\n`);
  run = await scraping(oneJob([target.address]));
  expect(timesOf(await run.next())).toBe(Math.floor(time / 1000));
  target.show('b 1\n');
  // Such a series only stops.
  expect(valueIn(await run.until((batch) => valueIn(batch, 'b') === 1), 'a')).toBeUndefined();
  await run.stop();

  target.show(`a 1 ${time}\n`);
  run = await scraping(oneJob([target.address], { honor_timestamps: false }));
  expect(timesOf(await run.next())).toBeGreaterThan(time / 1000 + 86_000);
  await run.stop();

  run = await scraping(oneJob([target.address], { track_timestamps_staleness: true }));
  await run.next();
  target.show('b 1\n');
  expect(valueIn(await run.until((batch) => valueIn(batch, 'b') === 1), 'a')).toBe('ended');
});

it('labels of a federating page make resources of their own, if they are to be honoured', async () => {
  const page = [
    'a{job="x",instance="x:1"} 1',
    'a{job="x",instance="x:2"} 2',
    'a{instance=""} 3',
    'target_info{job="x",instance="x:1",region="eu"} 1',
    '',
  ].join('\n');
  target.show(page);
  run = await scraping(oneJob([target.address], { honor_labels: true }));
  await expect(stable(await run.next())).toMatchFileSnapshot(join(testdata, 'federated.txt'));
  target.show('a{job="x",instance="x:1"} 1\n');
  const batch = await run.until((one) => valueIn(one, 'scrape_samples_scraped') === 1);
  expect(stable(batch)).toMatch(/service.instance.id="x:2".*\|\} ended/);
  await run.stop();

  target.show(page);
  run = await scraping(oneJob([target.address]));
  await expect(stable(await run.next())).toMatchFileSnapshot(join(testdata, 'federated.exported.txt'));
});

it('a resource that becomes another ends under its old attributes', async () => {
  target.show('# TYPE target info\ntarget_info{version="1"} 1\n# TYPE a gauge\na 1\n# EOF\n', openMetricsType);
  run = await scraping(oneJob([target.address]));
  await run.next();
  target.show('# TYPE target info\ntarget_info{version="2"} 1\n# TYPE a gauge\na 1\n# EOF\n', openMetricsType);
  const batch = await run.until((one) => stable(one).includes('version="2"'));
  const lines = stable(batch)
    .split('\n')
    .filter((line) => /^(?:a|up)\{/.test(line));
  const shortOf = (line: string): string =>
    [/^\w+/, /version="\d"/, /\S+(?= $)/].map((part) => part.exec(line)?.[0]).join(' ');
  expect(lines.map(shortOf)).toEqual([
    'a version="1" ended',
    'a version="2" 1',
    'up version="1" ended',
    'up version="2" 1',
  ]);
  // A scrape that fails is of the same resource.
  target.answer((_request, response) => response.writeHead(500).end());
  expect(stable(await run.until((one) => valueIn(one, 'up') === 0))).toMatch(/^up\{.*version="2"\|\} 0/m);
});

it('tells more of the scrape and adds labels to all, if asked', async () => {
  target.show('a{env="page"} 1\n');
  const { config } = oneJob([target.address], { sample_limit: 10 }) as { config: object };
  run = await scraping({
    config: { ...config, global: { external_labels: { env: 'outside', site: 1 }, evaluation_interval: '15s' } },
    report_extra_scrape_metrics: true,
  });
  const batch = await run.next();
  expect(valueIn(batch, 'scrape_timeout_seconds')).toBe(10);
  expect(valueIn(batch, 'scrape_sample_limit')).toBe(10);
  expect(valueIn(batch, 'scrape_body_size_bytes')).toBe(16);
  expect(stable(batch)).toMatch(/^a\{.*\|env="page",site="1"\} 1/m);
  expect(stable(batch)).toMatch(/^up\{.*\|env="outside",site="1"\} 1/m);
});
