import type { CgroupSample, Count, Hierarchy, Reader, Wanted } from '@millrace/cgroup';
import type { Attributes } from '@millrace/core';

/** A cgroup from scrape to scrape. */
export interface Tracked {
  readonly path: string;
  /** Those of its entity: always the same object. */
  readonly attributes: Attributes;
  /** It is a container's own, whose oldest process tells how long it has been running. */
  readonly container: boolean;
  readonly reader: Reader;
  /** The scrape that has seen it last. */
  seenIn: number;
  /** Milliseconds since the epoch: since when its counters count; undefined where nobody knows. */
  startTime: number | undefined;
  /** When its oldest process started; undefined where that cannot be seen. */
  processStart: number | undefined;
  last: Last | undefined;
}

/** What the next reading is compared with. */
interface Last {
  readonly usage: Count | undefined;
  readonly readAt: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

export interface Reading {
  readonly sample: CgroupSample;
  /** CPUs used since the reading before; undefined where there is none to compare with. */
  readonly cpus: number | undefined;
}

export interface ReadOptions {
  readonly wanted: Wanted;
  readonly hierarchy: Hierarchy;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** When it was not there yet, milliseconds since the epoch. Its counters began after it. */
  readonly absentAt: number | undefined;
}

/** The least time between two readings from which a usage is computed. */
const shortestSpan = 100;

/** Reads it. Undefined if it is not there. Throws where it may not be read. */
export function readTracked(tracked: Tracked, { wanted, hierarchy, time, absentAt }: ReadOptions): Reading | undefined {
  const sample = tracked.reader.read(wanted);
  const { last } = tracked;
  tracked.last = sample && { usage: sample.cpu.usage, readAt: sample.readAt, time };
  if (!sample) return undefined;
  const anew = last === undefined || sample.restarted || isLess(sample.cpu.usage, last.usage);
  if (anew) {
    const age = tracked.container ? hierarchy.age(tracked.path) : undefined;
    tracked.processStart = age === undefined ? undefined : time - age;
    tracked.startTime = tracked.processStart ?? last?.time ?? absentAt;
    return { sample, cpus: undefined };
  }
  return { sample, cpus: usageSince(last, sample) };
}

function usageSince(last: Last, { cpu, readAt }: CgroupSample): number | undefined {
  const span = readAt - last.readAt;
  if (cpu.usage === undefined || last.usage === undefined || span < shortestSpan) return undefined;
  return subtract(cpu.usage, last.usage) / (span * 1e6);
}

const isLess = (now: Count | undefined, before: Count | undefined): boolean =>
  now !== undefined && before !== undefined && now < before;

/** A difference of two counters fits a number, even where they do not. */
const subtract = (now: Count, before: Count): number =>
  typeof now === 'number' && typeof before === 'number' ? now - before : Number(BigInt(now) - BigInt(before));
