import { defineConnector, fanOut, metricsBatch, PermanentError } from '@millrace/core';
import type { Section } from './config.ts';
import { check, config, countedIn } from './config.ts';
import { count } from './count.ts';
import { createCounter } from './counter.ts';
import { windows } from './times.ts';

const sectionsOf = {
  metrics: ['metrics', 'datapoints'],
  logs: ['logs'],
  traces: ['spans', 'spanevents'],
} as const satisfies Record<string, readonly Section[]>;

export default defineConnector({
  type: 'count',
  description: 'Counts spans, span events, metrics, data points and log records, and gives the counts as metrics.',
  signals: { metrics: ['metrics'], logs: ['metrics'], traces: ['metrics'] },
  parallel: true,
  config,
  check,
  create(settings, { clock }, nexts) {
    const countersOf = (sections: readonly Section[]) =>
      sections.flatMap((section) =>
        [...countedIn(settings, section)].map(([name, counted]) => createCounter(section, name, counted)),
      );
    const counters = {
      metrics: countersOf(sectionsOf.metrics),
      logs: countersOf(sectionsOf.logs),
      traces: countersOf(sectionsOf.traces),
    };
    const nextWindow = windows(clock);
    const next = fanOut([...nexts.values()]);
    return {
      async consume(batch, signal) {
        if (batch.signal === 'profiles') throw new PermanentError('Profiles cannot be counted.');
        const resourceMetrics = count(batch, counters[batch.signal], nextWindow());
        if (resourceMetrics.length === 0) return;
        const counts = metricsBatch(resourceMetrics, batch.metadata);
        await next.consume(counts, signal);
      },
    };
  },
});
