import type { DataPoint, HrTime, ResourceMetrics, Scope } from '@millrace/core';
import { hrTime } from '@millrace/core';
import type { Group, Place } from './group.ts';
import { createGroup } from './group.ts';
import type { Member } from './member.ts';
import { isBefore, leaveGroup, updateMember } from './member.ts';
import { renderGroup } from './render-group.ts';

export interface SumsOptions {
  /** `end`: the series of a group without a process end and its totals are forgotten. `keep`: it stays, with a count of 0. */
  readonly emptyGroups: 'end' | 'keep';
  /** A process that has not been heard of for so many milliseconds is taken to have exited. */
  readonly expirationMs: number;
}

/**
 * Keeps what is known of the processes of each group from batch to batch. A batch is: `begin`, then `update` or `end` for
 * each process in it, then `flush`, which gives the sums of the groups that the batch has changed.
 */
export interface Sums {
  /** `now` is the processor's time, in milliseconds. */
  begin(now: number): void;
  /** A process that is there. */
  find(identity: string): Member | undefined;
  /** The process is there, at this place, and has these points. */
  update(member: Member, place: Place, metrics: ResourceMetrics): void;
  /** The process is gone since `time`; without it, it is not to be summed any more. */
  end(member: Member, time?: HrTime): void;
  flush(): readonly ResourceMetrics[];
}

export function groupSums({ emptyGroups, expirationMs }: SumsOptions): Sums {
  const groups = new Map<string, Group<Member>>();
  const members = new Map<string, Member>();
  let batch = 0;
  let now = 0;

  function join(member: Member, place: Place, { startTime, endTime }: DataPoint<unknown>): Group<Member> {
    let group = groups.get(place.key);
    if (!group) groups.set(place.key, (group = createGroup(place, startTime, endTime)));
    group.members.add(member);
    member.group = group;
    members.set(member.identity, member);
    return group;
  }

  function end(member: Member): void {
    leaveGroup(member, batch);
    if (members.get(member.identity) === member) members.delete(member.identity);
  }

  function endExpired(): void {
    for (const member of members.values()) {
      if (now - member.seenAt <= expirationMs) continue;
      advance(member.group, hrTime(now));
      end(member);
    }
  }

  /** A group that has been empty for longer goes on with those that share its host. */
  function touchEmptyGroups(): void {
    const times = new Map<string, HrTime>();
    for (const { place, touched, time } of groups.values()) if (touched === batch) times.set(place.sumBy, time);
    for (const group of groups.values()) {
      const time = times.get(group.place.sumBy);
      if (group.members.size > 0 || !time) continue;
      group.touched = batch;
      advance(group, time);
    }
  }

  return {
    begin(time) {
      batch++;
      now = time;
    },
    find: (identity) => members.get(identity),
    update(member, place, { scopeMetrics }) {
      const first = firstPoint(scopeMetrics);
      if (!first) return;
      if (member.group && member.group.place.key !== place.key) leaveGroup(member, batch);
      const group = member.group ?? join(member, place, first);
      group.touched = batch;
      advance(group, first.endTime);
      member.seenAt = now;
      let at = 0;
      for (const { metrics } of scopeMetrics) for (const metric of metrics) at = updateMember(member, metric, at);
    },
    end(member, time) {
      if (time) advance(member.group, time);
      end(member);
    },
    flush() {
      endExpired();
      if (emptyGroups === 'keep') touchEmptyGroups();
      const sums: ResourceMetrics[] = [];
      for (const [key, group] of groups) {
        if (group.touched !== batch) continue;
        const forgotten = group.members.size === 0 && emptyGroups === 'end';
        const metrics = renderGroup(group, forgotten ? 'ended' : 'there');
        if (metrics.length > 0) sums.push({ resource: group.place.resource, scopeMetrics: [{ scope, metrics }] });
        if (forgotten) groups.delete(key);
      }
      return sums;
    },
  };
}

const scope: Scope = Object.freeze({ name: '@millrace/processor-subgroup' });

function firstPoint(scopeMetrics: ResourceMetrics['scopeMetrics']): DataPoint<unknown> | undefined {
  for (const { metrics } of scopeMetrics) for (const { dataPoints } of metrics) if (dataPoints[0]) return dataPoints[0];
  return undefined;
}

function advance(group: Group<Member> | undefined, time: HrTime): void {
  if (group && isBefore(group.time, time)) group.time = time;
}
