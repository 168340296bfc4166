import { PermanentError, ThrottleError } from '@millrace/core';
import type { Answer } from '@millrace/http-client';
import { parseRetryAfter } from '@millrace/http-client';

/** What became of a request. */
export type Outcome =
  | { readonly kind: 'taken' }
  /** All but so many lines. */
  | { readonly kind: 'partly'; readonly dropped: number; readonly said: string }
  | { readonly kind: 'too_large' }
  | { readonly kind: 'refused'; readonly error: Error }
  /** All of it, for what is settled now: the same request would be taken, at least partly. */
  | { readonly kind: 'unsettled'; readonly error: Error };

const maxShown = 256;

export function outcomeOf(answer: Answer, { now, describe }: { now: number; describe(said: string): string }): Outcome {
  const { status } = answer;
  if (status >= 200 && status <= 299) return { kind: 'taken' };
  if (status === 413) return { kind: 'too_large' };
  const said = saidIn(answer);
  // InfluxDB 2 says 422, and 1 and 3 say 400.
  if ((status === 400 || status === 422) && said.includes('partial write'))
    return { kind: 'partly', dropped: droppedIn(said, answer), said: describe(shortened(said)) };
  const message = describe(`HTTP status ${status}${advice(status, said)}${said && `: ${shortened(said)}`}`);
  // InfluxDB 1, where lines of one request give different types to a field that is new. The first one's then stands.
  const kind = status === 400 && said === 'field type conflict' ? 'unsettled' : 'refused';
  return { kind, error: refusal(answer, { message, said, now }) };
}

function refusal(
  { status, headers }: Answer,
  { message, said, now }: { message: string; said: string; now: number },
): Error {
  const isLater = status >= 500 || status === 429 || status === 408 || (status === 404 && isMissing(said));
  if (!isLater) return new PermanentError(message);
  const retryAfterMs = parseRetryAfter(headers['retry-after'], now);
  return retryAfterMs === undefined ? new Error(message) : new ThrottleError(message, retryAfterMs);
}

/** A database that is not there yet may be made in a moment, as where all starts at once; a wrong path stays wrong. */
const isMissing = (said: string): boolean => /(?:database|bucket|organization|retention policy).*not found/i.test(said);

function advice(status: number, said: string): string {
  if (status === 401) return ': the server does not know who writes (token, or username and password)';
  if (status === 403) return ': the user or token may not write there';
  if (status === 404 && isMissing(said)) return ': what to write to is not there';
  if (status === 404) return ': the server has no such path (v1_compatibility, or the path of endpoint)';
  if (status >= 300 && status < 400) return ': it redirects, which is not followed';
  return '';
}

const shortened = (text: string): string => (text.length > maxShown ? `${text.slice(0, maxShown)}…` : text);

interface Said {
  readonly error?: unknown;
  readonly message?: unknown;
  readonly data?: unknown;
}

function jsonIn({ body }: Answer): Said | undefined {
  try {
    const said: unknown = JSON.parse(body.toString('utf8'));
    return typeof said === 'object' && said !== null ? said : undefined;
  } catch {
    return undefined;
  }
}

/** `error` of InfluxDB 1 and 3, `message` of 2, or the body as it is. In one line. */
function saidIn(answer: Answer): string {
  const { error, message } = jsonIn(answer) ?? {};
  const text = [message, error].find((one) => typeof one === 'string') ?? answer.body.toString('utf8');
  return text.replace(/\s+/g, ' ').trim();
}

/** InfluxDB 1 and 2 end with `dropped=2`, which leaves out the lines that they could not parse; 3 lists the lines. */
function droppedIn(said: string, answer: Answer): number {
  const { data } = jsonIn(answer) ?? {};
  if (Array.isArray(data)) return data.length;
  const unparsed = said.match(/unable to parse '/g)?.length ?? 0;
  const dropped = /dropped=(\d+)/.exec(said)?.[1];
  return unparsed + Number(dropped ?? (unparsed > 0 ? 0 : 1));
}
