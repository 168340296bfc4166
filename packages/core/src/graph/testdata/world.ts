import { expect, onTestFinished } from 'vitest';
import type { Batch } from '../../batch.ts';
import { metricsBatch } from '../../batch.ts';
import type { Collector, CollectorOptions } from '../../collector.ts';
import { createCollector } from '../../collector.ts';
import type { AnyDefinition } from '../../definition.ts';
import { defineExporter, defineProcessor, defineScraper } from '../../definition.ts';
import type { Sink } from '../../testing/index.ts';
import { sink, testContext } from '../../testing/index.ts';

/** Components that write down what is done to them, and a place for the exporters' batches. */
export function world() {
  const events: string[] = [];
  const sinks = new Map<string, Sink & { startError?: Error; hang?: Promise<void> }>();
  const place = (id: string) => {
    let one = sinks.get(id);
    if (!one) sinks.set(id, (one = sink()));
    return one;
  };
  const exporter = defineExporter({
    type: 'out',
    description: 'Keeps what it gets.',
    signals: ['metrics', 'logs'],
    config: { properties: { flavor: { type: 'string', default: 'plain', description: 'Anything.' } } },
    create: ({ flavor }, { id }) => {
      events.push(`create ${id} ${flavor}`);
      return {
        async start() {
          const { startError } = place(id);
          if (startError) throw startError;
          events.push(`start ${id}`);
        },
        async consume(batch, signal) {
          await place(id).hang;
          await place(id).consume(batch, signal);
        },
        shutdown: async () => void events.push(`stop ${id}`),
      };
    },
  });
  const processor = defineProcessor({
    type: 'hold',
    description: 'Holds batches until shutdown.',
    signals: ['metrics', 'logs'],
    config: { properties: { hold: { type: 'boolean', default: false, description: 'Whether to.' } } },
    create: ({ hold }, { id }, next) => {
      const held: Batch[] = [];
      return {
        start: async () => void events.push(`start ${id}`),
        consume: async (batch, signal) => (hold ? void held.push(batch) : next.consume(batch, signal)),
        async shutdown() {
          events.push(`stop ${id}`);
          for (const batch of held.splice(0)) await next.consume(batch);
        },
      };
    },
  });
  const scraper = defineScraper({
    type: 'tick',
    description: 'One point a scrape.',
    config: { properties: { fails: { type: 'boolean', default: false, description: 'Throws at every scrape.' } } },
    metrics: { ticks: { kind: 'counter', unit: '1', valueType: 'int', description: 'Scrapes.' } },
    create: ({ fails }, { id }) => {
      let ticks = 0;
      return {
        start: async () => void events.push(`start ${id}`),
        async scrape(run) {
          if (fails) throw new Error('this receiver is broken');
          run.entity({ id }).record('ticks', ++ticks);
        },
        shutdown: async () => void events.push(`stop ${id}`),
      };
    },
  });
  return { events, place, components: [exporter, processor, scraper] as AnyDefinition[] };
}

export const batch = (): Batch => metricsBatch([{ resource: { attributes: {} }, scopeMetrics: [] }]);
export const soon = (condition: () => boolean) => expect.poll(condition, { timeout: 5000, interval: 5 }).toBe(true);

/** Shut down when the test has ended. */
export async function collector(config: object, options: CollectorOptions): Promise<Collector> {
  const made = await createCollector(config as Record<string, unknown>, { log: testContext().log, ...options });
  onTestFinished(() => made.shutdown(AbortSignal.timeout(100)));
  return made;
}

/** One pipeline of metrics, from `push` to `out` unless told otherwise. */
export const pipelines = (pipeline: object, more: object = {}) => ({
  receivers: { push: {} },
  exporters: { out: {} },
  service: { pipelines: { metrics: { receivers: ['push'], exporters: ['out'], ...pipeline } } },
  ...more,
});
