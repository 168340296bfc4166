import type { Column, Row, Rows } from '@millrace/sql';
import type { Request } from 'tedious';
import { columnOf, type Metadata, valueOf } from './values.ts';

const rowsAtOnce = 1000;

export interface Reading {
  /** Undefined after the last. */
  next(): Promise<Rows | undefined>;
  /** The request is done. */
  end(error: Error | null | undefined): void;
}

/** The rows of a request's first result, a thousand at a time. While none are asked for, the server is held back. */
export function readPieces(request: Request): Reading {
  let metadata: readonly Metadata[] = [];
  let columns: readonly Column[] | undefined;
  let isFirst = true;
  const rows: Row[] = [];
  let given = 0;
  let ended: { readonly error: Error | null | undefined } | undefined;
  let waiting: PromiseWithResolvers<Rows | undefined> | undefined;

  const settle = (): void => {
    if (!waiting) return;
    const { resolve, reject } = waiting;
    if (ended?.error) reject(ended.error);
    else if (rows.length >= rowsAtOnce || (ended && (rows.length > 0 || given === 0))) {
      given++;
      resolve({ columns: columns ?? [], rows: rows.splice(0, rowsAtOnce) });
    } else if (ended) resolve(undefined);
    else return;
    waiting = undefined;
  };

  request.on('columnMetadata', (found) => {
    isFirst = columns === undefined;
    if (!isFirst) return;
    metadata = found as readonly Metadata[];
    columns = metadata.map(columnOf);
  });
  request.on('row', (cells: readonly { readonly value: unknown }[]) => {
    if (!isFirst) return;
    rows.push(cells.map(({ value }, index) => valueOf(columns![index]!, metadata[index]!, value)));
    if (rows.length < rowsAtOnce) return;
    settle();
    if (rows.length >= rowsAtOnce) request.pause();
  });

  return {
    next() {
      waiting = Promise.withResolvers();
      const { promise } = waiting;
      settle();
      if (waiting) request.resume();
      return promise;
    },
    end(error) {
      ended ??= { error };
      settle();
    },
  };
}
