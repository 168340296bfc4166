import { defineConnector, deliverAll, dropCounter, PermanentError } from '@millrace/core';
import type { Table } from './assign.ts';
import { assign } from './assign.ts';
import type { Config, RoutedSignal } from './config.ts';
import { check, conditionOf, config, signalOf, signalsOf } from './config.ts';

export default defineConnector({
  type: 'routing',
  description: 'Sends telemetry to pipelines by conditions on its resource, its items or the request that brought it.',
  signals: { metrics: ['metrics'], logs: ['logs'], traces: ['traces'] },
  parallel: true,
  config,
  check,
  create(settings, context, nexts) {
    requireNexts(settings, context.id, nexts);
    const tables = {
      metrics: tableOf(settings, 'metrics'),
      logs: tableOf(settings, 'logs'),
      traces: tableOf(settings, 'traces'),
    };
    const countDropped = dropCounter(context);
    return {
      async consume(batch, signal) {
        if (batch.signal === 'profiles') throw new PermanentError('Profiles cannot be routed.');
        const { batches, unrouted } = assign(batch, tables[batch.signal]);
        await deliverAll(
          [...batches].map(([pipeline, part]) => ({ to: nexts.get(pipeline)!, batch: part })),
          signal,
        );
        // Counted last: a batch that was refused comes again.
        countDropped(unrouted, 'unrouted');
      },
    };
  },
});

/** What of the table concerns a signal: a pipeline takes only its own. */
function tableOf({ table, default_pipelines: defaults }: Config, signal: RoutedSignal): Table {
  const own = (pipelines: readonly string[]): readonly string[] => [
    ...new Set(pipelines.filter((pipeline) => signalOf(pipeline) === signal)),
  ];
  const routes = table
    .map((row) => ({ condition: conditionOf(row), pipelines: own(row.pipelines), action: row.action }))
    .filter(({ condition, pipelines }) => pipelines.length > 0 && signalsOf[condition.context].includes(signal));
  return { routes, defaults: own(defaults) };
}

function requireNexts(
  { table, default_pipelines: defaults }: Config,
  id: string,
  nexts: ReadonlyMap<string, unknown>,
): void {
  const named = new Set([...table.flatMap(({ pipelines }) => pipelines), ...defaults]);
  const missing = [...named].filter((pipeline) => !nexts.has(pipeline));
  if (missing.length === 0) return;
  const begun = [...nexts.keys()].join(', ') || 'none';
  throw new PermanentError(
    `The connector ${id} routes to ${missing.join(', ')}, which ${missing.length === 1 ? 'does' : 'do'} not begin with it: name ${id} among the receivers of each. Pipelines that begin with it: ${begun}.`,
  );
}
