import type { Attributes, HrTime, MetricData, ScopeMetrics } from '@millrace/core';
import { hrTime } from '@millrace/core';
import type { Assembled, AssemblerOptions } from './assemble.ts';
import { createDrops } from './dropped.ts';
import { endPoints } from './ended.ts';
import { exemplarOf } from './exemplar.ts';
import { closeGroup, openGroup, takePart } from './groups.ts';
import type { Group, Metric, OpenPoint } from './metric.ts';
import { metricData } from './metric.ts';
import type { ScopeEntry, Scopes } from './scopes.ts';
import type { Extra } from './series.ts';
import type { Settler } from './settle.ts';
import { noTime, timeOfSeconds } from './times.ts';
import type { Track } from './track.ts';

interface RunOptions {
  readonly options: AssemblerOptions;
  readonly scopes: Scopes;
  readonly settler: Settler;
  readonly number: number;
  readonly timeMs: number;
}

/** What becomes of one page. */
export interface Run {
  readonly number: number;
  state: 'open' | 'failed' | 'ended';
  /** Series that were not there before. */
  readonly added: Track[];
  take(track: Track, value: number, extra: Extra | undefined): void;
  finish(gone: readonly Track[]): Pick<Assembled, 'scopeMetrics' | 'target' | 'notANumber' | 'dropped'>;
}

export function createRun({ options, scopes, settler, number, timeMs: scrapedMs }: RunOptions): Run {
  const time = hrTime(scrapedMs);
  const honours = options.timestamps !== 'ignore';
  const drops = createDrops();
  const added: Track[] = [];
  const metrics: Metric[] = [];
  const groups: Group[] = [];
  /** Points whose start nobody said. */
  const unknownStarts: OpenPoint[] = [];
  let start: HrTime | undefined;
  let target: Attributes | undefined;
  let notANumber = 0;

  function open(metric: Metric): OpenPoint[] {
    if (metric.usedIn !== number) {
      metric.usedIn = number;
      metric.points = [];
      metrics.push(metric);
    }
    return metric.points;
  }

  /** Whether the sample counts: the first of its time, and none before the last one's. */
  function accepts(track: Track, timeMs: number | undefined): boolean {
    const again = track.seenIn === number;
    const lastMs = again ? (track.timeMs ?? scrapedMs) : track.timeMs;
    if (again && (timeMs === undefined || timeMs === lastMs)) drops.add('duplicate_sample', 1);
    else if (timeMs !== undefined && lastMs !== undefined && timeMs < lastMs) drops.add('out_of_order', 1);
    else return true;
    return false;
  }

  function takeNumber(track: Track, value: number, extra: Extra | undefined): void {
    const metric = track.metric!;
    const endTime = track.timeMs === undefined ? time : hrTime(track.timeMs);
    let startTime = noTime;
    if (metric.kind !== 'gauge') {
      // A counter that went down says that the process has begun anew.
      if (track.startTime === undefined || value < track.last) track.startTime = endTime;
      track.last = value;
      startTime = track.created ?? track.startTime;
      metric.lastTrack = track;
    }
    const point: OpenPoint = { startTime, endTime, attributes: track.attributes, value };
    if (extra?.exemplar) point.exemplars = [exemplarOf(extra.exemplar, endTime)];
    open(metric).push(point);
    track.live = true;
    if (options.startTimeMetric) {
      if (metric.kind !== 'gauge' && !track.created) unknownStarts.push(point);
      if (track.givesStart) start = timeOfSeconds(value);
    }
  }

  function takeCreated({ counter }: Track, value: number): void {
    if (!counter) return;
    counter.created = timeOfSeconds(value);
    const { metric } = counter;
    const last = metric?.lastTrack === counter && counter.seenIn === number && metric.points.at(-1);
    if (last && counter.created) last.startTime = counter.created;
  }

  function takeGrouped(track: Track, value: number, extra: Extra | undefined): void {
    const group = track.group!;
    const { timeMs } = track;
    if (group.page !== number || group.timeMs !== timeMs) {
      if (group.page === number) close(group);
      else groups.push(group);
      open(group.metric);
      openGroup(group, number, { timeMs, time: timeMs === undefined ? time : hrTime(timeMs) });
    }
    takePart(group, track, { value, extra });
  }

  function close(group: Group): void {
    const point = closeGroup(group);
    if (!point)
      return drops.add(group.metric.kind === 'histogram' ? 'invalid_histogram' : 'invalid_summary', group.samples);
    group.metric.points.push(point);
    if (options.startTimeMetric && !group.created) unknownStarts.push(point);
  }

  function take(track: Track, value: number, extra: Extra | undefined): void {
    const timeMs = honours ? extra?.timeMs : undefined;
    if ((timeMs !== undefined || track.seenIn === number) && !accepts(track, timeMs)) return;
    track.seenIn = number;
    track.timeMs = timeMs;
    if (track.place === undefined || track.place.stale) settler.settle(track);
    if (Number.isNaN(value)) notANumber++;
    switch (track.role) {
      case 'number':
        return takeNumber(track, value, extra);
      case 'created':
        return track.group ? takeGrouped(track, value, extra) : takeCreated(track, value);
      case 'target':
        target = track.labels;
        return undefined;
      case 'scope':
        return scopes.inform(track.labels);
      case 'invalid':
        return dropInvalid(track);
      case 'bucket':
      case 'quantile':
      case 'sum':
      case 'count':
        return takeGrouped(track, value, extra);
    }
  }

  function dropInvalid({ place }: Track): void {
    const type = place?.family.type;
    drops.add(
      type === 'gaugehistogram' ? 'unsupported_type' : type === 'summary' ? 'invalid_summary' : 'invalid_histogram',
      1,
    );
  }

  return {
    number,
    state: number === 0 ? 'ended' : 'open',
    added,
    take,
    finish(gone) {
      for (const group of groups) close(group);
      for (const { metric, point } of endPoints(gone, { added, time, options })) open(metric).push(point);
      if (start) for (const point of unknownStarts) point.startTime = start;
      scopes.settle();
      const scopeMetrics = collect(metrics);
      prune(scopes, number);
      return { scopeMetrics, target, notANumber, dropped: drops.byReason };
    },
  };
}

/** The metrics that have points, by scope, in the order of the page. */
export function collect(metrics: readonly Metric[]): ScopeMetrics[] {
  const byScope = new Map<ScopeEntry, MetricData[]>();
  for (const metric of metrics) {
    const { scope, points } = metric;
    if (points.length === 0) continue;
    const of = byScope.get(scope) ?? [];
    of.push(metricData(metric, points));
    byScope.set(scope, of);
  }
  return [...byScope].map(([{ scope }, of]) => ({ scope, metrics: of }));
}

function prune(scopes: Scopes, number: number): void {
  for (const entry of scopes.entries()) {
    for (const [name, metric] of entry.metrics) {
      if (metric.usedIn === number) metric.points = [];
      else entry.metrics.delete(name);
    }
    if (entry.metrics.size === 0) scopes.delete(entry);
  }
}
