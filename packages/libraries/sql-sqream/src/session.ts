import type { ConnectionOptions } from 'node:tls';
import { SqlError } from '@millrace/sql';
import { decodeRows, decoderOf, parseColumns, type SqreamColumn, type Value } from './columns.ts';
import { type Address, openSocket, pickWorker, shown } from './connect.ts';
import { createMessages, type Messages } from './messages.ts';

export interface Login extends Address {
  readonly username: string;
  readonly password: string;
  readonly database: string;
  readonly service: string;
  /** Host and port are those of a cluster's server picker. */
  readonly clustered: boolean;
  readonly tls?: ConnectionOptions | undefined;
}

/** One connection: one statement at a time. */
export interface Session {
  /** Compiles a statement, and runs it no further. */
  prepare(sql: string): Promise<void>;
  /** Runs a statement and reads its rows, some thousand at a time; at least one piece. To stop reading, return. */
  query(sql: string): AsyncGenerator<{ readonly columns: readonly SqreamColumn[]; readonly rows: Value[][] }>;
  /** False once the connection has ended: by an error of the network, `destroy`, or `close`. */
  readonly open: boolean;
  /** Ends whatever runs, by closing the connection: the protocol has no other way. */
  destroy(reason: Error): void;
  /** Says goodbye. */
  close(): Promise<void>;
}

type Message = Readonly<Record<string, unknown>>;

const keepAliveMs = 10_000;
const goodbyeMs = 1000;
/** A fetch is some thousand rows; more than this cannot be held. */
const maxFetchBytes = 512 * 2 ** 20;

