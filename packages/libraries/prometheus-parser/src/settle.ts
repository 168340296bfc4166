import type { Families, Place } from './families.ts';
import { Group, labelsKey, metricOf } from './metric.ts';
import type { Metric } from './metric.ts';
import type { Scopes } from './scopes.ts';
import type { Labels } from './series.ts';
import type { Role, Track } from './track.ts';

export interface Settler {
  /** Makes a series what the page says its family is. */
  settle(track: Track): void;
  /** It is no longer that. What it was can still be read. */
  leave(track: Track): void;
}

export function createSettler(families: Families, scopes: Scopes): Settler {
  function join(track: Track, metric: Metric, label: string): void {
    const group = groupOf(metric, track.attributes as Labels, label);
    group.parts++;
    track.group = group;
    track.attributes = group.attributes;
  }

  function settleParts(track: Track, place: Place, labels: Labels): void {
    const { family } = place;
    const isHistogram = family.type === 'histogram';
    const label = isHistogram ? 'le' : 'quantile';
    track.role = roleOf(place, isHistogram);
    if (track.role === 'bucket' || track.role === 'quantile') {
      track.bound = boundOf(labels[label]);
      if (Number.isNaN(track.bound)) track.role = 'invalid';
    }
    if (track.role !== 'invalid') join(track, track.metric!, label);
  }

  return {
    settle(track) {
      if (track.place) this.leave(track);
      const place = families.place(track.name);
      track.place = place;
      track.group = undefined;
      track.role = 'number';
      if (track.name === 'target_info') track.role = 'target';
      else if (track.name === 'otel_scope_info') track.role = 'scope';
      if (track.role !== 'number') return;
      const { entry, rest } = scopes.of(track.labels);
      const { family, part } = place;
      const grouped = family.type === 'histogram' || family.type === 'summary' || family.type === 'gaugehistogram';
      track.attributes = rest;
      track.metric =
        part === 'created' && !grouped
          ? (entry.metrics.get(`${family.name}_total`) ?? entry.metrics.get(family.name))
          : metricOf(entry, family, grouped ? family.name : track.name);
      if (grouped) settleParts(track, place, rest);
      else if (part === 'created') {
        track.role = 'created';
        // The lines of one counter follow each other.
        const last = track.metric?.lastTrack;
        track.counter = last && sameBut(undefined, rest, last.attributes as Labels) ? last : undefined;
      }
    },
    leave(track) {
      if (track.place) families.release(track.place);
      if (track.group) track.group.parts--;
    },
  };
}

function roleOf({ part, family }: Place, isHistogram: boolean): Role {
  if (family.type === 'gaugehistogram') return 'invalid';
  if (part === 'value') return isHistogram ? 'invalid' : 'quantile';
  return part;
}

/** A float as Prometheus reads it; NaN if it is none. */
function boundOf(text: string | undefined): number {
  if (text === undefined || text === '') return Number.NaN;
  const infinite = /^([+-]?)inf(?:inity)?$/i.exec(text);
  if (infinite) return infinite[1] === '-' ? -Infinity : Infinity;
  return /^[+-]?[\d.]+(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
}

/** The group of a series; `label` is what tells its series apart. */
function groupOf(metric: Metric, labels: Labels, label: string): Group {
  const last = metric.lastGroup;
  if (last && sameBut(label, labels, last.attributes as Labels)) return last;
  const { [label]: bound, ...rest } = labels;
  const attributes = bound === undefined ? labels : rest;
  const key = labelsKey(attributes);
  let group = metric.groups.get(key);
  if (!group) {
    group = new Group(metric, key, attributes);
    metric.groups.set(key, group);
  }
  metric.lastGroup = group;
  return group;
}

/** Whether the labels, without `but`, are those of `others`. */
function sameBut(but: string | undefined, labels: Labels, others: Labels): boolean {
  let count = 0;
  for (const name in labels) {
    if (name === but) continue;
    if (labels[name] !== others[name]) return false;
    count++;
  }
  for (const _ in others) count--;
  return count === 0;
}
