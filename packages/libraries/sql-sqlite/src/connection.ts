import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Column, type Connection, type QueryOptions, type Rows, SqlError } from '@millrace/sql';
import type { Answer, Ask } from './messages.ts';

/** Codes of SQLite (https://www.sqlite.org/rescode.html) that say that there is no database: CANTOPEN, NOTADB, CORRUPT, IOERR. */
const isConnection = new Set([10, 11, 14, 26]);

interface Opening {
  readonly file: string;
  readonly readOnly: boolean;
}

export async function connect(opening: Opening, signal: AbortSignal): Promise<Connection> {
  // In the workspace this is process.ts, in the published package process.js.
  const file = import.meta.url.endsWith('.ts') ? './process.ts' : './process.js';
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), {
    serialization: 'advanced',
    // None of ours: a debugger's port, a heap's size.
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exited = Promise.withResolvers<void>();
  let isBroken = false;
  let waiting: PromiseWithResolvers<Answer> | undefined;
  const gone = (): void => {
    isBroken = true;
    waiting?.reject(new SqlError('connection', 'The process of the connection has ended.'));
    exited.resolve();
  };
  child.on('exit', gone);
  child.on('error', gone);
  child.on('message', (answer: Answer) => waiting?.resolve(answer));

  async function ask(what: Ask, until: AbortSignal): Promise<Answer> {
    const answered = (waiting = Promise.withResolvers<Answer>());
    // There is no other way to end a statement of node:sqlite that gives no row.
    const end = (): void => void child.kill('SIGKILL');
    until.addEventListener('abort', end, { once: true });
    try {
      until.throwIfAborted();
      if (isBroken) throw new SqlError('connection', 'The process of the connection has ended.');
      child.send(what);
      const answer = await answered.promise;
      if ('error' in answer) throw toSqlError(answer.error, answer.code);
      return answer;
    } catch (error) {
      if (until.aborted) {
        end();
        isBroken = true;
        throw new SqlError('cancelled', 'It was broken off.', { cause: until.reason });
      }
      throw error;
    } finally {
      until.removeEventListener('abort', end);
      waiting = undefined;
    }
  }

  async function* query(sql: string, { parameters = [], signal: until }: QueryOptions): AsyncGenerator<Rows> {
    let answer = await ask({ do: 'query', sql, parameters }, until);
    let columns: readonly Column[] | undefined;
    let isLast = false;
    try {
      while ('rows' in answer) {
        columns ??= answer.columns!;
        ({ isLast } = answer);
        yield { columns, rows: answer.rows };
        if (isLast) return;
        answer = await ask({ do: 'read' }, until);
      }
    } finally {
      if (!isLast && !isBroken && !until.aborted) await ask({ do: 'stop' }, until).catch(() => {});
    }
  }

  async function close(): Promise<void> {
    isBroken = true;
    child.kill('SIGKILL');
    await exited.promise;
  }

  try {
    await ask({ do: 'open', ...opening }, signal);
  } catch (error) {
    await close();
    throw error instanceof SqlError && error.kind === 'statement'
      ? new SqlError('connection', error.message, { code: error.code, cause: error })
      : error;
  }
  return {
    get isBroken() {
      return isBroken;
    },
    query,
    check: async (sql, until) => void (await ask({ do: 'check', sql }, until)),
    close,
  };
}

const toSqlError = (message: string, code: number | undefined): SqlError =>
  code === undefined
    ? new SqlError('statement', message)
    : new SqlError(isConnection.has(code & 0xff) ? 'connection' : 'statement', message, { code: `SQLite ${code}` });
