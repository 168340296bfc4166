import { Client } from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { type PostgresServer, startPostgres } from '../../../../libraries/sql-postgresql/src/testdata/server.ts';

export { hasPostgres, startPostgres } from '../../../../libraries/sql-postgresql/src/testdata/server.ts';

export interface Postgres {
  readonly server: PostgresServer;
  /** The part of a config that says where it is. */
  readonly base: { readonly driver: string; readonly datasource: string };
  /** A connection besides those of the receiver, to be ended by who asked for it. */
  connect(): Promise<Client>;
}

/** A server for the tests of the block that this stands in. `prepare` is SQL that runs before them. */
export function usePostgres(...prepare: readonly string[]): Postgres {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
    for (const sql of prepare) await server.sql(sql);
  }, 60_000);
  afterAll(() => server.remove());
  return {
    get server() {
      return server;
    },
    get base() {
      return { driver: 'postgres', datasource: server.datasource };
    },
    async connect() {
      const client = new Client({ host: '127.0.0.1', port: server.port, user: 'postgres', database: 'postgres' });
      await client.connect();
      return client;
    },
  };
}
