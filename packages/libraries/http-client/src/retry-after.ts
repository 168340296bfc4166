/** The longest that anybody is waited for: by a mistake of the other side, it could be for years. */
export const longestWaitMs = 24 * 60 * 60 * 1000;

/**
 * What the header `retry-after` says, in milliseconds from now: seconds, or a date, and never more than a day. Undefined if
 * it is neither.
 */
export function parseRetryAfter(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  // As dates go, `Date.parse` takes `-5` and `1.5` too.
  const ms = /^\s*\d+\s*$/.test(text) ? Number(text) * 1000 : /^\s*[a-z]{3}/i.test(text) ? Date.parse(text) - now : NaN;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), longestWaitMs);
}
