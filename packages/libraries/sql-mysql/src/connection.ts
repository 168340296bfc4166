import { connect as connectSocket, isIP, type Socket } from 'node:net';
import { type Connection, type QueryOptions, type Rows, SqlError } from '@millrace/sql';
import mysql, { type Connection as Session, type ConnectionOptions, type RowDataPacket } from 'mysql2';
import { toSqlError } from './error.ts';
import { type Query, readPieces, type Reading } from './pieces.ts';
import type { MysqlTarget } from './target.ts';

/** How long a server has to obey before the connection is given up. */
const cancelGraceMs = 2_000;
const goodbyeMs = 1_000;

/** Every value with all its digits: what is no exact number is a text. */
const exact = { rowsAsArray: true, supportBigNumbers: true, dateStrings: true, jsonStrings: true } as const;

export async function connect(target: MysqlTarget, signal: AbortSignal): Promise<Connection> {
  const session = await openSession(target, signal);
  let isBroken = false;
  let reading: Reading | undefined;
  const destroy = (): void => {
    isBroken = true;
    cutOff(session);
  };
  // A query is told of the server's refusal, but of the end of its connection only the connection is.
  session.on('error', (error) => {
    destroy();
    reading?.fail(error);
  });
  session.on('end', () => (isBroken = true));
  const about = await aborting(signal, destroy, async () => {
    for (const setting of target.settings) await run(session, setting);
    if (target.readOnly) await run(session, 'SET SESSION TRANSACTION READ ONLY');
    return (await run(session, 'SELECT VERSION(), @@session.time_zone, @@system_time_zone'))[0]!;
  });
  const [version, sessionZone, systemZone] = about as unknown as [string, string, string];
  const isMariaDb = version.includes('MariaDB');
  const zone = zoneOf(sessionZone === 'SYSTEM' ? systemZone : sessionZone);
  let limitMs = 0;

  /** For the case that the server never hears of an abort; ours comes first. MySQL heeds it in a SELECT only. */
  async function limit(timeoutMs: number | undefined): Promise<void> {
    const wanted = timeoutMs === undefined ? 0 : Math.ceil(timeoutMs) + 1_000;
    if (wanted === limitMs) return;
    await run(session, isMariaDb ? `SET max_statement_time = ${wanted / 1000}` : `SET max_execution_time = ${wanted}`);
    limitMs = wanted;
  }

  /**
   * Breaks off what runs, over a connection of its own. The session is given up then: were the statement done just before,
   * the server would break off the next one.
   */
  async function kill(): Promise<void> {
    isBroken = true;
    const grace = AbortSignal.timeout(cancelGraceMs);
    try {
      const other = await openSession(target, grace);
      await aborting(
        grace,
        () => cutOff(other),
        () => run(other, `KILL QUERY ${session.threadId}`),
      );
      cutOff(other);
    } catch {
      // Without the server's help: it sees the end of the connection when it next writes to it.
    }
    cutOff(session);
  }

  async function* read(sql: string, { parameters = [], signal, timeoutMs }: QueryOptions): AsyncGenerator<Rows> {
    let isDone = false;
    let killing: Promise<void> | undefined;
    const abort = (): void => {
      killing ??= kill().finally(() => reading?.fail(cancelledBy(signal)));
    };
    await aborting(signal, destroy, () => limit(timeoutMs));
    if (signal.aborted) throw cancelledBy(signal);
    signal.addEventListener('abort', abort);
    try {
      const query =
        parameters.length > 0
          ? session.execute(
              { sql, ...exact },
              parameters.map((value) => (typeof value === 'bigint' ? String(value) : value)),
            )
          : session.query({ sql, ...exact });
      reading = readPieces(session, query as unknown as Query, zone);
      for (;;) {
        const piece = await reading.next();
        if (!piece) break;
        yield piece;
      }
      isDone = true;
    } catch (error) {
      isDone = true; // it failed
      if (signal.aborted) {
        await killing;
        throw cancelledBy(signal);
      }
      const told = toSqlError(error);
      if (told.kind === 'connection') destroy();
      throw told;
    } finally {
      isDone ||= reading?.isComplete ?? false;
      reading = undefined;
      signal.removeEventListener('abort', abort);
      if (!isDone) await (killing ?? kill()); // nobody wants the rest
    }
  }

  return {
    get isBroken() {
      return isBroken;
    },
    query: read,
    check: (sql, signal) => aborting(signal, destroy, () => prepare(session, sql)),
    async close() {
      if (!isBroken) session.end(() => {});
      isBroken = true;
      setTimeout(() => cutOff(session), goodbyeMs).unref();
    },
  };
}

