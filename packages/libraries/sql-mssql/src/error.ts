import { SqlError, type SqlErrorKind } from '@millrace/sql';

interface TediousError extends Error {
  /** `EREQUEST` for what the server refused; `ESOCKET`, `ELOGIN`, … */
  readonly code?: string;
  /** SQL Server's number. */
  readonly number?: number;
  readonly lineNumber?: number;
}

const cancelled = new Set(['ECANCEL', 'ETIMEOUT']);

export function toSqlError(thrown: unknown): SqlError {
  if (thrown instanceof SqlError) return thrown;
  const { message, code, number, lineNumber } = thrown as TediousError;
  const kind: SqlErrorKind =
    code !== undefined && cancelled.has(code)
      ? 'cancelled'
      : code === 'EREQUEST' && number !== undefined
        ? 'statement'
        : 'connection';
  const told = thrown instanceof AggregateError ? thrown.errors.map(String).join('; ') : message || String(code);
  const line = kind === 'statement' && lineNumber !== undefined && lineNumber > 1 ? `, line ${lineNumber}` : '';
  return new SqlError(kind, `${told}${line}`, { code: number === undefined ? code : String(number) });
}
