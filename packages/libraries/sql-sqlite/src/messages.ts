import type { Column, Row, Value } from '@millrace/sql';

/** What the process of a connection is asked. */
export type Ask =
  | { readonly do: 'open'; readonly file: string; readonly readOnly: boolean }
  | { readonly do: 'check'; readonly sql: string }
  | { readonly do: 'query'; readonly sql: string; readonly parameters: readonly Value[] }
  /** The next piece, or no more of them. */
  | { readonly do: 'read' }
  | { readonly do: 'stop' };

/** What it answers to each. */
export type Answer =
  | { readonly done: true }
  | { readonly columns?: readonly Column[]; readonly rows: readonly Row[]; readonly isLast: boolean }
  | { readonly error: string; readonly code?: number };
