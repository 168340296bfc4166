// Pipelines inside your own program: configured in code, with a component of your own, fed by hand.
//   node examples/embed.ts
import { createCollector, defineExporter, hrTime, itemCount, metricsBatch, pointType, valueType } from '@millrace/core';

const print = defineExporter({
  type: 'print',
  description: 'Prints how much it gets.',
  signals: ['metrics'],
  config: { properties: {} },
  create: () => ({
    async consume(batch) {
      console.log(`points: ${itemCount(batch)}`);
    },
  }),
});

const collector = await createCollector(
  {
    receivers: { push: {} },
    exporters: { print: {} },
    service: { pipelines: { metrics: { receivers: ['push'], exporters: ['print'] } } },
  },
  { components: [print] },
);
await collector.start();

const now = hrTime(Date.now());
await collector.push(
  metricsBatch([
    {
      resource: { attributes: { 'service.name': 'shop' } },
      scopeMetrics: [
        {
          scope: { name: 'embed' },
          metrics: [
            {
              descriptor: { name: 'orders', description: 'Open orders.', unit: '{order}', valueType: valueType.int },
              dataPointType: pointType.gauge,
              dataPoints: [{ startTime: now, endTime: now, attributes: { region: 'eu' }, value: 7 }],
            },
          ],
        },
      ],
    },
  ]),
);

await collector.shutdown();
