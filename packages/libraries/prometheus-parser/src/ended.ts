import type { HrTime } from '@millrace/core';
import { noRecordedValue } from '@millrace/core';
import type { AssemblerOptions } from './assemble.ts';
import type { Metric, OpenPoint } from './metric.ts';
import { labelsKey } from './metric.ts';
import { noTime } from './times.ts';
import type { Track } from './track.ts';

interface Ending {
  /** Series that are new in the page. */
  readonly added: readonly Track[];
  readonly time: HrTime;
  readonly options: Pick<AssemblerOptions, 'endTimestamped'>;
}

interface Ended {
  readonly metric: Metric;
  readonly point: OpenPoint;
}

const identity = ({ name, labels }: Track): string => JSON.stringify([name, labelsKey(labels)]);

/** Says of series that are gone that they have ended. A histogram ends with the last of its series. */
export function endPoints(gone: readonly Track[], { added, time, options }: Ending): Ended[] {
  const endsAt = (timeMs: number | undefined): boolean => timeMs === undefined || options.endTimestamped === true;
  // The same labels in another order are another text, but the same series.
  const present = new Set(gone.length > 0 ? added.map(identity) : []);
  const ended: Ended[] = [];
  for (const track of gone) {
    const { group, metric } = track;
    if (group) {
      if (group.parts > 0) continue;
      group.metric.groups.delete(group.key);
      if (group.metric.lastGroup === group) group.metric.lastGroup = undefined;
      if (group.live && endsAt(group.timeMs)) ended.push({ metric: group.metric, point: endPoint(group, time) });
      group.live = false;
    } else if (metric && track.live) {
      track.live = false;
      if (endsAt(track.timeMs) && !present.has(identity(track))) ended.push({ metric, point: endPoint(track, time) });
    }
  }
  return ended;
}

/** The same for series that may come back. */
export function endLive(tracks: readonly Track[], { time, options }: Omit<Ending, 'added'>): Ended[] {
  const ended: Ended[] = [];
  for (const track of tracks) {
    const one = track.group ?? track;
    if (!one.live || !track.metric) continue;
    one.live = false;
    if (one.timeMs === undefined || options.endTimestamped)
      ended.push({ metric: track.metric, point: endPoint(one, time) });
  }
  return ended;
}

type Startable = Pick<Track, 'startTime' | 'created' | 'attributes'>;

const endPoint = ({ startTime, created, attributes }: Startable, time: HrTime): OpenPoint => ({
  startTime: created ?? startTime ?? noTime,
  endTime: time,
  attributes,
  value: undefined,
  flags: noRecordedValue,
});
