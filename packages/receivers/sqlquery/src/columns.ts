import type { Column } from '@millrace/sql';

/** A config names a column that the query does not give. */
export class ColumnError extends Error {
  override readonly name = 'ColumnError';
}

/** Where a column is; without regard to case if there is none of that very name. Throws a ColumnError that says what there is. */
export function indexOf(columns: readonly Column[], name: string): number {
  const exact = columns.findIndex((column) => column.name === name);
  if (exact >= 0) return exact;
  const lower = name.toLowerCase();
  const near = columns.findIndex((column) => column.name.toLowerCase() === lower);
  if (near >= 0) return near;
  throw new ColumnError(`it gives no column ${name}: there are ${columns.map((column) => column.name).join(', ')}`);
}
