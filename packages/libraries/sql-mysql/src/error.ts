import { SqlError, type SqlErrorKind } from '@millrace/sql';

interface MysqlError extends Error {
  readonly code?: string;
  readonly errno?: number;
  readonly sqlState?: string;
  readonly fatal?: boolean;
}

/** ER_QUERY_INTERRUPTED, ER_QUERY_TIMEOUT, and MariaDB's ER_STATEMENT_TIMEOUT. */
const cancelled = new Set([1317, 3024, 1969]);
/** Too many connections, access denied, no such database, shutting down, killed: no session to ask. */
const connection = new Set([1040, 1044, 1045, 1049, 1053, 1152, 1203, 1226, 1927]);

export function toSqlError(thrown: unknown): SqlError {
  if (thrown instanceof SqlError) return thrown;
  const error = thrown as MysqlError;
  const { code, errno = 0, sqlState } = error;
  const kind: SqlErrorKind = cancelled.has(errno)
    ? 'cancelled'
    : sqlState === undefined || error.fatal || connection.has(errno)
      ? 'connection'
      : 'statement';
  const message =
    thrown instanceof AggregateError ? thrown.errors.map(String).join('; ') : error.message || String(code ?? thrown);
  return new SqlError(kind, message, { code: code ?? (errno ? String(errno) : undefined) });
}
