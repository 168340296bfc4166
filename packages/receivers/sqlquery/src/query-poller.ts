import type { Attributes, Consumer, Context, Logger } from '@millrace/core';
import { stateLog, withFields } from '@millrace/core';
import { withLimit } from '@millrace/polling';
import { type Connection, type Pool, SqlError } from '@millrace/sql';
import type { Config } from './config.ts';
import { explain } from './explain.ts';
import type { LoadedQuery } from './queries.ts';
import { createQueryRun, PipelineError, type RunResult } from './query-run.ts';
import { repeat } from './schedule.ts';
import type { Status } from './status.ts';

/** Without a timeout of its own a query has its interval, but not for ever. */
const longestTimeoutMs = 60_000;

/** What the queries of one target share. */
export interface TargetHost {
  /** The target's name; empty if there is only one. */
  readonly target: string;
  readonly attributes: Attributes;
  readonly config: Config;
  readonly context: Context;
  readonly log: Logger;
  readonly next: Consumer;
  readonly pool: Pool;
  readonly status: Status;
  redact(text: string): string;
  dropped(items: number, reason: string): void;
  /** The database has answered, or cannot be asked. */
  reached(): void;
  unreachable(error: SqlError): void;
  readonly stop: AbortSignal;
  /** For batches on their way when all is to end. */
  readonly deadline: AbortSignal;
}

/** Runs a query on its schedule until it is stopped. */
export async function pollQuery({ name, config: query }: LoadedQuery, host: TargetHost): Promise<void> {
  const { config, context, pool, status, redact, stop } = host;
  const sql = query.sql!;
  const intervalMs = query.interval ?? config.collection_interval;
  const timeoutMs = query.timeout ?? (config.timeout || Math.min(intervalMs, longestTimeoutMs));
  const log = withFields(host.log, { query: name });
  const running = stateLog(log);
  const handing = stateLog(log);
  const tellLosses = lossesLog(log);
  const run = createQueryRun({ query, ...host });
  const late = (): Error => new SqlError('cancelled', `It took longer than its timeout, ${timeoutMs} ms.`);
  let isApplicable = query.only_if === undefined ? true : undefined;

  async function ask(connection: Connection, signal: AbortSignal): Promise<void> {
    if (config.telemetry.logs.query) log.debug({ sql }, 'Runs a query.');
    const began = performance.now();
    let rows: number | undefined;
    try {
      const result = await run(connection, signal, timeoutMs);
      rows = result.rows;
      host.dropped(result.losses.nulls, 'null_value');
      host.dropped(result.losses.duplicates, 'duplicate_series');
      host.dropped(result.losses.wrong, 'wrong_value');
      tellLosses(result);
    } finally {
      status.ran(name, { durationMs: performance.now() - began, rows });
    }
  }

  async function runOnce(): Promise<void> {
    try {
      await withLimit({ ms: timeoutMs, stop, late }, async (signal) => {
        try {
          await pool.use(async (connection) => {
            isApplicable ??= await givesRow(connection, query.only_if!, signal);
            if (isApplicable) await ask(connection, signal);
          }, signal);
        } catch (error) {
          // Why it was cancelled is ours to know; where that met it, the pool's and the driver's.
          if (!(error instanceof SqlError) || error.kind !== 'cancelled' || !signal.aborted) throw error;
          throw new SqlError('cancelled', `${(signal.reason as Error).message} ${error.message}`);
        }
      });
      host.reached();
      handing.fine('The pipeline takes the rows again.');
      if (query.expect_failure) failed('It runs, but expect_failure says that it should not.');
      else running.fine('The query runs again.');
    } catch (error) {
      if (!stop.aborted) judge(error);
    }
  }

  function judge(error: unknown): void {
    if (error instanceof PipelineError) return handing.trouble(error.message, error.cause);
    const kind = error instanceof SqlError ? error.kind : undefined;
    if (kind === 'connection') {
      // Said once, of the target, and not of each query.
      status.failed(name);
      return host.unreachable(error as SqlError);
    }
    if (kind === 'statement') host.reached();
    if (kind === 'statement' && query.expect_failure) return running.fine('The query fails again, as it should.');
    failed(redact(explain(error, isApplicable === undefined ? query.only_if! : sql)));
  }

  function failed(why: string): void {
    status.failed(name);
    running.trouble('A query failed.', why);
  }

  const initialDelayMs = query.initial_delay ?? config.initial_delay;
  await repeat({ intervalMs, initialDelayMs, aligned: query.aligned }, { clock: context.clock, signal: stop }, runOnce);
}

async function givesRow(connection: Connection, sql: string, signal: AbortSignal): Promise<boolean> {
  for await (const { rows } of connection.query(sql, { signal })) if (rows.length > 0) return true;
  return false;
}

/** Tells what of the rows became nothing, when that changes. */
function lossesLog(log: Logger): (result: RunResult) => void {
  const mapping = stateLog(log);
  const doubles = stateLog(log);
  return ({ losses, errors }) => {
    const [first] = errors;
    if (first) mapping.trouble('A query lacks what the config wants of it.', first);
    else if (losses.firstWrong !== undefined)
      mapping.trouble('A value of a query is not what the config says.', losses.firstWrong);
    else mapping.fine('The values of the query are as the config says.');
    if (losses.duplicates > 0)
      doubles.trouble(
        'Rows of a query make the same series, of which the first row counts.',
        'name the columns that tell them apart under attribute_columns',
      );
    else doubles.fine('No rows of the query make the same series.');
  };
}
