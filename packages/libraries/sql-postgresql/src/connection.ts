import { setTimeout as sleep } from 'node:timers/promises';
import Cursor from 'pg-cursor';
import {
  type Column,
  type Connection,
  type QueryOptions,
  type Row,
  type Rows,
  SqlError,
  type Value,
} from '@millrace/sql';
import { sendCancel } from './cancel.ts';
import { toSqlError } from './error.ts';
import { parsing } from './parse.ts';
import { openSession } from './session.ts';
import type { PostgresTarget } from './target.ts';
import { getTypeParser, typeOf } from './values.ts';

const rowsAtOnce = 1000;
/** How long a server has to obey before the connection is given up. */
const cancelGraceMs = 2_000;
const goodbyeMs = 500;

export async function connect(target: PostgresTarget, signal: AbortSignal): Promise<Connection> {
  const { readOnly } = target;
  const session = await openSession(target, signal);
  const { client } = session;
  let isBroken = false;
  const broken = (): void => void (isBroken = true);
  const destroy = (): void => {
    broken();
    client.connection.stream.destroy();
  };
  client.on('error', broken);
  client.on('end', broken);
  let serverTimeoutMs = 0;

  async function begin(timeoutMs: number | undefined): Promise<void> {
    // The server's own limit is for the case that it never hears of an abort; ours comes first.
    const limitMs = timeoutMs === undefined ? 0 : Math.ceil(timeoutMs) + 1_000;
    if (readOnly) await client.query(`BEGIN READ ONLY; SET LOCAL statement_timeout = ${limitMs}`);
    else if (limitMs !== serverTimeoutMs) {
      await client.query(`SET statement_timeout = ${limitMs}`);
      serverTimeoutMs = limitMs;
    }
  }

  async function end(): Promise<void> {
    if (isBroken || !readOnly) return;
    try {
      await client.query('ROLLBACK');
    } catch {
      destroy();
    }
  }

  /**
   * Runs it; when the signal is aborted, the server is asked to break it off. The connection is then closed: a request that
   * comes late would break off the next statement.
   */
  async function* cancelling<T>(signal: AbortSignal, run: () => AsyncGenerator<T>): AsyncGenerator<T> {
    let asking: NodeJS.Timeout | undefined;
    let grace: NodeJS.Timeout | undefined;
    const asked: Promise<void>[] = [];
    const ask = (): void => void asked.push(sendCancel(target, session));
    const cancel = (): void => {
      ask();
      // One that comes before the statement does is not heard.
      asking = setInterval(ask, 250);
      grace = setTimeout(destroy, cancelGraceMs);
    };
    signal.addEventListener('abort', cancel, { once: true });
    try {
      signal.throwIfAborted();
      yield* run();
    } catch (error) {
      if (!signal.aborted) throw toSqlError(error);
      destroy();
      throw new SqlError('cancelled', 'It was broken off.', { cause: signal.reason });
    } finally {
      signal.removeEventListener('abort', cancel);
      clearInterval(asking);
      clearTimeout(grace);
      if (asked.length === 0) await end();
      else {
        destroy();
        await heard(asked);
      }
    }
  }

  async function* read(sql: string, { parameters = [], timeoutMs, signal: until }: QueryOptions): AsyncGenerator<Rows> {
    await begin(timeoutMs);
    until.throwIfAborted();
    const cursor = client.query(
      new Cursor<Row>(sql, parameters.map(toParameter), { rowMode: 'array', types: { getTypeParser } as never }),
    );
    let columns: readonly Column[] | undefined;
    try {
      for (;;) {
        const { rows, fields } = await readPiece(cursor);
        const isFirst = columns === undefined;
        columns ??= fields.map(({ name, dataTypeID }) => {
          const { kind, name: type } = typeOf(dataTypeID);
          return { name, kind, type };
        });
        if (rows.length > 0 || isFirst) yield { columns, rows };
        if (rows.length < rowsAtOnce) return;
        until.throwIfAborted();
      }
    } finally {
      if (!isBroken) await cursor.close().catch(destroy);
    }
  }

  return {
    get isBroken() {
      return isBroken;
    },
    query: (sql, options) => cancelling(options.signal, () => read(sql, options)),
    async check(sql, signal) {
      const check = async function* (): AsyncGenerator<'taken'> {
        await begin(undefined);
        await client.query(parsing(sql)).done;
        yield 'taken';
      };
      for await (const _ of cancelling(signal, check));
    },
    async close() {
      broken();
      // It says goodbye where it can, and does not wait for an answer.
      client.end().catch(() => {});
      const { stream } = client.connection;
      if (!stream.destroyed) {
        const said = new Promise((resolve) => stream.end(resolve));
        await Promise.race([said, sleep(goodbyeMs, undefined, { ref: false })]);
      }
      stream.destroy();
    },
  };
}

/** Requests under way are not left behind: who ends the process now would end them too. */
async function heard(asked: readonly Promise<void>[]): Promise<void> {
  const enough = new AbortController();
  const limit = sleep(goodbyeMs, undefined, { signal: enough.signal }).catch(() => {});
  await Promise.race([Promise.all(asked), limit]);
  enough.abort();
}

interface Piece {
  readonly rows: readonly Row[];
  readonly fields: readonly { readonly name: string; readonly dataTypeID: number }[];
}

const readPiece = (cursor: Cursor<Row>): Promise<Piece> =>
  new Promise((resolve, reject) => {
    cursor.read(rowsAtOnce, (error, rows, result) => {
      if (error) reject(error);
      else resolve({ rows, fields: result.fields });
    });
  });

const toParameter = (value: Value): string | Buffer | null =>
  value === null ? null : value instanceof Uint8Array ? Buffer.from(value) : String(value);
