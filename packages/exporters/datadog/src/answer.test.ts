import { isPermanent, ThrottleError } from '@millrace/core';
import { quoter } from '@millrace/http-client';
import { expect, test } from 'vitest';
import { answerError, errorsIn } from './answer.ts';

const now = Date.UTC(2026, 0, 1);
const answer = (status: number, headers: Record<string, string> = {}, body = '') => ({
  status,
  headers,
  body: Buffer.from(body),
});
const kind = (error: Error): string =>
  isPermanent(error) ? 'permanent' : error instanceof ThrottleError ? `throttle ${error.retryAfterMs}` : 'retry';
const url = new URL('https://api.example/api/v2/series');
const quote = quoter([{ key: 's3cret-key' }]);
const errorOf = (...args: Parameters<typeof answer>): Error =>
  answerError({ answer: answer(...args), url, now, quote });

test.each([
  [400, {}, 'permanent'],
  [401, {}, 'permanent'],
  [403, {}, 'permanent'],
  [404, {}, 'permanent'],
  [408, {}, 'retry'],
  [418, {}, 'permanent'],
  [429, {}, 'retry'],
  [429, { 'retry-after': '7' }, 'throttle 7000'],
  [429, { 'retry-after': 'Thu, 01 Jan 2026 00:01:00 GMT' }, 'throttle 60000'],
  [429, { 'x-ratelimit-reset': '12' }, 'throttle 12000'],
  [429, { 'x-ratelimit-reset': 'soon' }, 'retry'],
  [429, { 'retry-after': '3', 'x-ratelimit-reset': '12' }, 'throttle 3000'],
  [500, {}, 'retry'],
  [503, { 'retry-after': '2' }, 'throttle 2000'],
  [503, { 'x-ratelimit-reset': '2' }, 'retry'],
  [504, {}, 'retry'],
  [599, {}, 'retry'],
  [302, { location: 'https://else.example' }, 'permanent'],
] as const)('HTTP status %d %j: %s', (status, headers, want) => expect(kind(errorOf(status, headers))).toBe(want));

test.each([
  [403, '{"errors":["Forbidden"]}', 'HTTP status 403: Forbidden'],
  [
    400,
    '{"errors":["Payload is not in the\\n expected format","no metric"]}',
    'HTTP status 400: Payload is not in the expected format; no metric',
  ],
  [500, '<html>\n  oops </html>', 'HTTP status 500: <html> oops </html>'],
  [500, '', 'HTTP status 500'],
  [301, 'moved', 'HTTP status 301: it redirects, which is not followed'],
  [403, '{"errors":["unknown key s3cret-key"]}', 'HTTP status 403: unknown key [redacted]'],
])('%d with %j', (status, body, want) =>
  expect(errorOf(status, {}, body).message).toBe(`https://api.example/api/v2/series: ${want}`),
);

test('a long answer is cut, and not within a key', () => {
  const { message } = errorOf(500, {}, `${'x'.repeat(250)}s3cret-key${'y'.repeat(1000)}`);
  expect(message.length).toBeLessThan(330);
  expect(message).not.toContain('s3c');
  expect(message.endsWith('…')).toBe(true);
});

test('what Datadog found wrong with what it took', () => {
  expect(errorsIn(answer(202, {}, '{"errors":["a",{"b":1}]}'))).toEqual(['a', '{"b":1}']);
  for (const body of ['', '{}', '{"errors":[]}', '{"errors":"x"}', 'null', 'garbage'])
    expect(errorsIn(answer(202, {}, body))).toEqual([]);
});
