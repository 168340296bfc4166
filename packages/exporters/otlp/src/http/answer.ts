import { PermanentError, ThrottleError } from '@millrace/core';
import type { Answer } from '@millrace/http-client';
import { parseRetryAfter } from '@millrace/http-client';
import type { PartialSuccess, Status } from '@millrace/otlp';
import { decodeResponse, decodeResponseJson, decodeStatus, decodeStatusJson } from '@millrace/otlp';

// https://opentelemetry.io/docs/specs/otlp/#failures-1
const retryable: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const maxShown = 256;

const kindOf = ({ headers }: Answer): 'protobuf' | 'json' | 'other' => {
  const type = headers['content-type'] ?? '';
  if (type.startsWith('application/x-protobuf')) return 'protobuf';
  return type.startsWith('application/json') ? 'json' : 'other';
};

/** What an answer says of a request that was taken. Throws what says it is OTLP and is not. */
export function partialSuccess(answer: Answer): PartialSuccess | undefined {
  if (answer.body.length === 0) return undefined;
  const kind = kindOf(answer);
  if (kind === 'protobuf') return decodeResponse(answer.body);
  return kind === 'json' ? decodeResponseJson(answer.body.toString('utf8')) : undefined;
}

/** The error for an answer that is no success: what may be tried again, after which time, and what never. */
export function answerError(
  answer: Answer,
  { now, describe }: { now: number; describe: (said: string) => string },
): Error {
  const { status, headers } = answer;
  const redirect = status >= 300 && status < 400 ? ': it redirects, which is not followed' : '';
  const message = describe(`HTTP status ${status}${redirect || saidIn(answer)}`);
  if (!retryable.has(status)) return new PermanentError(message);
  const retryAfterMs = status === 429 || status === 503 ? parseRetryAfter(headers['retry-after'], now) : undefined;
  return retryAfterMs === undefined ? new Error(message) : new ThrottleError(message, retryAfterMs);
}

function saidIn(answer: Answer): string {
  const text = statusOf(answer)?.message ?? (kindOf(answer) === 'protobuf' ? '' : answer.body.toString('utf8'));
  const line = text.replace(/\s+/g, ' ').trim();
  return line && `: ${line.length > maxShown ? `${line.slice(0, maxShown)}…` : line}`;
}

function statusOf(answer: Answer): Status | undefined {
  try {
    const kind = kindOf(answer);
    if (kind === 'protobuf') return decodeStatus(answer.body);
    return kind === 'json' ? decodeStatusJson(answer.body.toString('utf8')) : undefined;
  } catch {
    return undefined;
  }
}
