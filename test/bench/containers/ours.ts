// docker_stats in a collector of its own, up to an exporter that counts containers.
//   node -C source ours.ts '{ "stats_source": "cgroup" }'
import { createCollector, defineExporter, itemCount } from '@millrace/core';
import { answerLines } from './lines.ts';

const settings = JSON.parse(process.argv[2] ?? '{}') as object;
let containers = 0;
const count = defineExporter({
  type: 'count',
  description: 'Counts the containers whose numbers it gets.',
  signals: ['metrics'],
  config: { properties: {} },
  create: () => ({
    async consume(batch) {
      if (batch.signal !== 'metrics' || itemCount(batch) === 0) return;
      containers = batch.resourceMetrics.filter(({ scopeMetrics }) =>
        scopeMetrics.some(({ metrics }) =>
          metrics.some(({ descriptor }) => descriptor.name.startsWith('container.cpu')),
        ),
      ).length;
    },
  }),
});
const collector = await createCollector(
  {
    receivers: { docker_stats: { initial_delay: '0s', collection_interval: '1h', timeout: '30s', ...settings } },
    exporters: { count: { sending_queue: { enabled: false } } },
    service: { pipelines: { metrics: { receivers: ['docker_stats'], exporters: ['count'] } } },
  },
  { components: [count], polling: 'manual' },
);
await collector.start();
await answerLines(async () => {
  await collector.scrapeOnce();
  return containers;
});
await collector.shutdown();
