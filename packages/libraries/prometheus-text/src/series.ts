import type { Attributes, DataPoint } from '@millrace/core';
import type { Family } from './families.ts';
import type { LabelRenderer } from './labels.ts';
import type { FamilyType } from './names.ts';

/** One series of the page. What several resources or scopes would show under the same labels shares it. */
export interface Slot {
  readonly family: Family;
  /** What stands between the metric's name and the value; see `openingOf`. */
  readonly opening: string;
  /** Whose value is shown: the series that was updated last. */
  owner: Series | undefined;
  others: Series[] | undefined;
}

/** What arrives: one attribute set of one metric of one scope and resource. */
export interface Series {
  readonly metric: Metric;
  readonly slot: Slot;
  /** The object that came last, for a quick look whether the next is the same. */
  attributes: Attributes;
  point: DataPoint<unknown>;
  /** When the last point arrived, in milliseconds. */
  seenAt: number;
  /** Of the update that brought it. */
  generation: number;
  /** Its place in the metric's order. */
  index: number;
}

/** A metric of one scope of one resource. */
export interface Metric {
  readonly key: string;
  readonly name: string;
  readonly type: FamilyType;
  readonly unit: string;
  readonly help: string;
  readonly labels: LabelRenderer;
  family: Family | undefined;
  /** In the order in which points arrive; holes where series have ended. */
  order: (Series | undefined)[];
  size: number;
}

/** One metric's way through an update. */
export interface Pass {
  readonly metric: Metric;
  readonly now: number;
  readonly delta: boolean;
  /** Where in the metric's order the next point's series is expected. */
  cursor: number;
  misses: number;
  readonly seen: Series[];
}

/** The series of this metric among those of the slot. */
export const memberOf = ({ owner, others }: Slot, metric: Metric): Series | undefined =>
  owner?.metric === metric ? owner : others?.find((other) => other.metric === metric);

export function showInstead(slot: Slot, series: Series): void {
  slot.others = slot.others?.filter((other) => other !== series);
  if (slot.owner) (slot.others ??= []).push(slot.owner);
  slot.owner = series;
}

/** Takes a series out of its slot and its metric. True if the slot is left empty. */
export function detach(series: Series): boolean {
  const { metric, slot, index } = series;
  metric.order[index] = undefined;
  metric.size -= 1;
  slot.others = slot.others?.filter((other) => other !== series);
  if (slot.owner === series) slot.owner = slot.others?.pop();
  return slot.owner === undefined;
}

/** The order in which points came this time, then those that did not come. */
export function reorder({ metric, seen }: Pass): void {
  metric.order = [...new Set([...seen, ...metric.order])];
  closeHoles(metric);
}

export function closeHoles(metric: Metric): void {
  const order = metric.order.filter((series) => series !== undefined);
  for (const [index, series] of order.entries()) series.index = index;
  metric.order = order;
}

/** The same names and values in the same order. What is no primitive is the same only if it is the same object. */
export function sameAttributes(a: Attributes, b: Attributes): boolean {
  if (a === b) return true;
  const keys = Object.keys(a);
  const others = Object.keys(b);
  if (keys.length !== others.length) return false;
  for (let index = 0; index < keys.length; index += 1) {
    const key = keys[index]!;
    if (key !== others[index] || a[key] !== b[key]) return false;
  }
  return true;
}
