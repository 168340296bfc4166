import { describe, expect, it } from 'vitest';
import { parseQuery } from './pyroscope/query.ts';
import { checkWindow, parseTime } from './times.ts';

const now = Date.parse('2026-01-31T12:00:00Z');

describe('times', () => {
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
  ])('%s', (text, time) => expect(parseTime(text, { flag: '--from', now })).toBe(time));

  it.each(['', 'yesterday', 'now+5m', '5m', 'now-5', '2026-99-99', '12'])('%j is none', (text) =>
    expect(() => parseTime(text, { flag: '--from', now })).toThrow(`--from must be a time like now-5m`),
  );

  it('come in order', () =>
    expect(() => checkWindow({ from: now, until: now }, ['--from', '--until'])).toThrow(
      '--from (2026-01-31 12:00:00 UTC) must be before --until (2026-01-31 12:00:00 UTC).',
    ));
});

describe('queries', () => {
  const cpuId = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
  it.each([
    [{ query: 'shop.cpu{}' }, { text: 'shop.cpu{}', application: 'shop', type: 'cpu', matchers: '' }],
    [
      { query: 'my.shop.inuse_space{pod="a}"}' },
      { text: 'my.shop.inuse_space{pod="a}"}', application: 'my.shop', type: 'inuse_space', matchers: 'pod="a}"' },
    ],
    [{ query: 'shop.cpu' }, { text: 'shop.cpu', application: 'shop', type: 'cpu', matchers: '' }],
    [{ query: 'shop' }, { text: 'shop.cpu{}', application: 'shop', type: 'cpu', matchers: '' }],
    [{ query: `${cpuId}{a="b"}` }, { text: `${cpuId}{a="b"}`, profileType: cpuId, matchers: 'a="b"' }],
    [{ application: 'shop' }, { text: 'shop.cpu{}', application: 'shop', type: 'cpu', matchers: '' }],
    [
      { application: 'shop', type: cpuId },
      { text: '', profileType: cpuId, application: 'shop', matchers: '' },
    ],
  ])('%j', (flags, query) => expect(parseQuery(flags)).toEqual(query));

  it.each([
    [{}, 'What to ask Pyroscope for: --query, or --application.'],
    [{ query: 'a', application: 'a' }, '--query and --application say the same'],
    [{ query: '{a="b"}' }, '--query must be like app.cpu{}'],
    [{ query: 'a{b' }, '--query must be like app.cpu{}'],
  ])('%j is none', (flags, message) => expect(() => parseQuery(flags)).toThrow(message));
});
