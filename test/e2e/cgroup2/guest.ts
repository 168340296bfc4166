// Runs inside of the virtual machine: the cgroup receiver in a collector, two scrapes, each printed as text.
import { setTimeout as sleep } from 'node:timers/promises';
import { createCollector, defineExporter } from '@millrace/core';
import { render } from '@millrace/core/testing';
import cgroup from '@millrace/receiver-cgroup';

const print = defineExporter({
  type: 'print',
  description: 'Prints what it gets.',
  signals: ['metrics'],
  config: { properties: {} },
  create: () => ({
    async consume(batch) {
      process.stdout.write(`@@@ scrape\n${render(batch)}`);
    },
  }),
});
const on = { enabled: true };
const collector = await createCollector(
  {
    receivers: {
      cgroup: {
        initial_delay: '0s',
        collection_interval: '1h',
        metrics: {
          'container.cpu.weight': on,
          'container.cpu.cpuset': on,
          'container.memory.peak': on,
          'container.pressure.time': on,
        },
      },
    },
    exporters: { print: { sending_queue: { enabled: false } } },
    service: { pipelines: { metrics: { receivers: ['cgroup'], exporters: ['print'] } } },
  },
  { components: [cgroup, print], polling: 'manual' },
);
await collector.start();
await collector.scrapeOnce();
await sleep(1000);
await collector.scrapeOnce();
await collector.shutdown();
