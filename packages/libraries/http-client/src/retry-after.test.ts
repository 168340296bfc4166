import { expect, test } from 'vitest';
import { parseRetryAfter } from './index.ts';

const day = 86_400_000;

test.each([
  ['0', 0],
  [' 12 ', 12_000],
  ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
  ['Thursday, 01-Jan-26 00:01:00 GMT', 60_000],
  ['Thu, 01 Jan 2020 00:00:00 GMT', 0],
  ['Thu, 01 Jan 2099 00:00:00 GMT', day],
  ['86400', day],
  ['1784500000', day],
  ['9'.repeat(400), day],
  ['1.5 hours', undefined],
  ['1.5', undefined],
  ['-5', undefined],
  ['soon', undefined],
  ['', undefined],
  [undefined, undefined],
])('Retry-After %j is %s ms', (text, want) => expect(parseRetryAfter(text, Date.UTC(2026, 0, 1))).toBe(want));