const cancelledBy = (signal: AbortSignal): SqlError =>
  new SqlError('cancelled', 'It was broken off.', { cause: signal.reason });

/** mysql2's `destroy` only ends its side, for which a server that is held back does not stop. */
function cutOff(session: Session): void {
  session.destroy();
  (session as unknown as { readonly stream: Socket }).stream.destroy();
}

async function openSession(target: MysqlTarget, signal: AbortSignal): Promise<Session> {
  try {
    return await openWith(target.options, signal);
  } catch (error) {
    const { code, message } = error as SqlError;
    // MariaDB says no more than this to who comes in the clear and should not.
    if (code === 'ER_ACCESS_DENIED_ERROR' && !target.options.ssl && !target.options.socketPath)
      throw new SqlError('connection', message, { code, hint: 'it may want TLS: tls=true', cause: error });
    if (!target.plainToo || code !== 'HANDSHAKE_NO_SSL_SUPPORT') throw error;
    const { ssl: _, ...plain } = target.options;
    return openWith(plain, signal);
  }
}

async function openWith(options: MysqlTarget['options'], signal: AbortSignal): Promise<Session> {
  if (signal.aborted) throw cancelledBy(signal);
  const session = mysql.createConnection({
    ...options,
    ...reaching(options),
    ...exact,
    connectTimeout: 0,
    flags: ['-LOCAL_FILES'],
  });
  session.on('error', () => {}); // unheard, it would end the process
  await aborting(
    signal,
    () => cutOff(session),
    () =>
      new Promise<void>((resolve, reject) => {
        session.once('error', reject);
        session.once('connect', () => {
          session.off('error', reject);
          resolve();
        });
      }),
  );
  return session;
}

/**
 * mysql2 names no host to Node's TLS where that is an address, and Node then verifies that the certificate is for `localhost`.
 * So the socket says where it goes, as Node's own does for a name.
 */
function reaching({ host = '', port = 3306, ssl }: MysqlTarget['options']): ConnectionOptions {
  if (isIP(host) === 0 || typeof ssl !== 'object' || !ssl.verifyIdentity) return {};
  return {
    stream: () => Object.assign(connectSocket({ host, port, keepAlive: true, noDelay: true }), { _host: host }),
  };
}

/** Destroys, and rejects, when aborted. */
async function aborting<T>(signal: AbortSignal, destroy: () => void, work: () => Promise<T>): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => {
    destroy();
    aborted.reject(cancelledBy(signal));
  };
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort);
  try {
    return await Promise.race([aborted.promise, work()]);
  } catch (error) {
    const told = toSqlError(error);
    if (told.kind !== 'statement') destroy();
    throw told;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

const run = (session: Session, sql: string): Promise<RowDataPacket[]> =>
  new Promise((resolve, reject) => {
    session.query<RowDataPacket[]>({ sql, ...exact }, (error, rows) => (error ? reject(error) : resolve(rows)));
  });

/** ER_UNSUPPORTED_PS: a statement that cannot be prepared, and may well run. */
const cannotBePrepared = 1295;

const prepare = (session: Session, sql: string): Promise<void> =>
  new Promise((resolve, reject) => {
    session.prepare(sql, (error, statement) => {
      if (!error) statement.close();
      if (error && (error as { errno?: number }).errno !== cannotBePrepared) reject(error);
      else resolve();
    });
  });

/** What the zone adds to a TIMESTAMP. A zone that has summer time adds nothing: which of two instants is meant is not known. */
function zoneOf(name: string): string {
  if (/^(?:UTC|Etc\/UTC|GMT|[+-]00:00)$/.test(name)) return 'Z';
  return /^[+-]\d\d:\d\d$/.test(name) ? name : '';
}
