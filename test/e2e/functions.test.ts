import { join } from 'node:path';
import {
  createCollector,
  defineExporter,
  hrTime,
  metricsBatch,
  type MetricsBatch,
  pointType,
  temporality,
  valueType,
} from '@millrace/core';
import { render } from '@millrace/core/testing';
import { expect, it } from 'vitest';
import { root } from './program.ts';

const start = hrTime(Date.UTC(2026, 0, 1));
const end = hrTime(Date.UTC(2026, 0, 1, 0, 1));

/** What the pyroscope receiver makes of the profile of a program. */
const profileOf = (service: string, functions: Readonly<Record<string, number>>): MetricsBatch =>
  metricsBatch([
    {
      resource: { attributes: { 'service.name': service } },
      scopeMetrics: [
        {
          scope: { name: 'pyroscope' },
          metrics: [
            {
              descriptor: { name: 'profile.cpu.self', description: '', unit: 'ns', valueType: valueType.int },
              dataPointType: pointType.sum,
              aggregationTemporality: temporality.delta,
              isMonotonic: true,
              dataPoints: Object.entries(functions).map(([name, value]) => ({
                startTime: start,
                endTime: end,
                attributes: { 'code.function.name': name },
                value,
              })),
            },
          ],
        },
      ],
    },
  ]);

it('topn behind group_by_attributes keeps the functions that take the most, and the sum of all', async () => {
  const batches: MetricsBatch[] = [];
  const sink = defineExporter({
    type: 'sink',
    description: 'Keeps what it gets.',
    signals: ['metrics'],
    delivery: 'direct',
    config: { properties: {} },
    create: () => ({ consume: async (batch) => void batches.push(batch as MetricsBatch) }),
  });
  let page = '';
  const note = (fields: object): void => {
    if ('url' in fields) page = String(fields.url);
  };
  const collector = await createCollector(
    {
      receivers: { push: {} },
      processors: {
        groupbyattrs: { keys: ['code.function.name'] },
        topn: { entity: 'code.function.name', by: 'profile.cpu.self', group_by: ['service.name'], n: 2 },
      },
      exporters: {
        sink: {},
        prometheus: {
          endpoint: 'localhost:0',
          resource_constant_labels: { included: ['service.name', 'code.function.name'] },
        },
      },
      service: {
        pipelines: {
          metrics: { receivers: ['push'], processors: ['groupbyattrs', 'topn'], exporters: ['sink', 'prometheus'] },
        },
      },
    },
    {
      components: [sink],
      folders: [join(root, 'packages/cli')],
      log: { debug: note, info: note, warn: note, error: note },
    },
  );
  await collector.start();
  await collector.push(profileOf('shop', { 'main.a': 5, 'main.b': 70, 'main.c': 20, 'main.d': 3 }));
  const samples = (await (await fetch(page)).text()).split('\n').filter((line) => line.startsWith('profile_'));
  await collector.shutdown();
  expect(samples).toMatchInlineSnapshot(`
    [
      "profile_cpu_self_nanoseconds_total{code_function_name="main.b",job="shop",otel_scope_name="pyroscope",service_name="shop"} 70",
      "profile_cpu_self_nanoseconds_total{code_function_name="main.c",job="shop",otel_scope_name="pyroscope",service_name="shop"} 20",
      "profile_cpu_self_nanoseconds_total{job="shop",otel_scope_name="pyroscope",service_name="shop"} 8",
    ]
  `);
  const lines = render(batches[0]!)
    .split('\n')
    .filter((line) => line.startsWith('profile.cpu.self'));
  expect(lines).toMatchInlineSnapshot(`
    [
      "profile.cpu.self{code.function.name="main.b",service.name="shop"|} 70 ns",
      "profile.cpu.self{code.function.name="main.c",service.name="shop"|} 20 ns",
      "profile.cpu.self{service.name="shop",topn.other=true|} 8 ns",
    ]
  `);
});
