import { Client } from 'pg';
import type { SqlError } from '@millrace/sql';
import { toSqlError } from './error.ts';
import type { PostgresTarget } from './target.ts';
import type { Tls } from './tls.ts';

/** Somebody who is logged in. */
export interface Session {
  readonly client: Client;
  /** What it goes through; undefined in the clear. */
  readonly tls: Tls | undefined;
}

/** Dates as ISO 8601 and doubles with all their digits, whatever the server's settings. */
const settings = `SET datestyle = 'ISO'; SET bytea_output = 'hex'; SET extra_float_digits = 3`;

/** By the first of the target's ways that the server takes. Rejects with a SqlError, and leaves nothing open. */
export async function openSession(target: PostgresTarget, signal: AbortSignal): Promise<Session> {
  const [tls, ...others] = target.tls;
  try {
    return { client: await logIn(target, tls, signal), tls };
  } catch (error) {
    if (others.length === 0 || !wantsAnotherWay.has((error as SqlError).code ?? '')) throw error;
    return openSession({ ...target, tls: others }, signal);
  }
}

/** The server has no TLS, or does not let this user in so: `pg_hba.conf` may let it in the other way. */
const wantsAnotherWay = new Set(['ERR_NO_TLS', '28000']);

async function logIn(target: PostgresTarget, tls: Tls | undefined, signal: AbortSignal): Promise<Client> {
  const { host, port, database, user, password, applicationName, options } = target;
  const client = new Client({
    host,
    port,
    database,
    user,
    password: password ?? '',
    // It changes what it is given.
    ssl: tls === undefined ? false : ({ ...tls } as object),
    application_name: applicationName,
    keepAlive: true,
    ...(options !== undefined && { options }),
  });
  client.on('error', () => {}); // unheard, it would end the process
  const destroy = (): void => void client.connection.stream.destroy();
  signal.addEventListener('abort', destroy, { once: true });
  try {
    signal.throwIfAborted();
    await client.connect();
    await client.query(settings);
    signal.throwIfAborted();
    return client;
  } catch (error) {
    destroy();
    throw toSqlError(error);
  } finally {
    signal.removeEventListener('abort', destroy);
  }
}
