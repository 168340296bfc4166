import { type Column, type Connection, type Driver, SqlError } from '@millrace/sql';
import { kindOf } from './columns.ts';
import { loginOf } from './datasource.ts';
import { openSession, type Session } from './session.ts';

/** `driver: sqream` */
const driver: Driver = {
  name: 'sqream',
  describe(target) {
    const { host, port, database } = loginOf(target);
    return { system: 'sqream', address: host, port, namespace: database };
  },
  async connect(target, signal) {
    const login = loginOf(target);
    const session = await openSession(login, signal).catch((error: unknown) => {
      throw asSqlError(error, signal);
    });
    return connectionOf(session, target.readOnly);
  },
};

export default driver;

function connectionOf(session: Session, readOnly: boolean): Connection {
  const refuseWrites = (sql: string): void => {
    if (readOnly && !/^(?:\s|--[^\n]*(?:\n|$)|\/\*.*?\*\/|\()*(?:select|with|explain)\b/is.test(sql))
      throw new SqlError('statement', 'Only SELECT, WITH and EXPLAIN can be run here: the connection is for reading.');
  };
  /** There is no word in the protocol to cancel a statement: the connection is closed under it. */
  const closingOn = (signal: AbortSignal): Disposable => {
    const abort = (): void => session.destroy(signal.reason as Error);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort);
    return { [Symbol.dispose]: () => signal.removeEventListener('abort', abort) };
  };

  return {
    async *query(sql, { parameters = [], signal }) {
      refuseWrites(sql);
      if (parameters.length > 0)
        throw new SqlError('statement', 'SQreamDB takes no placeholders, so it cannot be asked from a position on.');
      using _ = closingOn(signal);
      try {
        let columns: readonly Column[] | undefined;
        for await (const piece of session.query(sql)) {
          columns ??= piece.columns.map((one) => ({ name: one.name, kind: kindOf(one), type: one.type }));
          yield { columns, rows: piece.rows };
        }
      } catch (error) {
        throw asSqlError(error, signal);
      }
    },
    async check(sql, signal) {
      refuseWrites(sql);
      using _ = closingOn(signal);
      await session.prepare(sql).catch((error: unknown) => {
        throw asSqlError(error, signal);
      });
    },
    get isBroken() {
      return !session.open;
    },
    close: () => session.close(),
  };
}

function asSqlError(error: unknown, signal: AbortSignal): SqlError {
  if (signal.aborted) return new SqlError('cancelled', 'SQreamDB did not answer in time.', { cause: signal.reason });
  return error instanceof SqlError ? error : new SqlError('connection', 'The connection failed', { cause: error });
}
