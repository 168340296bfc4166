/** What is wrong with the config of an operator; `key` is the key of the operator's, if it is one alone. */
export class OperatorProblem extends Error {
  override readonly name = 'OperatorProblem';
  readonly key: string | undefined;
  constructor(message: string, key?: string) {
    super(message);
    this.key = key;
  }
}

/** An entry could not be processed: `on_error` says what becomes of it. Made for every bad line, so it has no stack. */
export class EntryError extends Error {
  override readonly name = 'EntryError';
}

export function entryError(message: string): EntryError {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return new EntryError(message);
  } finally {
    Error.stackTraceLimit = limit;
  }
}
