import { rememberRecurring } from '@millrace/attribute-actions';
import type { Series } from './series.ts';

/** What is left once series that Datadog cannot tell apart are one. */
export interface Merged {
  readonly series: readonly Series[];
  /** A metric that cannot be added up, so that Datadog keeps one value of several; undefined where there is none. */
  readonly ambiguous: string | undefined;
}

/**
 * Datadog knows series by metric, host and tags only, and of several points for one time it keeps one. So counts and rates
 * of series that are the same to it are added up: those of processes, say, whose pid is no tag. Gauges are left alone.
 */
export function createMerge(): (series: readonly Series[]) => Merged {
  const keyOf = rememberRecurring((tags: readonly string[]) => tags.toSorted().join('\n'));
  return (series) => merge(series, keyOf);
}

function merge(series: readonly Series[], keyOf: (tags: readonly string[]) => string): Merged {
  const byKey = new Map<string, number>();
  const merged: Series[] = [];
  let ambiguous: string | undefined;
  for (const one of series) {
    const { metric, type, host, tags, points } = one;
    const key = `${metric}\n${type}\n${host}\n${points[0]!.timestamp}\n${keyOf(tags)}`;
    const known = byKey.get(key);
    if (known === undefined || one.type === 'gauge') {
      if (known !== undefined) ambiguous ??= one.metric;
      byKey.set(key, merged.push(one) - 1);
    } else merged[known] = add(merged[known]!, one);
  }
  return { series: merged, ambiguous };
}

/** Each has one point, of the same time. */
function add(a: Series, b: Series): Series {
  const { timestamp } = a.points[0]!;
  return { ...a, points: [{ timestamp, value: a.points[0]!.value + b.points[0]!.value }] };
}
