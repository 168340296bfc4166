import { usage } from './problem.ts';

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** Milliseconds since 1970 of `now-5m`, `now-1h30m`, seconds or milliseconds since 1970, or an ISO 8601 time. */
export function parseTime(text: string, { flag, now }: { flag: string; now: number }): number {
  const relative = /^now(?:-((?:\d+[smhdw])+))?$/.exec(text.trim());
  if (relative)
    return [...(relative[1] ?? '').matchAll(/(\d+)([smhdw])/g)].reduce(
      (time, [, count, unit]) => time - Number(count) * units[unit!]! * 1000,
      now,
    );
  if (/^\d{9,10}(?:\.\d+)?$/.test(text)) return Math.round(Number(text) * 1000);
  if (/^\d{12,13}$/.test(text)) return Number(text);
  const time = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time))
    throw usage(`${flag} must be a time like now-5m, 2026-01-31T12:00:00Z or seconds since 1970, not ${text}`);
  return time;
}

export interface Window {
  readonly from: number;
  readonly until: number;
}

export function checkWindow(window: Window, [from, until]: readonly [string, string]): Window {
  if (window.from < window.until) return window;
  throw usage(`${from} (${iso(window.from)}) must be before ${until} (${iso(window.until)}).`);
}

/** To the second, in UTC. */
export const iso = (time: number): string => `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
