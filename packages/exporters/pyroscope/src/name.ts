import type { Attributes } from '@millrace/core';
import { valueText } from '@millrace/core';
import type { Profile } from '@millrace/pprof';

/** By period type: what Pyroscope's own clients call profiles. */
const byPeriod: ReadonlyMap<string, string> = new Map([
  ['cpu', 'process_cpu'],
  ['space', 'memory'],
  ['contentions', 'mutex'],
  ['goroutine', 'goroutine'],
  ['wall', 'wall'],
]);

const bySample: readonly (readonly [RegExp, string])[] = [
  [/^wall$/, 'wall'],
  [/^off_?cpu$/, 'off_cpu'],
  [/^cpu$/, 'process_cpu'],
  [/^(?:inuse|alloc)_|^(?:space|objects)$/, 'memory'],
  [/^mutex_/, 'mutex'],
  [/^block_/, 'block'],
  [/^(?:contentions|delay)$/, 'mutex'],
  [/^goroutines?$/, 'goroutine'],
];

const bySampleType = (types: readonly string[]): string | undefined =>
  bySample.find(([pattern]) => types.some((type) => pattern.test(type)))?.[1];

/** What a sample type says more surely than a period type, which may be of something else. */
const offCpu = /^(?:wall|off_?cpu)$/;

/**
 * The name of a profile, which its series are found by. Mutexes and blocking look alike in Go's profiles: only an attribute
 * tells them apart. It is the name, or the whole type of Grafana Pyroscope, or a name of before it.
 */
export function nameOf(profile: Profile, attributes: Attributes, attribute: string): string {
  const [said = '', ...rest] = valueText(attributes[attribute]).split(':');
  if (said !== '') return (rest.length === 0 && bySampleType([said])) || sanitized(said);
  const types = profile.sampleTypes.map(({ type }) => type);
  const period = profile.periodType?.type ?? '';
  const surely = bySampleType(types.filter((type) => offCpu.test(type)));
  return (
    surely ??
    byPeriod.get(period) ??
    bySampleType(types) ??
    (sanitized(period) || sanitized(types[0] ?? '') || 'unknown')
  );
}

/** https://prometheus.io/docs/concepts/data_model/#metric-names-and-labels */
const sanitized = (name: string): string => name.replace(/[^A-Za-z0-9_:]/g, '_').replace(/^(?=\d)/, '_');
