import type { Connection, Submittable } from 'pg';

interface Parsing extends Submittable {
  readonly done: Promise<void>;
}

/** Has the server read a statement and find its types and tables, and nothing more. */
export function parsing(text: string): Parsing {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const handlers = {
    done: promise,
    submit(connection: Connection) {
      connection.parse({ text, name: '', types: [] }, true);
      connection.describe({ type: 'S', name: '' }, true);
      connection.sync();
    },
    // The server skips what comes until a sync, and has had one.
    handleError: (error: Error) => reject(error),
    handleReadyForQuery: () => resolve(),
    handleRowDescription() {},
    handleEmptyQuery() {},
  };
  return handlers;
}
