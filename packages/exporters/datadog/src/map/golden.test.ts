import { type MetricsBatch, metricsBatch } from '@millrace/core';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { linesOf, metricOf, start } from './testdata/run.ts';

/** What a shop's container and the host under it send every ten seconds. */
function scrape(round: number): MetricsBatch {
  const [began, time] = [-600, 10 + 10 * round];
  const shop = {
    'service.name': 'shop',
    'service.version': '1.2.3',
    'deployment.environment.name': 'prod',
    'container.id': 'abc',
    'k8s.pod.name': 'shop-7f',
    'k8s.node.name': 'node-1',
  };
  const requests = [
    metricOf(
      'counter',
      [
        [began, time, 100 + 7 * round, { method: 'GET' }],
        [began, time, 10 + round, { method: 'POST', path: '' }],
      ],
      'http.requests',
    ),
    metricOf(
      'deltaHistogram',
      [
        [
          time - 10,
          time,
          { count: 8, sum: 3.5, min: 0.1, max: 2, buckets: { boundaries: [0.25, 1], counts: [5, 2, 1] } },
          { method: 'GET' },
        ],
      ],
      'http.duration',
    ),
    metricOf(
      'summary',
      [[began, time, { count: 50 + round, sum: 5 + round / 4, quantiles: [{ quantile: 0.99, value: 0.2 }] }]],
      'db.duration',
    ),
    metricOf('deltaSum', [[time - 10, time, 3]], 'cache.hits'),
  ];
  const host = [
    metricOf('gauge', [[0, time, 2 ** 30]], 'memory'),
    metricOf('upDownCounter', [[began, time, 4]], 'threads'),
  ];
  const scope = { name: 'lib', version: '2' };
  return metricsBatch([
    { resource: { attributes: shop }, scopeMetrics: [{ scope, metrics: requests }] },
    { resource: { attributes: { 'os.type': 'linux' } }, scopeMetrics: [{ scope: { name: 'host' }, metrics: host }] },
  ]);
}

it.each([
  ['defaults', {}],
  [
    'everything',
    {
      tags: ['team:a'],
      metrics: {
        resource_attributes_as_tags: true,
        instrumentation_scope_metadata_as_tags: true,
        histograms: { mode: 'counters', send_aggregation_metrics: true },
        sums: { initial_cumulative_monotonic_value: 'keep' },
      },
    },
  ],
] as const)('what becomes of two scrapes: %s', async (name, input) => {
  const { mapper } = start(input);
  const lines = [0, 1].flatMap((round) => linesOf(mapper.map(scrape(round))));
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(join(import.meta.dirname, `testdata/${name}.txt`));
});
