import type { Attributes, DataPoint, HrTime, MetricData } from '@millrace/core';
import type { Column } from './column.ts';
import { columnOf, isOf, keyOf } from './column.ts';
import type { Group, Slot } from './group.ts';
import { createSlot, groupMetric } from './group.ts';
import { negate } from './number.ts';

/**
 * One process, for as long as it is there. `columns`, `slots`, `values` and `times` have a place for each of its series,
 * in the order of its last batch, so that the next one finds them there. They are lists of their own because each object
 * for a series is a cache miss a batch: 15,000 for 1,000 processes.
 */
export interface Member {
  /** What tells it from every other, one that gets the same pid later included. */
  readonly identity: string;
  /** When it started, in seconds since the epoch, if that is known. */
  readonly createdAt: number | undefined;
  /** When it was last heard of: milliseconds of the processor's clock. */
  seenAt: number;
  group: Group<Member> | undefined;
  readonly columns: Column[];
  /** Undefined: it has no value in the member's group. */
  readonly slots: (Slot | undefined)[];
  /** The last value; NaN: none. A counter keeps it when its series ends, as long as the process is there. */
  values: Float64Array;
  /** Of the last point, in seconds. */
  times: Float64Array;
  /** What most processes have none of. */
  exceptions: Map<Column, Exception> | undefined;
}

interface Exception {
  /** The last value if it is a bigint. */
  exact: bigint | undefined;
  /** Of a counter: its series has ended. */
  ended: boolean;
  /** What of a counter counts elsewhere: in a group that the process was in before, until `since`. */
  base: number | bigint;
  since: HrTime | undefined;
}

export const createMember = (identity: string, createdAt: number | undefined): Member => ({
  identity,
  createdAt,
  seenAt: 0,
  group: undefined,
  columns: [],
  slots: [],
  values: new Float64Array(16),
  times: new Float64Array(16),
  exceptions: undefined,
});

/** Takes in a process's points. `at` counts them over all its metrics; returns where the next metric goes on. */
export function updateMember(member: Member, metric: MetricData, at: number): number {
  const { name } = metric.descriptor;
  const { columns, slots } = member;
  const group = member.group!;
  for (const point of metric.dataPoints as readonly DataPoint<number | bigint>[]) {
    const place = at++;
    let column = columns[place];
    if (column === undefined || !isOf(column, name, point.attributes)) {
      seek(member, { metric, attributes: point.attributes, place });
      column = columns[place]!;
    }
    if (column.aggregation === undefined) continue;
    const time = point.endTime[0] + point.endTime[1] * 1e-9;
    const { values, times } = member;
    if (time < times[place]!) continue;
    times[place] = time;
    const { value } = point;
    const number = typeof value === 'number' ? value : Number(value);
    // NaN is what `undefined` becomes, too.
    if (!Number.isFinite(number)) {
      endSeries(member, place);
      continue;
    }
    const slot = (slots[place] ??= slotOf(member, { metric, point, column }));
    if (column.aggregation === 'counter' && number < values[place]!) beginAnew(member, place);
    values[place] = number;
    const exception = typeof value === 'bigint' ? exceptionOf(member, column) : member.exceptions?.get(column);
    if (exception) {
      exception.exact = typeof value === 'bigint' ? value : undefined;
      exception.ended = false;
    }
    slot.touched = group.touched;
  }
  return at;
}

function exceptionOf(member: Member, column: Column): Exception {
  member.exceptions ??= new Map();
  let exception = member.exceptions.get(column);
  if (!exception)
    member.exceptions.set(column, (exception = { exact: undefined, ended: false, base: 0, since: undefined }));
  return exception;
}

/** What the series adds to its group: a counter, what it has counted there. */
export function partOf(member: Member, place: number): number | bigint {
  const value = member.values[place]!;
  const exception = member.exceptions?.get(member.columns[place]!);
  if (!exception) return value;
  const { exact = value, base } = exception;
  return base === 0 ? exact : member.slots[place]!.add(exact, negate(base));
}

export const isLive = (member: Member, place: number): boolean =>
  !member.exceptions?.get(member.columns[place]!)?.ended;

function retain(member: Member, place: number): void {
  const slot = member.slots[place]!;
  slot.retained = slot.add(slot.retained, partOf(member, place));
}

/** The process's counter has been reset: what it has counted until now stays. */
function beginAnew(member: Member, place: number): void {
  retain(member, place);
  const exception = member.exceptions?.get(member.columns[place]!);
  if (exception) exception.base = 0;
}

function endSeries(member: Member, place: number): void {
  const slot = member.slots[place];
  if (!slot) return;
  slot.touched = member.group!.touched;
  if (slot.aggregation === 'counter') exceptionOf(member, member.columns[place]!).ended = true;
  else forget(member, place);
}

function forget(member: Member, place: number): void {
  member.values[place] = Number.NaN;
  member.slots[place] = undefined;
  member.exceptions?.delete(member.columns[place]!);
}

/** Finds the series, or makes one, and puts it into its place. */
function seek(
  member: Member,
  { metric, attributes, place }: { metric: MetricData; attributes: Attributes; place: number },
): void {
  const { columns } = member;
  const { name } = metric.descriptor;
  let found = columns.findIndex((column) => isOf(column, name, attributes));
  if (found < 0) {
    found = columns.push(columnOf(metric, attributes)) - 1;
    member.slots.push(undefined);
    if (found >= member.values.length) {
      member.values = grown(member.values);
      member.times = grown(member.times);
    }
    member.values[found] = Number.NaN;
    member.times[found] = Number.NEGATIVE_INFINITY;
  }
  if (found === place) return;
  for (const list of [columns, member.slots, member.values, member.times] as unknown[][])
    [list[place], list[found]] = [list[found], list[place]];
}

function grown(numbers: Float64Array): Float64Array {
  const larger = new Float64Array(numbers.length * 2);
  larger.set(numbers);
  return larger;
}

function slotOf(
  { group, exceptions }: Member,
  { metric, point, column }: { metric: MetricData; point: DataPoint<unknown>; column: Column },
): Slot {
  const { slots } = groupMetric(group!, metric);
  const { touched } = group!;
  const startTime = exceptions?.get(column)?.since ?? point.startTime;
  const existing = slots.find(({ attributes }) => attributes === column.attributes || keyOf(attributes) === column.key);
  if (existing) {
    if (existing.createdIn === touched && isBefore(startTime, existing.startTime)) existing.startTime = startTime;
    return existing;
  }
  const slot = createSlot({ metric, attributes: column.attributes, startTime }, column.aggregation!);
  slot.createdIn = touched;
  slots.push(slot);
  return slot;
}

/** Takes a process out of its group: what its counters say stays there, and is not counted again where it comes to. */
export function leaveGroup(member: Member, batch: number): void {
  const { group } = member;
  if (!group) return;
  group.members.delete(member);
  group.touched = batch;
  member.group = undefined;
  for (const [place, slot] of member.slots.entries()) {
    if (!slot) continue;
    slot.touched = batch;
    if (slot.aggregation !== 'counter') {
      forget(member, place);
      continue;
    }
    retain(member, place);
    const exception = exceptionOf(member, member.columns[place]!);
    exception.base = exception.exact ?? member.values[place]!;
    exception.since = group.time;
    member.slots[place] = undefined;
  }
}

export const isBefore = (a: HrTime, b: HrTime): boolean => a !== b && (a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]));
