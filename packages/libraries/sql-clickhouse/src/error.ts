import { ClickHouseError } from '@clickhouse/client';
import { SqlError, type SqlErrorKind } from '@millrace/sql';

/** TIMEOUT_EXCEEDED, QUERY_WAS_CANCELLED. */
const cancelled = new Set(['159', '394']);
/** UNKNOWN_DATABASE, UNKNOWN_USER, WRONG_PASSWORD, REQUIRED_PASSWORD, TOO_MANY_SIMULTANEOUS_QUERIES, AUTHENTICATION_FAILED. */
const connection = new Set(['81', '192', '193', '194', '202', '516']);

export function toSqlError(thrown: unknown): SqlError {
  if (thrown instanceof SqlError) return thrown;
  const error = thrown as Error;
  if (!(error instanceof ClickHouseError)) {
    const text = thrown instanceof AggregateError ? thrown.errors.map(String).join('; ') : error.message;
    return new SqlError('connection', text || String((error as NodeJS.ErrnoException).code), { cause: thrown });
  }
  const kind: SqlErrorKind = cancelled.has(error.code)
    ? 'cancelled'
    : connection.has(error.code)
      ? 'connection'
      : 'statement';
  const position = /failed at position (\d+)/.exec(error.message)?.[1];
  return new SqlError(kind, error.message, {
    code: error.type ?? error.code,
    ...(position !== undefined && { position: Number(position) }),
  });
}
