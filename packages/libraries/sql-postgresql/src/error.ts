import { SqlError, type SqlErrorKind } from '@millrace/sql';
import type { DatabaseError } from 'pg';

/** SQLSTATEs that say that there is no server to ask: connection exceptions, shutting down, no room, wrong credentials. */
const isConnection = /^(?:08|28|57P|53300|3D000)/;

export function toSqlError(thrown: unknown): SqlError {
  if (thrown instanceof SqlError) return thrown;
  const error = thrown as Partial<DatabaseError> & Error;
  const { code, severity, position, hint } = error;
  const isAnswer = severity !== undefined && code !== undefined && code.length === 5;
  const kind: SqlErrorKind =
    !isAnswer || isConnection.test(code) ? 'connection' : code === '57014' ? 'cancelled' : 'statement';
  const detail = error.detail ? ` (${error.detail})` : '';
  const message = error instanceof AggregateError ? error.errors.map(String).join('; ') : error.message || String(code);
  return new SqlError(kind, `${message}${detail}`, {
    code,
    hint,
    ...(position !== undefined && { position: Number(position) }),
  });
}