/** Connects and logs in. The signal is for that only. */
export async function openSession(login: Login, signal: AbortSignal): Promise<Session> {
  const closing = new AbortController();
  let line = await connectLine(login.clustered ? await pickWorker(login, signal) : login, login, signal);
  const { connectionId, version, varcharEncoding } = await logIn();
  let encoding = decoderOf(varcharEncoding);
  const pings = isPinged(version)
    ? setInterval(() => line.messages.send({ ping: 'ping' }), keepAliveMs).unref()
    : undefined;

  async function logIn(): Promise<Message> {
    const abort = (): void => line.messages.destroy(signal.reason as Error);
    signal.addEventListener('abort', abort);
    try {
      return await ask({ ...credentials(login), connectDatabase: login.database }, 'databaseConnected');
    } catch (error) {
      line.messages.destroy(new SqlError('connection', 'The login failed.'));
      throw error instanceof SqlError ? new SqlError('connection', error.message, { cause: error.cause }) : error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  async function ask(question: Message, answer: string): Promise<Message> {
    line.messages.send(question);
    const message = await line.messages.receiveJson();
    if (typeof message.error === 'string') throw new SqlError('statement', firstLine(message.error));
    if (answer in message) return message;
    throw new SqlError('connection', `${line.name} answered ${Object.keys(question)[0]} without ${answer}.`);
  }
  const say = (question: string, answer: string): Promise<Message> => ask({ [question]: question }, answer);

  async function prepareStatement(sql: string): Promise<void> {
    const { statementId } = await say('getStatementId', 'statementId');
    const prepared = await ask({ prepareStatement: sql, chunkSize: 0 }, 'statementPrepared');
    if (prepared.reconnect === true) await moveTo(prepared, statementId);
  }

  /** Another worker runs the statement: the connection goes on there. */
  async function moveTo({ ip, port, port_ssl: tlsPort, listener_id: listenerId }: Message, statementId: unknown) {
    const wanted = login.tls ? tlsPort : port;
    if (typeof ip !== 'string' || typeof wanted !== 'number' || !(wanted > 0 && wanted <= 65_535))
      throw new SqlError('connection', `${line.name} has the statement run elsewhere, and does not say where.`);
    line.messages.destroy(new SqlError('connection', 'The connection goes on elsewhere.'));
    line = await connectLine({ host: ip, port: wanted }, login, closing.signal);
    if (closing.signal.aborted) line.messages.destroy(closing.signal.reason as Error);
    const again = { ...credentials(login), reconnectDatabase: login.database, connectionId, listenerId };
    encoding = decoderOf((await ask(again, 'databaseConnected')).varcharEncoding ?? varcharEncoding);
    await ask({ reconstructStatement: statementId }, 'statementReconstructed');
  }

  async function start(sql: string): Promise<readonly SqreamColumn[]> {
    await prepareStatement(sql);
    await say('execute', 'executed');
    const { queryType } = await say('queryTypeIn', 'queryType');
    if (Array.isArray(queryType) && queryType.length > 0)
      throw new SqlError('statement', 'The statement waits for rows to insert: only queries can be run.');
    const { queryTypeNamed } = await say('queryTypeOut', 'queryTypeNamed');
    return parseColumns(queryTypeNamed);
  }

  async function fetchRows(columns: readonly SqreamColumn[]): Promise<Value[][]> {
    const { colSzs: sizes, rows } = await say('fetch', 'colSzs');
    if (!isCount(rows) || !Array.isArray(sizes) || !sizes.every(isCount))
      throw new SqlError('connection', `${line.name} announced rows in a way that is not known.`);
    if (rows === 0) return [];
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    if (bytes > maxFetchBytes)
      throw new SqlError('connection', `${line.name} announced rows of ${bytes} bytes at once.`);
    return decodeRows(columns, { rows, sizes, data: await line.messages.receiveBinary(bytes), encoding });
  }

  /** What the server refused leaves the connection usable; nothing else does. */
  async function endStatement(failure?: Error): Promise<void> {
    if (failure && !(failure instanceof SqlError && failure.kind === 'statement')) return destroy(failure);
    await say('closeStatement', 'statementClosed').catch((error: Error) => destroy(error));
  }

  function destroy(reason: Error): void {
    clearInterval(pings);
    closing.abort(reason);
    line.messages.destroy(reason);
  }

  return {
    get open() {
      return !closing.signal.aborted && line.isOpen();
    },
    destroy,
    async prepare(sql) {
      let failure: Error | undefined;
      await prepareStatement(sql).catch((error: Error) => (failure = error));
      await endStatement(failure);
      if (failure) throw failure;
    },
    async *query(sql) {
      let failure: Error | undefined;
      try {
        const columns = await start(sql);
        let rows = columns.length > 0 ? await fetchRows(columns) : [];
        yield { columns, rows };
        while (rows.length > 0) {
          rows = await fetchRows(columns);
          if (rows.length > 0) yield { columns, rows };
        }
      } catch (error) {
        failure = error as Error;
        throw error;
      } finally {
        await endStatement(failure);
      }
    },
    async close() {
      if (closing.signal.aborted) return;
      const ended = new SqlError('connection', 'The connection was closed.');
      const late = setTimeout(() => destroy(ended), goodbyeMs);
      await say('closeConnection', 'connectionClosed').catch(() => {});
      clearTimeout(late);
      destroy(ended);
    },
  };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const credentials = ({ username, password, service }: Login) => ({ username, password, service });

/** SQreamDB's messages go on with where in its own code it was. */
const firstLine = (message: string): string =>
  message
    .split(/\r?\n|\\n/, 1)[0]!
    .slice(0, 1000)
    .trim();

interface Line {
  readonly messages: Messages;
  readonly name: string;
  isOpen(): boolean;
}

async function connectLine(address: Address, { tls }: Login, signal: AbortSignal): Promise<Line> {
  const socket = await openSocket(address, { tls, signal });
  const name = shown(address);
  return { messages: createMessages(socket, name), name, isOpen: () => !socket.destroyed && socket.readable };
}

/** Servers after 2020.3.1 want to be pinged, and do not answer it. Later versions are numbered from 4.0. */
export function isPinged(version: unknown): boolean {
  const parts = typeof version === 'string' ? /(\d+)\.(\d+)(?:\.(\d+))?/.exec(version) : undefined;
  if (!parts) return false;
  const [first, second, third] = [Number(parts[1]), Number(parts[2]), Number(parts[3] ?? 0)];
  if (first < 2000) return first >= 4;
  return first !== 2020 ? first > 2020 : second > 3 || (second === 3 && third > 1);
}
