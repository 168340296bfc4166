import { SqlError, type SqlErrorKind } from '@millrace/sql';

interface OracleError extends Error {
  /** `ORA-00942`, `NJS-511`. */
  readonly code?: string;
  /** From 0. */
  readonly offset?: number;
}

/** Broken off by us; a call that took too long. */
const cancelled = /^(?:ORA-01013|NJS-123|DPI-1067)$/;
/** Wrong credentials, the server not open or going down, sessions killed, no more processes. */
const connection = /^ORA-(?:00018|00020|00028|010(?:12|17|33|34|35|89|90|92)|03113|03114|03135|12\d{3}|28000|28001)$/;

export function toSqlError(thrown: unknown): SqlError {
  if (thrown instanceof SqlError) return thrown;
  const { message, offset } = thrown as OracleError;
  const code = (thrown as OracleError).code ?? /^(?:ORA|NJS|DPI)-\d+/.exec(message)?.[0];
  const isAnswer = code?.startsWith('ORA-') && !connection.test(code);
  const kind: SqlErrorKind =
    code !== undefined && cancelled.test(code) ? 'cancelled' : isAnswer ? 'statement' : 'connection';
  const text = message
    .replace(/\s*Help: https:\S+\s*/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return new SqlError(kind, text, {
    code,
    ...(kind === 'statement' && offset !== undefined && { position: offset + 1 }),
  });
}
