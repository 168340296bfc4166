import type { Attributes, HrTime, MetricData, NumberPoint } from '@millrace/core';
import { noRecordedValue, pointType, temporality, valueType } from '@millrace/core';
import type { Group, GroupMetric, Slot } from './group.ts';
import type { Member } from './member.ts';
import { isLive, partOf } from './member.ts';

const noAttributes: Attributes = Object.freeze({});

const count: GroupMetric['template'] = {
  descriptor: Object.freeze({
    name: 'process.group.size',
    description: 'Processes in the subgroup.',
    unit: '{process}',
    valueType: valueType.int,
  }),
  dataPointType: pointType.sum,
  aggregationTemporality: temporality.cumulative,
  isMonotonic: false,
};
const oldestStart: GroupMetric['template'] = {
  descriptor: Object.freeze({
    name: 'process.group.oldest_start_time',
    description: 'When the oldest process of the subgroup started, in seconds since the Unix epoch.',
    unit: 's',
    valueType: valueType.double,
  }),
  dataPointType: pointType.gauge,
};

/**
 * What has changed of a group in this batch. A series of which no process has a value any more ends; so do all of a group
 * that has `ended`. Of a group that is empty and stays, the counters stay too: nothing of them is unknown.
 */
export function renderGroup(group: Group<Member>, state: 'there' | 'ended'): MetricData[] {
  const { startTime, time, touched } = group;
  const oldest = sumMembers(group);
  const metrics: MetricData[] = [];
  const add = (template: GroupMetric['template'], dataPoints: readonly NumberPoint[]): void => {
    if (dataPoints.length > 0) metrics.push({ ...template, dataPoints } as MetricData);
  };
  const point = (value: number | undefined): NumberPoint =>
    value === undefined
      ? endPoint(startTime, time, noAttributes)
      : { startTime, endTime: time, attributes: noAttributes, value };

  add(count, [point(state === 'there' ? group.members.size : undefined)]);
  if (oldest !== undefined || group.sentOldest) add(oldestStart, [point(oldest)]);
  group.sentOldest = oldest !== undefined;

  for (const metric of group.metrics.values()) {
    const points: NumberPoint[] = [];
    let over = false;
    for (const slot of metric.slots) {
      const kept = slot.aggregation === 'counter' && group.members.size === 0 && state === 'there';
      if (slot.live > 0 || kept) {
        if (slot.touched !== touched && !kept) continue;
        slot.sent = valueOf(slot);
        points.push({ startTime: slot.startTime, endTime: time, attributes: slot.attributes, value: slot.sent });
      } else if (slot.showing) {
        points.push(endPoint(slot.startTime, time, slot.attributes));
      }
      slot.showing = slot.live > 0 || kept;
      over ||= !slot.showing && slot.aggregation !== 'counter';
    }
    add(metric.template, points);
    // Counters stay, for when a process has a value again.
    if (over) metric.slots = metric.slots.filter(({ showing, aggregation }) => showing || aggregation === 'counter');
  }
  return metrics;
}

const endPoint = (startTime: HrTime, endTime: HrTime, attributes: Attributes): NumberPoint => ({
  startTime,
  endTime,
  attributes,
  value: undefined,
  flags: noRecordedValue,
});

/** A sum of doubles depends on their order in the last digit, and an exit changes it: that must not look like a reset. */
function valueOf({ aggregation, retained, total, exact, sent, add }: Slot): number | bigint {
  if (aggregation !== 'counter') return exact ?? total;
  const value = add(retained, exact ?? total);
  return sent !== undefined && value < sent ? sent : value;
}

/** Puts the members' values together in the group's slots. Returns the oldest start. */
function sumMembers(group: Group<Member>): number | undefined {
  for (const { slots } of group.metrics.values())
    for (const slot of slots) {
      slot.total = 0;
      slot.exact = undefined;
      slot.parts = 0;
      slot.live = 0;
    }
  let oldest: number | undefined;
  for (const member of group.members) {
    const { createdAt, slots, values, exceptions } = member;
    if (createdAt !== undefined && (oldest === undefined || createdAt < oldest)) oldest = createdAt;
    for (let place = 0; place < slots.length; place++) {
      const slot = slots[place];
      if (slot === undefined) continue;
      slot.parts++;
      if (exceptions === undefined || isLive(member, place)) slot.live++;
      const total = slot.total + values[place]!;
      const plain = exceptions === undefined && slot.exact === undefined && slot.aggregation !== 'max';
      if (plain && (total <= Number.MAX_SAFE_INTEGER || !slot.integer)) slot.total = total;
      else addPart(slot, partOf(member, place));
    }
  }
  return oldest;
}

function addPart(slot: Slot, part: number | bigint): void {
  const total = slot.exact ?? slot.total;
  if (slot.parts === 1) setTotal(slot, part);
  else if (slot.aggregation === 'max') setTotal(slot, part > total ? part : total);
  else setTotal(slot, slot.add(total, part));
}

function setTotal(slot: Slot, total: number | bigint): void {
  slot.total = Number(total);
  slot.exact = typeof total === 'bigint' ? total : undefined;
}
