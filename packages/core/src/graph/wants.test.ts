import { expect, it } from 'vitest';
import { createCollector } from '../collector.ts';
import type { ReceiverContext } from '../component.ts';
import { defineExporter, defineReceiver } from '../definition.ts';

it('a receiver knows which signals a pipeline takes from it, a reload later too', async () => {
  const made: ReceiverContext[] = [];
  const source = defineReceiver({
    type: 'source',
    description: 'Says nothing.',
    signals: ['metrics', 'logs'],
    config: { properties: {} },
    create: (_config, context) => {
      made.push(context);
      return {};
    },
  });
  const sink = defineExporter({
    type: 'sink',
    description: 'Takes all.',
    signals: ['metrics', 'logs'],
    config: { properties: {} },
    create: () => ({ consume: async () => {} }),
  });
  const config = (...signals: readonly string[]) => ({
    receivers: { source: {} },
    exporters: { sink: {} },
    service: {
      pipelines: Object.fromEntries(signals.map((signal) => [signal, { receivers: ['source'], exporters: ['sink'] }])),
    },
  });
  const wanted = () => (['metrics', 'logs', 'traces'] as const).filter((signal) => made[0]!.wants(signal));

  const collector = await createCollector(config('metrics'), { components: [source, sink] });
  await collector.start();
  expect(wanted()).toEqual(['metrics']);
  await collector.reload(config('metrics', 'logs'));
  expect(wanted()).toEqual(['metrics', 'logs']);
  await collector.reload(config('logs'));
  expect(wanted()).toEqual(['logs']);
  expect(made).toHaveLength(1);
  await collector.shutdown();
});
