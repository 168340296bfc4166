import { describeError, isPermanent, NoPipelineError, RefusedError, ThrottleError } from '@millrace/core';

// https://grpc.github.io/grpc/core/md_doc_statuscodes.html
export const code = {
  ok: 0,
  cancelled: 1,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

export type Code = (typeof code)[keyof typeof code];

/** What a sender is told of a request that was not taken, in the words of both protocols. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: Code;
  /** Of HTTP. */
  readonly status: number;
  readonly retryAfterMs: number | undefined;
  constructor(message: string, answer: { code: Code; status: number; retryAfterMs?: number | undefined }) {
    super(message);
    this.code = answer.code;
    this.status = answer.status;
    this.retryAfterMs = answer.retryAfterMs;
  }
}

/** When to come back, where nobody said it: long enough to make room, short enough to lose nothing. */
export const comeBackMs = 1000;

export const unavailable = (message: string, retryAfterMs?: number): Refusal =>
  new Refusal(message, { code: code.unavailable, status: 503, retryAfterMs });

export const shuttingDown = (): Refusal => unavailable('The receiver is shutting down.', comeBackMs);

export const invalid = (message: string): Refusal => new Refusal(message, { code: code.invalidArgument, status: 400 });

/** The request does not keep to the rules of its protocol. */
export const malformed = (message: string): Refusal => new Refusal(message, { code: code.internal, status: 400 });

export const tooLarge = (limit: number): Refusal =>
  new Refusal(`The request has more than the ${limit} bytes that are allowed.`, {
    code: code.resourceExhausted,
    status: 413,
  });

export const tooSlow = (): Refusal =>
  new Refusal('The request did not come in time.', { code: code.deadlineExceeded, status: 408 });

/** For what the next consumer, or an extension, rejected with. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const message = describeError(error);
  if (error instanceof NoPipelineError) return new Refusal(message, { code: code.unimplemented, status: 404 });
  if (isPermanent(error)) return new Refusal(message, { code: code.internal, status: 500 });
  const reasons = flatten(error);
  const throttles = reasons.flatMap((reason) => (reason instanceof ThrottleError ? [reason.retryAfterMs] : []));
  if (throttles.length > 0)
    return new Refusal(message, {
      code: code.resourceExhausted,
      status: 429,
      retryAfterMs: Math.max(...throttles),
    });
  return unavailable(message, reasons.some((reason) => reason instanceof RefusedError) ? comeBackMs : undefined);
}

const flatten = (error: unknown): unknown[] =>
  error instanceof AggregateError ? error.errors.flatMap(flatten) : [error];
