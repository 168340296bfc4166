import { type Connection, type Driver, type QueryOptions, type Rows, SqlError, type Value } from '@millrace/sql';
import oracledb, { type Connection as Session } from 'oracledb';
import { toSqlError } from './error.ts';
import { type OracleTarget, readTarget } from './target.ts';
import { columnOf, fetchTypeOf, valueOf } from './values.ts';

/** Oracle Database, without Oracle's client libraries. */
const driver: Driver = {
  name: 'oracle',
  describe(target) {
    const { host, port, service } = readTarget(target);
    return { system: 'oracle.db', address: host, port, namespace: service };
  },
  async connect(target, signal) {
    const read = readTarget(target);
    return connectionOf(await open(read, signal), read);
  },
};

export default driver;

const rowsAtOnce = 1000;
const breakGraceMs = 2_000;

const cancelledBy = (signal: AbortSignal): SqlError =>
  new SqlError('cancelled', 'It was broken off.', { cause: signal.reason });

/** oracledb cannot be told to stop connecting: what comes too late is closed. */
async function open({ connectString, user, password }: OracleTarget, signal: AbortSignal): Promise<Session> {
  if (signal.aborted) throw cancelledBy(signal);
  const connecting = oracledb.getConnection({ user, password, connectString, transportConnectTimeout: 60 });
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => {
    reject(cancelledBy(signal));
    connecting.then(drop, () => {});
  };
  signal.addEventListener('abort', abort);
  try {
    return await Promise.race([connecting, aborted]);
  } catch (error) {
    if (signal.aborted) throw error;
    const { message, code } = toSqlError(error);
    throw new SqlError('connection', message, { code });
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

const drop = (session: Session): Promise<void> => session.close({ drop: true }).catch(() => {});

function connectionOf(session: Session, { readOnly }: OracleTarget): Connection {
  let isBroken = false;
  const execute = {
    resultSet: true,
    outFormat: oracledb.OUT_FORMAT_ARRAY,
    fetchArraySize: rowsAtOnce,
    fetchTypeHandler: fetchTypeOf,
  };

  /** Runs a call; when the signal is aborted the server is asked to break it off, and is given up if it does not. */
  async function breaking<T>(signal: AbortSignal, call: () => Promise<T>): Promise<T> {
    if (signal.aborted) throw cancelledBy(signal);
    const late = Promise.withResolvers<never>();
    let grace: NodeJS.Timeout | undefined;
    const abort = (): void => {
      isBroken = true;
      grace = setTimeout(() => late.reject(cancelledBy(signal)), breakGraceMs);
      session.break().catch(() => {});
    };
    signal.addEventListener('abort', abort);
    try {
      return await Promise.race([call(), late.promise]);
    } catch (error) {
      if (signal.aborted) throw cancelledBy(signal);
      const told = toSqlError(error);
      isBroken ||= told.kind === 'connection' || !session.isHealthy();
      throw told;
    } finally {
      clearTimeout(grace);
      signal.removeEventListener('abort', abort);
    }
  }

  async function* read(sql: string, { parameters = [], signal, timeoutMs }: QueryOptions): AsyncGenerator<Rows> {
    // The limit of each round trip, for the case that a break is not heard.
    session.callTimeout = timeoutMs === undefined ? 0 : Math.ceil(timeoutMs) + 1_000;
    try {
      if (readOnly) await breaking(signal, () => session.execute('SET TRANSACTION READ ONLY', [], {}));
      const binds = parameters.map(toParameter);
      const { resultSet } = await breaking(signal, () => session.execute(sql.replace(/[\s;]+$/, ''), binds, execute));
      if (!resultSet) return yield { columns: [], rows: [] };
      try {
        const columns = resultSet.metaData.map(columnOf);
        for (let isFirst = true; ; isFirst = false) {
          const found = await breaking(signal, () => resultSet.getRows(rowsAtOnce));
          const rows = found.map((row) => row.map((value, index) => valueOf(columns[index]!, value)));
          if (rows.length > 0 || isFirst) yield { columns, rows };
          if (rows.length < rowsAtOnce) return;
        }
      } finally {
        if (!isBroken) await resultSet.close().catch(() => (isBroken = true));
      }
    } finally {
      if (readOnly && !isBroken) await session.rollback().catch(() => (isBroken = true));
    }
  }

  return {
    get isBroken() {
      return isBroken || !session.isHealthy();
    },
    query: read,
    async check(sql, signal) {
      await breaking(signal, () => session.getStatementInfo(sql.replace(/[\s;]+$/, '')));
    },
    async close() {
      isBroken = true;
      await Promise.race([drop(session), new Promise<void>((resolve) => setTimeout(resolve, breakGraceMs).unref())]);
    },
  };
}

/** Oracle has a type for booleans only from version 23 on. */
const toParameter = (value: Value): unknown =>
  typeof value === 'boolean' ? Number(value) : value instanceof Uint8Array ? Buffer.from(value) : value;
