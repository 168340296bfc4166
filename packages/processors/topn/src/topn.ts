import type { Attributes, Component, Consumer, Context, HrTime, MetricsBatch, ResourceMetrics } from '@millrace/core';
import { dropCounter, hrTime, metricsBatch } from '@millrace/core';
import { createCatalog } from './catalog.ts';
import type { Config } from './config.ts';
import { createEntities, type Group, type Member } from './entities.ts';
import { isLater } from './exact.ts';
import { createSettle } from './groups.ts';
import { read } from './readings.ts';
import { endLive } from './series-end.ts';

/**
 * A batch is one round: each entity in it is met once, then each group is ranked. Only if an entity comes again with
 * later points, as in a batch that was merged from several scrapes, a second round begins.
 */
export function createTopn(config: Config, context: Context, next: Consumer): Component & Consumer {
  const by = typeof config.by === 'string' ? [config.by] : config.by;
  const measured = [...new Set([...by, ...config.percent_of_group])];
  const catalog = createCatalog({ measured, notAdditive: new Set(config.not_additive) });
  const entities = createEntities({
    groupBy: config.group_by,
    measured: measured.length,
    isEntity: (input) => isEntity(input, config.entity, by[0]!),
    placesOf: (group) => placesOf(group, config),
  });
  const settle = createSettle({ config, by, measured, entities, drop: dropCounter(context) });
  // A batch that the next owner refused comes again, and must not be counted again.
  const refused = new WeakMap<MetricsBatch, MetricsBatch>();
  const arrived: Member[] = [];
  const touched = new Set<Group>();
  let latest: HrTime | undefined;
  let sweptAt = context.clock.now();
  let sweptRound = 0;

  function arrive(member: Member, input: ResourceMetrics): void {
    const { group } = member;
    if (group.round !== catalog.round) {
      group.round = catalog.round;
      group.since = group.time ?? latest;
      group.time = undefined;
      touched.add(group);
    }
    member.round = catalog.round;
    member.input = input;
    arrived.push(member);
  }

  function beginRound(): void {
    catalog.round++;
    arrived.length = 0;
    touched.clear();
  }

  function endRound(out: ResourceMetrics[]): void {
    for (const member of arrived) {
      const { group } = member;
      member.time = timeOf(member.input!) ?? hrTime(context.clock.now());
      if (!group.time || isLater(member.time, group.time)) group.time = member.time;
      (read(member, catalog) ? group.present : group.ended).push(member);
    }
    for (const group of touched) {
      settle(group, out);
      if (!latest || isLater(group.time!, latest)) latest = group.time;
    }
  }

  function process(batch: MetricsBatch): MetricsBatch {
    const out: ResourceMetrics[] = [];
    let changed = sweep(out);
    beginRound();
    for (const input of batch.resourceMetrics) {
      const member = entities.meet(input);
      if (!member) {
        out.push(input);
        continue;
      }
      changed = true;
      if (member.round !== catalog.round) arrive(member, input);
      else if (comesLater(input, member.input!)) {
        endRound(out);
        beginRound();
        arrive(entities.meet(input)!, input);
      } else {
        const { resource, scopeMetrics } = member.input!;
        member.input = { resource, scopeMetrics: [...scopeMetrics, ...input.scopeMetrics] };
      }
    }
    endRound(out);
    return changed ? metricsBatch(out, batch.metadata) : batch;
  }

  /** Ends and forgets what no batch mentioned since the last sweep. True if there was any. */
  function sweep(out: ResourceMetrics[]): boolean {
    const now = context.clock.now();
    if (now - sweptAt < config.metric_expiration) return false;
    const before = out.length;
    const time = hrTime(now);
    for (const member of entities.members.values()) {
      if (member.round > sweptRound) continue;
      if (member.sent) out.push(endLive(member.sent, time));
      entities.forget(member);
    }
    for (const group of entities.groups.values()) {
      if (group.round > sweptRound) continue;
      if (group.remainder?.sent) out.push(endLive(group.remainder.sent, time));
      entities.forgetGroup(group);
    }
    catalog.forget(sweptRound);
    sweptAt = now;
    sweptRound = catalog.round;
    return out.length > before;
  }

  return {
    async consume(batch, signal) {
      if (batch.signal !== 'metrics') return next.consume(batch, signal);
      const result = refused.get(batch) ?? process(batch);
      if (result.resourceMetrics.length === 0) return undefined;
      try {
        return await next.consume(result, signal);
      } catch (error) {
        refused.set(batch, result);
        throw error;
      }
    },
  };
}

const isEntity = ({ resource, scopeMetrics }: ResourceMetrics, marker: string | undefined, by: string): boolean =>
  marker === undefined
    ? scopeMetrics.some(({ metrics }) => metrics.some(({ descriptor }) => descriptor.name === by))
    : resource.attributes[marker] !== undefined;

const placesOf = (group: Attributes, { overrides, n }: Config): number =>
  overrides.find(({ match }) => Object.entries(match).every(([name, value]) => String(group[name]) === value))?.n ?? n;

function comesLater(input: ResourceMetrics, before: ResourceMetrics): boolean {
  const [now, then] = [timeOf(input), timeOf(before)];
  return now !== undefined && then !== undefined && isLater(now, then);
}

function timeOf({ scopeMetrics }: ResourceMetrics): HrTime | undefined {
  for (const { metrics } of scopeMetrics)
    for (const { dataPoints } of metrics) if (dataPoints.length > 0) return dataPoints[0]!.endTime;
  return undefined;
}
