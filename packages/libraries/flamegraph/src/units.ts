import { scaleValue } from '@millrace/pprof';

/** A unit that values may be shown in, and how many of the profile's own it is. */
export type UnitScale = readonly [name: string, factor: number];

const names = ['ns', 'us', 'ms', 's', 'B', 'kB', 'MB', 'GB', 'TB', 'PB', 'm*GCU', 'GCU'];

/** The units of the same kind, the smallest first; none where values are plain numbers. `only` leaves the one asked for. */
export function unitsFor(unit: string, only = 'auto'): readonly UnitScale[] {
  if (scaleValue(1e30, unit, 'auto').unit === '') return only === 'auto' || only === 'minimum' ? [] : [[only, 1]];
  const wanted = only === 'auto' || only === 'minimum' ? names : [scaleValue(1, unit, only).unit];
  return wanted
    .filter((name) => scaleValue(1, unit, name).unit === name)
    .map((name) => [name, scaleValue(1, name, unit).value]);
}
