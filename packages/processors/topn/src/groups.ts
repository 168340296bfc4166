import type { MetricData, Resource, ResourceMetrics } from '@millrace/core';
import type { Config } from './config.ts';
import type { Entities, Group, Member } from './entities.ts';
import { countMetric, rankMetric, scoped, shareMetrics, shareOf, totals } from './extras.ts';
import { compare, first, withMargin } from './rank.ts';
import { addLastCounts, addMember, createRemainder, type Remainder, sumsOf } from './remainder.ts';
import { endedSince, endLive, withoutEnds, withResource } from './series-end.ts';

export interface GroupsOptions {
  readonly config: Config;
  readonly entities: Entities;
  /** The metrics that rank; they are the first of those measured. */
  readonly by: readonly string[];
  readonly measured: readonly string[];
  drop(points: number, reason: string): void;
}

/** Ranks what a round brought of a group, and adds to `out` what goes on. */
export type Settle = (group: Group, out: ResourceMetrics[]) => void;

export function createSettle({ config, entities, by, measured, drop }: GroupsOptions): Settle {
  const shares = config.percent_of_group.map((metric) => shareOf(metric, measured.indexOf(metric)));

  /** Who has a place, in order of rank. */
  function choose(group: Group): Member[] {
    const { present, n, tops } = group;
    group.tops = by.map((_, index) => {
      const incumbents = tops[index];
      const candidates = [];
      for (const member of present) {
        const value = member.readings.measures[index];
        // Those of unknown value only fill the places that the first metric leaves.
        if (value === undefined && index > 0) continue;
        const incumbent = incumbents?.has(member) ?? false;
        const counts = incumbent && value !== undefined ? withMargin(value, config.margin) : value;
        candidates.push({ member, value: counts, incumbent, fallback: member.readings.fallback, order: member.order });
      }
      return new Set(first(candidates, n).map(({ member }) => member));
    });
    const chosen = new Set(group.tops.flatMap((top) => [...top]));
    const ranked = Array.from(chosen, (member) => {
      const { order, sent, readings } = member;
      return { member, value: readings.measures[0], incumbent: sent !== undefined, fallback: readings.fallback, order };
    });
    return ranked.sort(compare).map(({ member }) => member);
  }

  function extrasOf(member: Member, rank: number, whole: readonly (number | undefined)[]): MetricData[] {
    const moment = { startTime: member.time, endTime: member.time };
    const own = shareMetrics(shares, { own: member.readings.measures, whole }, moment);
    return config.rank === 'metric' ? [rankMetric(rank, moment), ...own] : own;
  }

  function keep(member: Member, rank: number, whole: readonly (number | undefined)[]): ResourceMetrics[] {
    const { sent: before, time } = member;
    const input = member.input!;
    const moves = before !== undefined && config.rank === 'attribute' && rank !== member.rank;
    const goesOn = before !== undefined && !moves;
    const extras = extrasOf(member, rank, whole);
    const own = goesOn ? [...extras, ...endedSince(member.extras, extras, time)] : extras;
    const base = goesOn ? input : withoutEnds(input);
    const resource =
      config.rank !== 'attribute' ? input.resource : goesOn ? before.resource : withRank(input.resource, rank);
    member.sent =
      own.length > 0
        ? { resource, scopeMetrics: [...base.scopeMetrics, ...scoped(own)] }
        : withResource(base, resource);
    member.extras = extras;
    member.rank = rank;
    return moves ? [endLive(before, time), member.sent] : [member.sent];
  }

  function endRemainder(group: Group): ResourceMetrics[] {
    const sent = group.remainder?.sent;
    group.remainder = undefined;
    return sent ? [endLive(sent, group.time!)] : [];
  }

  function sumUp(
    group: Group,
    remainder: Remainder,
    summed: { members: readonly Member[]; whole: readonly (number | undefined)[] },
  ): ResourceMetrics {
    const time = group.time!;
    const moment = { startTime: time, endTime: time };
    const own = totals(summed.members, measured.length);
    const extras = [
      countMetric(summed.members.length, moment),
      ...shareMetrics(shares, { own, whole: summed.whole }, moment),
    ];
    const ended = endedSince(remainder.extras, extras, time);
    remainder.extras = extras;
    remainder.sent = {
      resource: remainder.resource,
      scopeMetrics: [...sumsOf(remainder, group), ...scoped([...extras, ...ended])],
    };
    return remainder.sent;
  }

  return function settle(group, out) {
    const { present, ended } = group;
    let [notInTopN, notAdditives, notFinites] = [0, 0, 0];
    const kept = choose(group);
    const places = new Set(kept);
    const rest = present.filter((member) => !places.has(member));
    const whole = totals(present, shares.length > 0 ? measured.length : 0);
    if (rest.length > 0 && config.other === 'sum')
      group.remainder ??= createRemainder({ ...group.attributes, ...config.other_attributes });

    for (const member of rest) {
      if (member.sent) out.push(endLive(member.sent, group.time!));
      member.sent = undefined;
      member.extras = [];
      const { values, notAdditive, notFinite } = member.readings;
      if (!group.remainder) {
        notInTopN += values;
        continue;
      }
      addMember(group.remainder, member);
      notAdditives += notAdditive;
      notFinites += notFinite;
    }
    for (const [index, member] of kept.entries()) {
      const isPromoted = member.sent === undefined && !member.isNew;
      if (isPromoted && group.remainder) addLastCounts(group.remainder, member);
      out.push(...keep(member, index + 1, whole));
    }
    for (const member of ended) {
      if (member.sent) out.push(endedOf(member));
      entities.forget(member);
    }
    if (rest.length > 0 && group.remainder) out.push(sumUp(group, group.remainder, { members: rest, whole }));
    else out.push(...endRemainder(group));

    for (const member of present) {
      member.input = undefined;
      member.isNew = false;
    }
    group.present = [];
    group.ended = [];
    if (group.members === 0) entities.forgetGroup(group);
    drop(notInTopN, 'not_in_top_n');
    drop(notAdditives, 'not_additive');
    drop(notFinites, 'not_finite');
  };
}

/** An entity that has ended by itself: its own ends, and those of what was added to it. */
function endedOf({ input, sent, extras, time }: Member): ResourceMetrics {
  return {
    resource: sent!.resource,
    scopeMetrics: [...input!.scopeMetrics, ...scoped(endedSince(extras, [], time))],
  };
}

const withRank = (resource: Resource, rank: number): Resource =>
  Object.freeze({ ...resource, attributes: Object.freeze({ ...resource.attributes, 'topn.rank': String(rank) }) });
