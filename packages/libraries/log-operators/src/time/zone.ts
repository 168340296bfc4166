import { OperatorProblem } from '../problem.ts';
import type { DateParts } from './directives.ts';

/** Where times are that do not say it. Milliseconds since the epoch, of a date and a time of day there. */
export interface Zone {
  at(parts: DateParts): number;
}

const utcOf = ({ year = 1970, month = 1, day = 1, dayOfYear, hour = 0, minute = 0, second = 0 }: DateParts): number =>
  dayOfYear === undefined
    ? Date.UTC(year, month - 1, day, hour, minute, second)
    : Date.UTC(year, 0, dayOfYear, hour, minute, second);

export const utc: Zone = { at: utcOf };
export const fixed = (offsetSeconds: number): Zone => ({ at: (parts) => utcOf(parts) - offsetSeconds * 1000 });

const local: Zone = {
  at({ year = 1970, month = 1, day = 1, dayOfYear, hour = 0, minute = 0, second = 0 }) {
    const date = dayOfYear === undefined ? new Date(year, month - 1, day) : new Date(year, 0, dayOfYear);
    date.setHours(hour, minute, second);
    return date.getTime();
  },
};

const sliceMs = 15 * 60_000; // no zone changes its offset more often

/** `Local`, `UTC`, or a name of the IANA database. Throws an OperatorProblem for another. */
export function zoneNamed(name: string, key: string): Zone {
  if (name === '' || name === 'Local') return local;
  if (name === 'UTC') return utc;
  let format: Intl.DateTimeFormat;
  try {
    const twoDigits = {
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
    } as const;
    format = new Intl.DateTimeFormat('en-US', { timeZone: name, hourCycle: 'h23', second: 'numeric', ...twoDigits });
  } catch {
    throw new OperatorProblem(`"${name}" is not a time zone, such as Europe/Vienna, UTC or Local`, key);
  }
  const offsets = new Map<number, number>();
  const offsetAt = (ms: number): number => {
    const slice = Math.floor(ms / sliceMs);
    let found = offsets.get(slice);
    if (found === undefined) {
      const part = Object.fromEntries(
        format.formatToParts(slice * sliceMs).map(({ type, value }) => [type, Number(value)]),
      );
      found = utcOf(part as DateParts) - slice * sliceMs;
      if (offsets.size > 1000) offsets.clear();
      offsets.set(slice, found);
    }
    return found;
  };
  return {
    at(parts) {
      const wall = utcOf(parts);
      // The offset there now, then that of the instant which this gives: right but for the hour that a change skips.
      const guess = wall - offsetAt(wall);
      return wall - offsetAt(guess);
    },
  };
}

/** Go knows no offsets of abbreviations but those of the zone it is in; these are not used by two zones at once in logs. */
const abbreviations: Readonly<Record<string, number>> = {
  UTC: 0,
  GMT: 0,
  Z: 0,
  EST: -5,
  EDT: -4,
  CDT: -5,
  MST: -7,
  MDT: -6,
  PST: -8,
  PDT: -7,
  CET: 1,
  CEST: 2,
  WEST: 1,
  EET: 2,
  EEST: 3,
  JST: 9,
};

export function zoneAbbreviated(name: string): Zone | undefined {
  const hours = abbreviations[name];
  return hours === undefined ? undefined : fixed(hours * 3600);
}
