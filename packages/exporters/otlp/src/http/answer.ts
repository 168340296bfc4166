import type { Answer, Sent } from '@millrace/http-client';
import { statusError } from '@millrace/http-client';
import type { PartialSuccess, Status } from '@millrace/otlp';
import { decodeResponse, decodeResponseJson, decodeStatus, decodeStatusJson } from '@millrace/otlp';

// https://opentelemetry.io/docs/specs/otlp/#failures-1
const retryable: ReadonlySet<number> = new Set([429, 502, 503, 504]);

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
export function answerError(sent: Sent): Error {
  const { status, headers } = sent.answer;
  return statusError(sent, {
    said: saidIn(sent.answer),
    isLater: retryable.has(status),
    retryAfter: status === 429 || status === 503 ? headers['retry-after'] : '',
  });
}

const saidIn = (answer: Answer): string =>
  statusOf(answer)?.message ?? (kindOf(answer) === 'protobuf' ? '' : answer.body.toString('utf8'));

function statusOf(answer: Answer): Status | undefined {
  try {
    const kind = kindOf(answer);
    if (kind === 'protobuf') return decodeStatus(answer.body);
    return kind === 'json' ? decodeStatusJson(answer.body.toString('utf8')) : undefined;
  } catch {
    return undefined;
  }
}
