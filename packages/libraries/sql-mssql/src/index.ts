import { type Connection, type Driver, type QueryOptions, type Rows, SqlError, type Value } from '@millrace/sql';
import { Connection as Session, Request, TYPES } from 'tedious';
import { toSqlError } from './error.ts';
import { readPieces } from './pieces.ts';
import { type MssqlTarget, readTarget } from './target.ts';

/** Microsoft SQL Server. */
const driver: Driver = {
  name: 'mssql',
  describe(target) {
    const { host, port, database } = readTarget(target);
    return { system: 'microsoft.sql_server', address: host, port, namespace: database };
  },
  async connect(target, signal) {
    const read = readTarget(target);
    return connectionOf(await open(read, signal), read);
  },
};

export default driver;

const cancelledBy = (signal: AbortSignal): SqlError =>
  new SqlError('cancelled', 'It was broken off.', { cause: signal.reason });

function open({ configuration }: MssqlTarget, signal: AbortSignal): Promise<Session> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(cancelledBy(signal));
    const session = new Session(configuration);
    const abort = (): void => {
      session.close();
      reject(cancelledBy(signal));
    };
    signal.addEventListener('abort', abort);
    session.on('error', () => {}); // unheard, it would end the process
    session.connect((error) => {
      signal.removeEventListener('abort', abort);
      if (!error) return resolve(session);
      session.close();
      reject(new SqlError('connection', toSqlError(error).message, { code: toSqlError(error).code }));
    });
  });
}

function connectionOf(session: Session, { readOnly }: MssqlTarget): Connection {
  let isBroken = false;
  session.on('end', () => (isBroken = true));
  session.on('error', () => (isBroken = true));

  async function* read(sql: string, { parameters = [], signal }: QueryOptions): AsyncGenerator<Rows> {
    if (signal.aborted) throw cancelledBy(signal);
    const request = new Request(sql, (error) => reading.end(error));
    const reading = readPieces(request);
    parameters.forEach((value, index) => request.addParameter(`p${index + 1}`, typeOf(value), toParameter(value)));
    // The server is asked to stop; tedious gives it two seconds, then closes the connection.
    const abort = (): void => void session.cancel();
    signal.addEventListener('abort', abort);
    let isDone = false;
    try {
      if (readOnly) await called((done) => session.beginTransaction(done));
      session.execSql(request);
      for (;;) {
        const piece = await reading.next();
        if (!piece) break;
        yield piece;
      }
      isDone = true;
    } catch (error) {
      isDone = true; // it failed
      if (signal.aborted) throw cancelledBy(signal);
      const told = toSqlError(error);
      isBroken ||= told.kind === 'connection';
      throw told;
    } finally {
      signal.removeEventListener('abort', abort);
      // Nobody wants the rest, or it was broken off: a new session is sure to be in order.
      if (!isDone || signal.aborted) close();
      // SQL Server has no read-only transactions; in one that is never committed nothing is written.
      else if (readOnly && !isBroken) await called((done) => session.rollbackTransaction(done)).catch(close);
    }
  }

  function close(): void {
    isBroken = true;
    session.close();
  }

  return {
    get isBroken() {
      return isBroken;
    },
    query: read,
    async check(sql, signal) {
      const names = [...new Set(sql.match(/@p\d+\b/gi))].map((name) => `${name} nvarchar(4000)`);
      const parameters = [sql, names.join(', ')];
      for await (const _ of read('EXEC sp_describe_first_result_set @tsql = @p1, @params = @p2', {
        parameters,
        signal,
      }));
    },
    async close() {
      close();
    },
  };
}

const called = (call: (done: (error?: Error | null) => void) => void): Promise<void> =>
  new Promise((resolve, reject) => {
    call((error) => (error ? reject(error) : resolve()));
  });

function typeOf(value: Value) {
  if (typeof value === 'boolean') return TYPES.Bit;
  if (typeof value === 'bigint' || Number.isInteger(value)) return TYPES.BigInt;
  if (typeof value === 'number') return TYPES.Float;
  return value instanceof Uint8Array ? TYPES.VarBinary : TYPES.NVarChar;
}

const toParameter = (value: Value): unknown =>
  typeof value === 'bigint' ? String(value) : value instanceof Uint8Array ? Buffer.from(value) : value;
