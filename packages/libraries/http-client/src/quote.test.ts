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
  expect(Object.values(secretsIn(new URL('http://me:a%20%zz%@h')))).toContain('a %zz%');
});

test('of one URL the secrets of the same name, as they are and as they are sent', () => {
  const url = new URL('http://h/in?key=first-key&key=second-key&password=in-the-query&token=a/b%2Bcdef&db=metrics');
  const quote = quoter([secretsIn(url, new Set(['db']))]);
  expect(quote('first-key, second-key, in-the-query')).toBe('[redacted], [redacted], [redacted]');
  expect(quote('no a/b+cdef, no a%2Fb%2Bcdef in metrics')).toBe('no [redacted], no [redacted] in metrics');
});
