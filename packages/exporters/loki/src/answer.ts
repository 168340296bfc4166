import { PermanentError, ThrottleError } from '@millrace/core';
import type { Answer } from '@millrace/http-client';
import { parseRetryAfter } from '@millrace/http-client';
import { decodeStatus } from '@millrace/otlp';
import type { Part } from './part.ts';
import { type Rejections, rejectionsIn } from './rejections.ts';

/** What became of a request. */
export type Outcome =
  | { readonly kind: 'taken' }
  /** All but some lines, which would be refused again. */
  | { readonly kind: 'partly'; readonly rejected: Rejections; readonly said: string; readonly error: Error }
  /** Not in one piece: it is too large, or one of its records spoils it. A single line is lost for this reason. */
  | { readonly kind: 'divide'; readonly reason: string }
  | { readonly kind: 'refused'; readonly error: Error }
  /** Now, and always if it is sent in one piece: it is more than Loki takes in a second. */
  | { readonly kind: 'too_fast'; readonly error: Error };

export interface AnswerContext {
  readonly now: number;
  readonly part: Part;
  readonly isOtlp: boolean;
  /** Makes a message of what is said: where, and without secrets. */
  describe(said: string): string;
}

const maxShown = 300;
/** "Blocked ingestion": Loki says so with a status of its own, and keeps nothing. */
const blocked = 260;

export function outcomeOf(answer: Answer, { now, part, isOtlp, describe }: AnswerContext): Outcome {
  const { status } = answer;
  if (status >= 200 && status <= 299 && status !== blocked) return { kind: 'taken' };
  if (status === 413) return { kind: 'divide', reason: 'request_too_large' };
  const said = saidIn(answer, isOtlp);
  const message = describe(`HTTP status ${status}${advice(status, said)}${said && `: ${shortened(said)}`}`);
  if (status === 400) {
    const rejected = rejectionsIn(said, part);
    // An attribute's name of which nothing is left as a label's: the OTLP endpoint then takes nothing of the request.
    if (said.includes('normalization for label name') || said.includes('label name is empty'))
      return { kind: 'divide', reason: 'invalid_attribute_name' };
    if (rejected)
      return { kind: 'partly', rejected, said: describe(shortened(said)), error: new PermanentError(message) };
  }
  const isLater = status >= 500 || status === 429 || status === 408;
  if (!isLater) return { kind: 'refused', error: new PermanentError(message) };
  const retryAfterMs = parseRetryAfter(answer.headers['retry-after'], now);
  const error = retryAfterMs === undefined ? new Error(message) : new ThrottleError(message, retryAfterMs);
  return { kind: status === 429 && part.lines > 1 && isTooMuch(said) ? 'too_fast' : 'refused', error };
}

/** The texts are those of Loki's `RateLimitedErrorMsg` and `ErrStreamRateLimit`. */
function isTooMuch(said: string): boolean {
  const all = /limit: (\d+) bytes\/sec\) while attempting to ingest '\d+' lines totaling '(\d+)' bytes/.exec(said);
  if (all) return Number(all[2]) > Number(all[1]);
  const stream =
    /\(limit: ([\d.]+[KMGT]?B)\/sec\) while attempting to ingest for stream .* totaling ([\d.]+[KMGT]?B)/.exec(said);
  return stream !== null && bytesIn(stream[2]!) > bytesIn(stream[1]!);
}

const bytesIn = (text: string): number =>
  Number.parseFloat(text) * 1024 ** ' KMGT'.indexOf(/([KMGT])B$/.exec(text)?.[1] ?? ' ');

function advice(status: number, said: string): string {
  if (status === 401 && said.includes('no org id'))
    return ': it wants to know the tenant (tenant, or the header X-Scope-OrgID)';
  if (status === 401 || status === 403) return ': it does not let us write (headers or auth)';
  if (status === 404) return ': there is no such path (endpoint)';
  if (status === blocked) return ': it is told to keep nothing';
  if (status === 400 && said.includes('Content-Type')) return ': it does not know this encoding';
  if (status >= 300 && status < 400) return ': it redirects, which is not followed';
  return '';
}

const shortened = (text: string): string => (text.length > maxShown ? `${text.slice(0, maxShown)}…` : text);

/** In one line. Of the OTLP endpoint it is in a google.rpc.Status. */
function saidIn({ body }: Answer, isOtlp: boolean): string {
  return (isOtlp ? statusText(body) : body.toString('utf8')).replace(/\s+/g, ' ').trim();
}

function statusText(body: Buffer): string {
  try {
    return decodeStatus(body).message;
  } catch {
    // A gateway before Loki says it in text.
    return body.toString('utf8');
  }
}
