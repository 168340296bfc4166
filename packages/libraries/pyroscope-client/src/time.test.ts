import { expect, it } from 'vitest';
import { formatWindow, parseTime, parseWindow } from './time.ts';

const now = Date.parse('2026-01-31T12:00:00Z');

it.each([
  ['now', now],
  ['now-5m', now - 300_000],
  ['now-1h30m', now - 5_400_000],
  ['now-2d', now - 172_800_000],
  ['1769860800', 1_769_860_800_000],
  ['1769860800.5', 1_769_860_800_500],
  ['1769860800123', 1_769_860_800_123],
  ['2026-01-31T11:00:00Z', now - 3_600_000],
  ['2026-01-31T12:00:00+01:00', now - 3_600_000],
])('%s', (text, time) => expect(parseTime({ name: 'from', text }, now)).toBe(time));

it.each(['', 'yesterday', 'now+5m', '5m', 'now-5', '2026-99-99', '12', 'now-99999999999999w'])('%j is none', (text) =>
  expect(() => parseTime({ name: 'from', text }, now)).toThrow(`from must be a time like now-5m`),
);

it('come in order', () => {
  const [from, until] = [
    { name: 'from', text: 'now-5m' },
    { name: 'until', text: 'now' },
  ];
  const window = parseWindow(from, until, now);
  expect(window).toEqual({ startMs: now - 300_000, endMs: now });
  expect(formatWindow(window)).toBe('2026-01-31 11:55:00 UTC to 2026-01-31 12:00:00 UTC');
  expect(() => parseWindow(until, until, now)).toThrow(
    'until (2026-01-31 12:00:00 UTC) must be before until (2026-01-31 12:00:00 UTC).',
  );
});
