import { describeError } from '@millrace/core';
import { SqlError } from '@millrace/sql';

/** What the database said, where in the statement, and what it advises. */
export function explain(error: unknown, sql: string): string {
  if (!(error instanceof SqlError)) return describeError(error);
  const { message, position, hint, code } = error;
  const parts = [code === undefined ? message : `${message} (${code})`];
  if (position !== undefined && position >= 1) {
    const before = sql.slice(0, position - 1);
    const line = before.split('\n').length;
    const column = position - 1 - (before.lastIndexOf('\n') + 1) + 1;
    const near = sql.slice(position - 1, position + 29).split('\n', 1)[0]!;
    parts.push(`at line ${line}, column ${column}: ${near}`);
  }
  if (hint !== undefined && hint !== '') parts.push(hint);
  return parts.join(', ');
}
