import type {
  Batch,
  Component,
  Consumer,
  Context,
  HrTime,
  LogsBatch,
  MetricsBatch,
  ResourceLogs,
  ResourceMetrics,
} from '@millrace/core';
import { dropCounter, endSeries, hrTime, isEnded, logsBatch, metricsBatch, PermanentError } from '@millrace/core';
import type { Entity } from './entity.ts';
import { entities } from './entity.ts';
import type { RulesConfig } from './load.ts';
import { inlineProblems, ruleSource } from './load.ts';
import type { SelectionConfig } from './selection.ts';
import { selection } from './selection.ts';
import { groupSums } from './sums.ts';

export interface SubgroupConfig extends RulesConfig, SelectionConfig {
  readonly reload_interval: number;
  readonly emit: readonly ('processes' | 'groups')[];
  readonly sum_by: readonly string[];
  readonly remove_empty_groups: boolean;
  readonly member_expiration: number;
}

export function createSubgroup(config: SubgroupConfig, context: Context, next: Consumer): Component & Consumer {
  const { clock, log } = context;
  const drop = dropCounter(context);
  const source = ruleSource(config);
  const sums = groupSums({
    emptyGroups: config.remove_empty_groups ? 'end' : 'keep',
    expirationMs: config.member_expiration,
  });
  const processes = entities({ select: selection(config), sumBy: config.sum_by, find: sums.find });
  const emitsProcesses = config.emit.includes('processes');
  const emitsGroups = config.emit.includes('groups');
  let readAt = Number.NEGATIVE_INFINITY;

  function readRules(): readonly string[] {
    readAt = clock.now();
    return source.read().problems.map(({ message }) => message);
  }

  function reload(): void {
    for (const problem of readRules())
      log.error({ error: problem }, 'Could not use a rules file: the last good rules of it stay.');
  }

  function metrics(batch: MetricsBatch): Batch | undefined {
    const kept: ResourceMetrics[] = [];
    let changed = false;
    sums.begin(clock.now());
    for (const resourceMetrics of batch.resourceMetrics) {
      let entity = processes.of(resourceMetrics.resource, source.current);
      if (!entity) {
        kept.push(resourceMetrics);
        continue;
      }
      changed = true;
      const there = isThere(resourceMetrics);
      if (there && entity.rules !== source.current) {
        const before = entity;
        entity = processes.renew(resourceMetrics.resource, source.current);
        if (emitsProcesses && !before.dropped && (entity.dropped || entity.place.key !== before.place.key))
          kept.push(endSeries({ ...resourceMetrics, resource: before.resource }, timeOf(resourceMetrics)));
      }
      if (emitsGroups) (there ? sum : unsum)(entity, resourceMetrics);
      if (entity.dropped) drop(pointCount(resourceMetrics), entity.dropped);
      else if (emitsProcesses) kept.push({ ...resourceMetrics, resource: entity.resource });
    }
    if (emitsGroups) {
      const groups = sums.flush();
      changed ||= groups.length > 0;
      kept.push(...groups);
    }
    if (!changed) return batch;
    return kept.length > 0 ? metricsBatch(kept, batch.metadata) : undefined;
  }

  function sum(entity: Entity, metrics: ResourceMetrics): void {
    const { member } = entity;
    if (processes.current(member) !== entity) processes.setCurrent(entity);
    if (entity.dropped) sums.end(member, timeOf(metrics));
    else sums.update(member, entity.place, metrics);
  }

  /** A process that executes another program ends as what it was after it has been seen as what it is: it goes on. */
  function unsum(entity: Entity, metrics: ResourceMetrics): void {
    if (processes.current(entity.member) === entity) sums.end(entity.member, timeOf(metrics));
  }

  function logs(batch: LogsBatch): Batch | undefined {
    const kept: ResourceLogs[] = [];
    let changed = false;
    for (const resourceLogs of batch.resourceLogs) {
      let entity = processes.of(resourceLogs.resource, source.current);
      if (!entity) {
        kept.push(resourceLogs);
        continue;
      }
      changed = true;
      if (entity.rules !== source.current) entity = processes.renew(resourceLogs.resource, source.current);
      if (entity.dropped) drop(recordCount(resourceLogs), entity.dropped);
      else kept.push({ ...resourceLogs, resource: entity.resource });
    }
    if (!changed) return batch;
    return kept.length > 0 ? logsBatch(kept, batch.metadata) : undefined;
  }

  function regroup(batch: Batch): Batch | undefined {
    if (batch.signal === 'metrics') return metrics(batch);
    return batch.signal === 'logs' ? logs(batch) : batch;
  }

  return {
    async start() {
      const problems = [...inlineProblems(config.rules).map(({ message }) => message), ...readRules()];
      if (problems.length > 0) throw new PermanentError(problems.join('\n'));
    },
    reload: async () => reload(),
    async consume(batch, signal) {
      if (config.reload_interval > 0 && clock.now() - readAt >= config.reload_interval) reload();
      const mapped = regroup(batch);
      if (mapped) await next.consume(mapped, signal);
    },
  };
}

/** Whether it has a value: the points of a process that is gone have none. */
function isThere({ scopeMetrics }: ResourceMetrics): boolean {
  for (const { metrics } of scopeMetrics)
    for (const { dataPoints } of metrics) for (const point of dataPoints) if (!isEnded(point)) return true;
  return false;
}

function pointCount({ scopeMetrics }: ResourceMetrics): number {
  let points = 0;
  for (const { metrics } of scopeMetrics) for (const { dataPoints } of metrics) points += dataPoints.length;
  return points;
}

const recordCount = ({ scopeLogs }: ResourceLogs): number =>
  scopeLogs.reduce((records, { logRecords }) => records + logRecords.length, 0);

function timeOf({ scopeMetrics }: ResourceMetrics): HrTime {
  for (const { metrics } of scopeMetrics)
    for (const { dataPoints } of metrics) if (dataPoints[0]) return dataPoints[0].endTime;
  return hrTime(0);
}
