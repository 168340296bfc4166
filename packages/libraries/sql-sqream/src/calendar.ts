/** SQreamDB counts days from 1 March of the year 0; this many of them are before 1970-01-01. */
const daysBefore1970 = 719_468;
const dayMs = 86_400_000;

/** A DATE as `2026-11-21`. Undefined if there is no such day. */
export function dateText(days: number): string | undefined {
  const ms = (days - daysBefore1970) * dayMs;
  if (Math.abs(ms) > 8.64e15) return undefined; // the last that a Date can hold
  return new Date(ms).toISOString().slice(0, -14).replace(/^\+0*/, '');
}

/** A DATETIME, days and milliseconds of the day, as `2026-11-21T12:34:56.789`: the server's wall clock, in no zone. */
export function datetimeText(days: number, ms: number): string | undefined {
  const date = dateText(days);
  return date === undefined || ms >= dayMs ? undefined : date + new Date(ms).toISOString().slice(10, 23);
}
