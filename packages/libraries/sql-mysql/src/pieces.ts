import type { Row, Rows } from '@millrace/sql';
import type { Connection as Session, FieldPacket } from 'mysql2';
import { type Shape, shapeOf } from './values.ts';

const rowsAtOnce = 1000;

/** A query of mysql2's, of which nobody asked for a promise or a callback. */
export interface Query {
  on(event: string, listener: (value: never) => void): unknown;
}

export interface Reading {
  /** Undefined after the last. */
  next(): Promise<Rows | undefined>;
  fail(error: Error): void;
  /** The server has sent all that there is. */
  readonly isComplete: boolean;
}

/** The rows of a query, a thousand at a time. While none are asked for, the server is held back. */
export function readPieces(session: Session, query: Query, zone: string): Reading {
  let shape: Shape = { columns: [], toRow: () => [] };
  const rows: Row[] = [];
  let given = 0;
  let state: 'running' | 'done' | { readonly error: Error } = 'running';
  let waiting: PromiseWithResolvers<Rows | undefined> | undefined;

  const take = (): Rows => {
    const piece = { columns: shape.columns, rows: rows.splice(0, rowsAtOnce) };
    given++;
    return piece;
  };
  const settle = (): void => {
    if (!waiting) return;
    const { resolve, reject } = waiting;
    if (typeof state === 'object') reject(state.error);
    else if (rows.length >= rowsAtOnce || (state === 'done' && (rows.length > 0 || given === 0))) resolve(take());
    else if (state === 'done') resolve(undefined);
    else return;
    waiting = undefined;
  };

  query.on('fields', (fields: readonly FieldPacket[] | undefined) => {
    if (fields) shape = shapeOf(fields, zone);
  });
  query.on('result', (row: readonly unknown[]) => {
    if (!Array.isArray(row)) return; // the header of a statement without rows
    rows.push(shape.toRow(row));
    if (rows.length < rowsAtOnce) return;
    settle();
    if (rows.length >= rowsAtOnce) session.pause();
  });
  const fail = (error: Error): void => {
    if (state === 'running') state = { error };
    settle();
  };
  query.on('error', fail);
  query.on('end', () => {
    if (state === 'running') state = 'done';
    settle();
  });

  return {
    get isComplete() {
      return state === 'done';
    },
    fail,
    next() {
      waiting = Promise.withResolvers();
      const { promise } = waiting;
      settle();
      if (waiting) session.resume();
      return promise;
    },
  };
}
