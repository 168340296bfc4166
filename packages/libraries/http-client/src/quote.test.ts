import { expect, test } from 'vitest';
import { quoter, secretsIn } from './index.ts';

const key = 's3cret-key-0123456789';

test.each([
  ['', ''],
  ['  two\n\tlines \r\n', 'two lines'],
  [`no: Bearer ${key}`, 'no: [redacted]'],
  [`no: ${key}, twice: ${key}`, 'no: [redacted], twice: [redacted]'],
  ['y'.repeat(256), 'y'.repeat(256)],
  ['y'.repeat(257), `${'y'.repeat(256)}…`],
])('%j', (said, want) => expect(quoter([{ authorization: `Bearer ${key}` }])(said)).toBe(want));

test('cuts after it has taken secrets out: half a secret would not be found', () => {
  for (let at = 230; at <= 256; at++) expect(quoter([{ key }])('y'.repeat(at) + key)).not.toContain('s3c');
});

test('takes out the whole of a secret that begins with another', () => {
  expect(quoter([{ a: 'secret' }, { a: 'secret-and-more' }])('secret-and-more, secret')).toBe('[redacted], [redacted]');
});

test('of two places the secrets of the same name', () => {
  const url = new URL('http://me:pass%20word@h/in?authorization=in-the-query');
  const quote = quoter([secretsIn(url), { authorization: 'in-the-header' }]);
  expect(quote('in-the-query, in-the-header, pass word')).toBe('[redacted], [redacted], [redacted]');
  expect(secretsIn(new URL('http://me:a%20%zz%@h'))).toEqual({ password: 'a %zz%' });
});
