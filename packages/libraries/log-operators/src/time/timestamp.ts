import type { AnyValue, HrTime } from '@millrace/core';
import type { Entry } from '../entry.ts';
import { parseField, read } from '../field.ts';
import { entryError, OperatorProblem } from '../problem.ts';
import type { TimestampConfig } from '../schema.ts';
import type { DateParts } from './directives.ts';
import { epochLayouts, readEpoch } from './epoch.ts';
import { compileLayout } from './layout.ts';
import { fixed, zoneAbbreviated, zoneNamed } from './zone.ts';

type ReadTime = (value: AnyValue) => HrTime;

/** Reads a field as the entry's time. Throws an EntryError for what is no time. */
export function compileTimestamp(config: TimestampConfig, now: () => number): (entry: Entry) => void {
  const { parse_from: from } = config;
  if (from === undefined) throw new OperatorProblem('needs parse_from, such as attributes.time', 'parse_from');
  const field = parseField(from, 'parse_from');
  const readTime = config.layout_type === 'epoch' ? compileEpoch(config) : compileDate(config, now);
  return (entry) => {
    const value = read(entry, field);
    if (value === undefined || value === null) throw entryError(`there is no ${from} to read the time from`);
    entry.time = readTime(value);
  };
}

function compileEpoch({ layout = '' }: TimestampConfig): ReadTime {
  if (!Object.hasOwn(epochLayouts, layout))
    throw new OperatorProblem(
      `the layout "${layout}" is none of epoch; there are ${Object.keys(epochLayouts).join(', ')}`,
      'layout',
    );
  return (value) => readEpoch(value, layout);
}

export function compileDate(config: TimestampConfig, now: () => number): ReadTime {
  const { layout: written, layout_type: type = 'strptime', location } = config;
  if (written === undefined) throw new OperatorProblem("needs a layout, such as '%Y-%m-%d %H:%M:%S'", 'layout');
  if (type === 'epoch') throw new OperatorProblem('is not of dates', 'layout_type');
  const layout = compileLayout(written, type);
  const zone = zoneNamed(location ?? 'Local', 'location');
  const named = new Map(
    Object.entries(config.time_zone_locations ?? {}).map(([name, place]) => [
      name,
      zoneNamed(place, 'time_zone_locations'),
    ]),
  );
  const zoneOf = ({ offset, zone: name }: DateParts) => {
    if (offset !== undefined) return fixed(offset);
    if (name === undefined) return zone;
    // An abbreviation is of the location that is configured, if one is: IST is not only India's.
    return named.get(name) ?? (location === undefined || name === 'UTC' ? (zoneAbbreviated(name) ?? zone) : zone);
  };
  return (value) => {
    if (typeof value !== 'string') throw entryError('the time is not a text');
    const parts = layout.read(value);
    if (!parts || !isDate(parts)) throw entryError(`"${value.slice(0, 100)}" is not a time of the layout ${written}`);
    if (parts.isAfternoon !== undefined) parts.hour = ((parts.hour ?? 0) % 12) + (parts.isAfternoon ? 12 : 0);
    const place = zoneOf(parts);
    if (parts.year !== undefined) return [Math.floor(place.at(parts) / 1000), parts.nanos ?? 0];
    return [Math.floor(guessYear(parts, place.at, now()) / 1000), parts.nanos ?? 0];
  };
}

const inRange = (value: number | undefined, low: number, high: number): boolean =>
  value === undefined || (value >= low && value <= high);

function isDate({ year, month, day, dayOfYear, hour, minute, second }: DateParts): boolean {
  const isIn =
    inRange(month, 1, 12) &&
    inRange(day, 1, 31) &&
    inRange(dayOfYear, 1, 366) &&
    inRange(hour, 0, 24) &&
    inRange(minute, 0, 59) &&
    inRange(second, 0, 60);
  if (!isIn || day === undefined || month === undefined) return isIn;
  return day <= new Date(Date.UTC(year ?? 2024, month, 0)).getUTCDate();
}

const aWeek = 7 * 86_400_000;

/** Syslog and glog write no year: it is this one, or the last if that would be more than a week ahead. */
function guessYear(parts: DateParts, at: (parts: DateParts) => number, now: number): number {
  const year = new Date(now).getFullYear();
  const time = at({ ...parts, year });
  return time > now + aWeek ? at({ ...parts, year: year - 1 }) : time;
}
