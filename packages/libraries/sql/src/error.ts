interface SqlErrorOptions extends ErrorOptions {
  readonly code?: string | undefined;
  readonly position?: number | undefined;
  readonly hint?: string | undefined;
}

/**
 * - `statement`: the database refused it: it is wrong, or not allowed.
 * - `connection`: there is no database to ask, or no more.
 * - `cancelled`: it was broken off, by us or at its time limit.
 */
export type SqlErrorKind = 'statement' | 'connection' | 'cancelled';

/** Why a database did not do what it was asked. The message is the database's own. */
export class SqlError extends Error {
  override readonly name = 'SqlError';
  readonly kind: SqlErrorKind;
  /** The database's own code: a SQLSTATE, `ER_NO_SUCH_TABLE`. */
  readonly code: string | undefined;
  /** The character of the statement where it is wrong, from 1. */
  readonly position: number | undefined;
  /** What the database advises. */
  readonly hint: string | undefined;

  constructor(kind: SqlErrorKind, message: string, { code, position, hint, ...options }: SqlErrorOptions = {}) {
    super(message, options);
    this.kind = kind;
    this.code = code;
    this.position = position;
    this.hint = hint;
  }
}
