import { expect, it } from 'vitest';
import { exactInteger } from './integer.ts';
import { loadDriver } from './load.ts';
import { redactor } from './redact.ts';
import { parseTime } from './time.ts';

it.each([
  ['2026-01-31T12:00:00Z', 1769860800, 0],
  ['2026-01-31 12:00:00.123456789+02', 1769853600, 123456789],
  ['2026-01-31T12:00:00.5-05:30', 1769880600, 500000000],
  ['2026-01-31', 1769817600, 0],
  ['1969-12-31T23:59:59.25Z', -1, 250000000],
])('reads the time %s', (text, seconds, nanos) => {
  expect(parseTime(text)).toEqual([seconds, nanos]);
});

it('reads the usual form as Date does, whatever the day', () => {
  for (let ms = Date.UTC(1960, 0, 1); ms < Date.UTC(2060, 0, 1); ms += 86_400_000 * 9.37) {
    const text = new Date(ms).toISOString();
    const whole = Math.trunc(ms);
    const seconds = Math.floor(whole / 1000);
    expect(parseTime(text)).toEqual([seconds, (whole - seconds * 1000) * 1e6]);
    expect(parseTime(text.replace('Z', '-03:30'))![0]).toBe(seconds + 12_600);
  }
});

it.each([
  '2026-01-31Tab:00:00Z',
  '2026-x1-31T12:00:00Z',
  '2026-01-31T12:00:00.Z',
  '2026-01-31T12:00:00+0a:00',
  'infinity',
  '2026',
  '12:00:00',
  '',
  '0044-03-15 BC',
])('reads no time in %s', (text) => {
  expect(parseTime(text)).toBeUndefined();
});

it('keeps integers exact', () => {
  expect([exactInteger('9007199254740991'), exactInteger('9007199254740993'), exactInteger(-5n)]).toEqual([
    9007199254740991,
    9007199254740993n,
    -5,
  ]);
});

it.each([
  { datasource: `host=h password='it''s secret' user=u`, secret: `it` },
  { datasource: 'postgres://me:p%40ssword@host/db', secret: 'p@ssword' },
  { datasource: 'me:hunter22@tcp(host:3306)/db', secret: 'hunter22' },
  { datasource: 'me/tiger77@host:1521/x', secret: 'tiger77' },
  { datasource: 'Server=h;User Id=u;Password=hunter33;', secret: 'hunter33' },
  { password: 'plain-one', secret: 'plain-one' },
  { params: { sslpassword: 'in-params' }, secret: 'in-params' },
])('takes $secret out of what is said', ({ secret, ...target }) => {
  const redact = redactor({ ...target, readOnly: true });
  expect(redact(`before ${target.datasource ?? ''} ${secret.length > 2 ? secret : ''} after`)).not.toMatch(
    secret.length > 2 ? secret : `it''s`,
  );
});

it('says what to install for a driver that is not there', async () => {
  await expect(loadDriver('nosuch')).rejects.toThrow('npm install @millrace/sql-nosuch');
  await expect(loadDriver('../x y')).rejects.toThrow('cannot be loaded');
  await expect(loadDriver('a b')).rejects.toThrow('no driver can be called');
  expect((await loadDriver('cockroachdb')).name).toBe('postgresql');
  expect((await loadDriver('sqlite3')).name).toBe('sqlite');
});
