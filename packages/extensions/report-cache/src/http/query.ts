import { describeError } from '@millrace/core';
import { invalid } from '@millrace/server';

/** What stands between the slashes of a path. Throws a Refusal. */
export function segmentsOf(pathname: string): readonly string[] {
  try {
    return pathname.slice(1).split('/').map(decodeURIComponent);
  } catch (error) {
    throw invalid(`The path is not encoded right: ${describeError(error)}.`);
  }
}

/** A whole number; cursors beyond 2^53 are after all there are. Undefined where the query has none. Throws a Refusal. */
export function numberIn(url: URL, name: string): number | undefined {
  const text = url.searchParams.get(name);
  if (text === null) return undefined;
  if (!/^\d{1,20}$/.test(text)) throw invalid(`${name} is ${JSON.stringify(text)}; it must be a whole number.`);
  return Number(text);
}
