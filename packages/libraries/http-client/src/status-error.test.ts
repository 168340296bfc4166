import { isPermanent, ThrottleError } from '@millrace/core';
import { expect, test } from 'vitest';
import { quoter, type Sent, statusError, type StatusErrorOptions } from './index.ts';

const now = Date.UTC(2026, 0, 1);

function errorOf(status: number, headers: Sent['answer']['headers'] = {}, options: Partial<StatusErrorOptions> = {}) {
  const answer = { status, headers, body: Buffer.alloc(0) };
  const url = new URL('https://me:pw@h/in?key=s3cret-key');
  return statusError({ answer, url, now, quote: quoter([{ key: 's3cret-key' }]) }, { said: '', ...options });
}

const kindOf = (error: Error): string =>
  isPermanent(error) ? 'permanent' : error instanceof ThrottleError ? `throttle ${error.retryAfterMs}` : 'retry';

test.each<[number, Record<string, string>, Partial<StatusErrorOptions>, string]>([
  [300, {}, {}, 'permanent'],
  [400, { 'retry-after': '1' }, {}, 'permanent'],
  [404, {}, {}, 'permanent'],
  [404, {}, { isLater: true }, 'retry'],
  [408, {}, {}, 'retry'],
  [429, { 'retry-after': '7' }, {}, 'throttle 7000'],
  [429, {}, { retryAfter: '12' }, 'throttle 12000'],
  [500, { 'retry-after': 'soon' }, {}, 'retry'],
  [501, {}, { isLater: false }, 'permanent'],
  [502, { 'retry-after': '7' }, { retryAfter: '' }, 'retry'],
  [503, { 'retry-after': 'Thu, 01 Jan 2026 00:01:00 GMT' }, {}, 'throttle 60000'],
  [599, {}, {}, 'retry'],
])('HTTP status %d %j %j: %s', (status, headers, options, want) =>
  expect(kindOf(errorOf(status, headers, options))).toBe(want),
);

test.each<[number, Record<string, string>, Partial<StatusErrorOptions>, string]>([
  [500, {}, {}, 'HTTP status 500'],
  [400, {}, { said: ' no\n such  ' }, 'HTTP status 400: no such'],
  [403, {}, { said: 'no: s3cret-key', advice: 'see auth' }, 'HTTP status 403: see auth: no: [redacted]'],
  [301, {}, { said: '<html>' }, 'HTTP status 301: it redirects, which is not followed'],
  [302, { location: '/login?x=1' }, {}, 'HTTP status 302: it redirects to https://h/login, which is not followed'],
  [
    308,
    { location: 'http://a.b/s3cret-key' },
    {},
    'HTTP status 308: it redirects to http://a.b/[redacted], which is not followed',
  ],
  [304, { location: 'http://' }, {}, 'HTTP status 304: it redirects, which is not followed'],
])('HTTP status %d %j %j says %s', (status, headers, options, want) =>
  expect(errorOf(status, headers, options).message).toBe(`https://h/in: ${want}`),
);
