// The process of one connection: node:sqlite blocks its thread, and only the end of a process ends a query for sure.
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import type { Column, Kind, Row, Value } from '@millrace/sql';
import type { Answer, Ask } from './messages.ts';

const rowsAtOnce = 1000;
const busyTimeoutMs = 5_000;

let database: DatabaseSync | undefined;
let reading: Iterator<unknown> | undefined;

// Who asked may be killed while a query runs: the query goes with it.
const watch = `setInterval(() => { if (process.ppid !== ${process.ppid}) process.kill(process.pid, 'SIGKILL') }, 1000)`;
new Worker(watch, { eval: true }).unref();
process.on('disconnect', () => process.exit());

process.on('message', (ask: Ask) => {
  let answer: Answer;
  try {
    answer = answerTo(ask);
  } catch (error) {
    const { message, errcode } = error as Error & { errcode?: number };
    reading = undefined;
    answer = { error: message, ...(errcode !== undefined && { code: errcode }) };
  }
  process.send!(answer);
});

function answerTo(ask: Ask): Answer {
  switch (ask.do) {
    case 'open':
      database = new DatabaseSync(ask.file, { readOnly: ask.readOnly, timeout: busyTimeoutMs });
      // It is a database only once something of it was read.
      database.prepare('SELECT count(*) FROM sqlite_master').get();
      return { done: true };
    case 'check':
      database!.prepare(ask.sql);
      return { done: true };
    case 'query': {
      const statement = database!.prepare(ask.sql);
      statement.setReadBigInts(true);
      statement.setReturnArrays(true);
      reading = iterate(statement, ask.parameters.map(toParameter));
      return { columns: columnsOf(statement), ...readPiece() };
    }
    case 'read':
      return readPiece();
    case 'stop':
      reading?.return?.();
      reading = undefined;
      return { done: true };
  }
}

const outOfRange = 25;

/** `?` has no name to Node.js; `?1`, `$1`, `:1` and `@1` have one. */
function iterate(statement: StatementSync, parameters: readonly SQLInputValue[]): Iterator<unknown> {
  try {
    return statement.iterate(...parameters);
  } catch (error) {
    if ((error as { errcode?: number }).errcode !== outOfRange) throw error;
    const named = parameters.flatMap((value, index) =>
      ['?', '$', ':', '@'].map((sign) => [`${sign}${index + 1}`, value] as const),
    );
    statement.setAllowUnknownNamedParameters(true);
    return statement.iterate(Object.fromEntries(named));
  }
}

function readPiece(): { readonly rows: Row[]; readonly isLast: boolean } {
  const rows: Row[] = [];
  while (rows.length < rowsAtOnce) {
    const { done, value } = reading!.next();
    if (done) {
      reading = undefined;
      return { rows, isLast: true };
    }
    const row = value as Value[];
    for (let at = 0; at < row.length; at++) if (typeof row[at] === 'bigint') row[at] = exact(row[at] as bigint);
    rows.push(row);
  }
  return { rows, isLast: false };
}

const exact = (value: bigint): number | bigint => {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
};

/** Columns have no types here that their values must have; only of times and JSON it is good to know what was meant. */
function columnsOf(statement: StatementSync): Column[] {
  return statement.columns().map(({ name, type }) => {
    const declared = (type ?? '').toLowerCase();
    const kind: Kind = declared === 'json' ? 'json' : 'any';
    return { name, kind, ...(type && { type }) };
  });
}

const toParameter = (value: Value): SQLInputValue => {
  if (typeof value === 'boolean') return value ? 1n : 0n;
  return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
};
