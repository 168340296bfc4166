import { randomUUID } from 'node:crypto';
import { addAbortSignal } from 'node:stream';
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { type Column, type Connection, type Driver, type QueryOptions, type Rows, SqlError } from '@millrace/sql';
import { toSqlError } from './error.ts';
import { parseLine, readLines } from './lines.ts';
import { type ClickhouseTarget, readTarget } from './target.ts';
import { columnOf, exactJson, valueOf } from './values.ts';

/** ClickHouse, over HTTP. */
const driver: Driver = {
  name: 'clickhouse',
  describe(target) {
    const { host, port, database } = readTarget(target);
    return { system: 'clickhouse', address: host, port, namespace: database };
  },
  async connect(target, signal) {
    const connection = connectionTo(readTarget(target));
    try {
      for await (const _ of connection.query('SELECT 1', { signal }));
      return connection;
    } catch (error) {
      await connection.close();
      throw error;
    }
  },
};

export default driver;

const killMs = 2_000;

/** HTTP has no session: every statement is a request of its own. */
function connectionTo({ url, agent, username, password, database, settings, readOnly }: ClickhouseTarget): Connection {
  const client = createClient({
    url,
    username,
    password,
    database,
    application: 'millrace',
    http_agent: agent,
    max_open_connections: 2, // one to break off what the other does
    request_timeout: 2 ** 31 - 1, // the signal's task
    log: { level: ClickHouseLogLevel.OFF },
  });
  let isBroken = false;

  async function kill(queryId: string): Promise<void> {
    const query = 'KILL QUERY WHERE query_id = {id:String} ASYNC';
    const abort_signal = AbortSignal.timeout(killMs);
    await client.command({ query, query_params: { id: queryId }, abort_signal }).catch(() => {});
  }

  async function* read(sql: string, { parameters = [], signal, timeoutMs }: QueryOptions): AsyncGenerator<Rows> {
    const query_id = randomUUID();
    let isDone = false;
    try {
      if (signal.aborted) throw signal.reason;
      const { stream } = await client.exec({
        query: `${sql.replace(/[\s;]+$/, '')}\nFORMAT JSONCompactEachRowWithNamesAndTypes`,
        query_id,
        abort_signal: signal,
        // Placeholders have names there: the first is {p1:String}.
        query_params: Object.fromEntries(parameters.map((value, index) => [`p${index + 1}`, value])),
        clickhouse_settings: {
          ...settings,
          ...exactJson,
          ...(readOnly && { readonly: '1', cancel_http_readonly_queries_on_client_close: 1 }),
          ...(timeoutMs !== undefined && { max_execution_time: Math.ceil(timeoutMs / 1000) + 1 }),
        },
      });
      addAbortSignal(signal, stream);
      let names: readonly string[] | undefined;
      let columns: readonly Column[] | undefined;
      let given = false;
      for await (const lines of readLines(stream)) {
        const rows = [];
        for (const line of lines) {
          const values = parseLine(line, lines);
          if (columns) rows.push(columns.map(({ kind }, index) => valueOf(kind, values[index])));
          else if (names) columns = names.map((name, index) => columnOf(name, String(values[index])));
          else names = values as readonly string[];
        }
        if (!columns || rows.length === 0) continue;
        yield { columns, rows };
        given = true;
      }
      isDone = true;
      if (!given) yield { columns: columns ?? [], rows: [] };
    } catch (error) {
      if (signal.aborted) throw new SqlError('cancelled', 'It was broken off.', { cause: signal.reason });
      isDone = true; // it failed
      const told = toSqlError(error);
      isBroken ||= told.kind === 'connection';
      throw told;
    } finally {
      if (!isDone) await kill(query_id);
    }
  }

  return {
    get isBroken() {
      return isBroken;
    },
    query: read,
    async check(sql, signal) {
      // EXPLAIN takes no placeholders and, but for its AST, nothing but a SELECT.
      const how = /^\s*(?:select|with)\b/i.test(sql) && !/\{\w+:/.test(sql) ? 'EXPLAIN' : 'EXPLAIN AST';
      for await (const _ of read(`${how} ${sql}`, { signal }));
    },
    async close() {
      isBroken = true;
      await client.close().catch(() => {});
      agent.destroy();
    },
  };
}
