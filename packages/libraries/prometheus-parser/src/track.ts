import type { Attributes, HrTime } from '@millrace/core';
import type { Place } from './families.ts';
import type { Group, Metric } from './metric.ts';
import type { Labels, Series } from './series.ts';

/** What a sample of a series does. */
export type Role = 'number' | 'bucket' | 'quantile' | 'sum' | 'count' | 'created' | 'target' | 'scope' | 'invalid';

/** A series, from page to page. */
export class Track {
  readonly name: string;
  readonly labels: Labels;
  /** How many series of the page it is: relabelling may make one of several. */
  users = 1;
  /** The page that had it last. */
  seenIn = 0;
  /** Its own time, where the page says it. */
  timeMs: number | undefined = undefined;
  /** It had a point, whose end is to be said. */
  live = false;
  /** Its value is the start time of the others. */
  readonly givesStart: boolean;

  /** What it was settled to be, when the place was not stale. */
  place: Place | undefined = undefined;
  role: Role = 'number';
  metric: Metric | undefined = undefined;
  attributes: Attributes = {};
  group: Group | undefined = undefined;
  /** `le` or `quantile`. */
  bound = 0;
  /** Of `_created`: the counter that it is of. */
  counter: Track | undefined = undefined;

  startTime: HrTime | undefined = undefined;
  created: HrTime | undefined = undefined;
  last = Number.NaN;

  constructor({ name, labels }: Series, givesStart: boolean) {
    this.name = name;
    this.labels = labels;
    this.givesStart = givesStart;
  }
}
