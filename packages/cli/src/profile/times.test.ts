import { expect, it } from 'vitest';
import { windowsOf } from './times.ts';

const now = Date.parse('2026-01-31T12:00:00Z');
const minute = 60_000;
const pyroscope = 'http://localhost:4040';

it.each([
  [{}, []],
  [{ pyroscope }, [[60, 0]]],
  [{ pyroscope, from: 'now-5m', until: '2026-01-31T11:59:00Z' }, [[5, 1]]],
  [
    { pyroscope, from: 'now-5m', baseFrom: 'now-15m' },
    [
      [15, 5],
      [5, 0],
    ],
  ],
  [
    { pyroscope, baseFrom: '1769859900', baseUntil: 'now-10m' },
    [
      [15, 10],
      [60, 0],
    ],
  ],
])('%j', (options, ago) =>
  expect(windowsOf(options, now)).toEqual(
    ago.map(([from, until]) => ({ startMs: now - from! * minute, endMs: now - until! * minute })),
  ),
);

it.each([
  [{ from: 'yesterday' }, '--from must be a time like now-5m'],
  [{ until: 'now+5m' }, '--until must be a time like now-5m'],
  [{ baseFrom: '12' }, '--base-from must be a time like now-5m'],
  [{ from: 'now' }, '--from (2026-01-31 12:00:00 UTC) must be before --until (2026-01-31 12:00:00 UTC).'],
  [{ from: 'now-5m', baseFrom: 'now-1m' }, '--base-from (2026-01-31 11:59:00 UTC) must be before --base-until'],
])('%j: %s', (options, message) => expect(() => windowsOf({ pyroscope, ...options }, now)).toThrow(message));
