import { QueryError } from './error.ts';
import type { Window } from './source.ts';

const unitMs: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** A time that somebody wrote, and what it is the time of. */
export interface NamedTime {
  readonly name: string;
  readonly text: string;
}

/**
 * Milliseconds since 1970 of `now-5m`, `now-1h30m`, seconds or milliseconds since 1970, or an ISO 8601 time. Throws a QueryError
 * that names it.
 */
export function parseTime({ name, text }: NamedTime, nowMs: number): number {
  const time = readTime(text.trim(), nowMs);
  if (time >= 0) return time;
  throw new QueryError(`${name} must be a time like now-5m, 2026-01-31T12:00:00Z or seconds since 1970, not ${text}`);
}

function readTime(text: string, nowMs: number): number {
  const relative = /^now(?:-((?:\d+[smhdw])+))?$/.exec(text);
  if (relative)
    return [...(relative[1] ?? '').matchAll(/(\d+)([smhdw])/g)].reduce(
      (time, [, count, unit]) => time - Number(count) * unitMs[unit!]!,
      nowMs,
    );
  if (/^\d{9,10}(?:\.\d+)?$/.test(text)) return Math.round(Number(text) * 1000);
  if (/^\d{12,13}$/.test(text)) return Number(text);
  return /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
}

/** Throws a QueryError where the beginning is not before the end, or one of them is no time. */
export function parseWindow(from: NamedTime, until: NamedTime, nowMs: number): Window {
  const [startMs, endMs] = [parseTime(from, nowMs), parseTime(until, nowMs)];
  if (startMs < endMs) return { startMs, endMs };
  throw new QueryError(`${from.name} (${formatTime(startMs)}) must be before ${until.name} (${formatTime(endMs)}).`);
}

/** To the second, in UTC. */
export const formatTime = (timeMs: number): string =>
  `${new Date(timeMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

/** The beginning and the end, to the second. */
export const formatWindow = ({ startMs, endMs }: Window): string => `${formatTime(startMs)} to ${formatTime(endMs)}`;
