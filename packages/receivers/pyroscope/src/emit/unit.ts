import type { ValueType } from '@millrace/pprof';

/** Units of profiles, those of Go and those of a legacy Pyroscope, as UCUM has them. */
const units: Readonly<Record<string, string>> = {
  nanoseconds: 'ns',
  microseconds: 'us',
  milliseconds: 'ms',
  seconds: 's',
  lock_nanoseconds: 'ns',
  bytes: 'By',
  kilobytes: 'kBy',
  samples: '{sample}',
  trace_samples: '{sample}',
  lock_samples: '{contention}',
  objects: '{object}',
  goroutines: '{goroutine}',
  exceptions: '{exception}',
};

/** What a `count` counts, by the type. */
const counted: Readonly<Record<string, string>> = {
  samples: '{sample}',
  inuse_objects: '{object}',
  alloc_objects: '{object}',
  objects: '{object}',
  goroutine: '{goroutine}',
  goroutines: '{goroutine}',
  contentions: '{contention}',
  threadcreate: '{thread}',
};

export function unitOf({ type, unit }: ValueType): string {
  if (Object.hasOwn(units, unit)) return units[unit]!;
  if (unit === 'count' || unit === '') return Object.hasOwn(counted, type) ? counted[type]! : '{count}';
  return `{${unit.replaceAll(/[^\w.-]/g, '_')}}`;
}

/** What there is at a moment, and does not add up over time. */
export const isSnapshot = (type: string): boolean =>
  type.startsWith('inuse_') || ['goroutine', 'goroutines', 'threadcreate'].includes(type);
