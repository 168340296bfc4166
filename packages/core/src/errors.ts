/** Fails again however often it is tried: bad data, bad credentials, a batch the other side refused. */
export class PermanentError extends Error {
  override readonly name: string = 'PermanentError';
}

/** Nothing of the config takes this signal from where it came. */
export class NoPipelineError extends PermanentError {
  override readonly name = 'NoPipelineError';
}

/** The other side asked for time. */
export class ThrottleError extends Error {
  override readonly name = 'ThrottleError';
  readonly retryAfterMs: number;
  constructor(message: string, retryAfterMs: number, options?: ErrorOptions) {
    super(message, options);
    this.retryAfterMs = retryAfterMs;
  }
}

/** The next owner has no room now; the sender should come back later. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
}

/** Permanent only if every part of it is. */
export function isPermanent(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.length > 0 && error.errors.every(isPermanent);
  return error instanceof PermanentError;
}

/** What to show of anything that was thrown: its message and those of its causes, without stacks. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.errors.length > 0)
    return `${error.message ? `${error.message}: ` : ''}${error.errors.map(describeError).join('; ')}`;
  const own = error.message || (error as NodeJS.ErrnoException).code || error.name;
  return error.cause === undefined ? own : `${own}: ${describeError(error.cause)}`;
}

export const toError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));
