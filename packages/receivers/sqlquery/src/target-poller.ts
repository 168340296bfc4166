import type { Consumer, Context } from '@millrace/core';
import { isPermanent, metricsBatch, NoPipelineError, stateLog, withFields } from '@millrace/core';
import { withLimit } from '@millrace/polling';
import { createPool, type Driver, redactor, SqlError } from '@millrace/sql';
import type { Config } from './config.ts';
import { explain } from './explain.ts';
import type { LoadedQuery } from './queries.ts';
import { pollQuery } from './query-poller.ts';
import { repeat } from './schedule.ts';
import { createStatus } from './status.ts';
import { attributesOf, type ConfiguredTarget } from './targets.ts';

const connectTimeoutMs = 10_000;
const backoff = { initialMs: 1_000, maxMs: 30_000 } as const;
const late = (): Error => new SqlError('cancelled', 'It took too long.');

export interface PollTargetOptions {
  readonly configured: ConfiguredTarget;
  readonly driver: Driver;
  readonly queries: readonly LoadedQuery[];
  readonly config: Config;
  readonly context: Context;
  readonly next: Consumer;
  dropped(items: number, reason: string): void;
  readonly stop: AbortSignal;
  /** For batches on their way when all is to end. */
  readonly deadline: AbortSignal;
}

/** Asks one database all its queries, each on its own schedule, until it is stopped; tells how that goes as metrics. */
export async function pollTarget(options: PollTargetOptions): Promise<void> {
  const { configured, driver, queries, config, context, next, dropped, stop, deadline } = options;
  const { clock } = context;
  const { name, target } = configured;
  const redact = redactor(target);
  const attributes = attributesOf(name, driver, target);
  const log = name === '' ? context.log : withFields(context.log, { target: name });
  const reaching = stateLog(log);
  let isUp = false;
  let lastAnswer = -Infinity;
  const pool = createPool({
    connect: (signal) => driver.connect(target, signal),
    maxOpen: config.max_open_conn > 0 ? config.max_open_conn : queries.length + 1,
    clock,
    backoff,
    connectTimeoutMs,
  });
  const status = createStatus(
    attributes,
    queries.map((query) => query.name),
    clock.now(),
  );

  function reached(): void {
    isUp = true;
    lastAnswer = clock.now();
    reaching.fine('The database can be reached again.');
  }

  function unreachable(error: SqlError): void {
    isUp = false;
    reaching.trouble('The database cannot be reached.', redact(explain(error, '')));
  }

  async function tellStatus(): Promise<void> {
    // A database that nobody has heard of for so long is asked for a connection.
    if (clock.now() - lastAnswer > config.collection_interval) await reach();
    try {
      await next.consume(metricsBatch([status.collect(isUp, clock.now())]), deadline);
    } catch (error) {
      if (error instanceof NoPipelineError || stop.aborted) return;
      dropped(1, isPermanent(error) ? 'pipeline_refused' : 'pipeline_busy');
    }
  }

  /** Has it read a statement: a connection that is idle may be one to a server that answers no more. */
  async function reach(): Promise<void> {
    const ms = Math.min(connectTimeoutMs, config.collection_interval);
    const [first] = queries;
    let isConnected = false;
    try {
      await withLimit({ ms, stop, late }, (signal) =>
        pool.use((connection) => {
          isConnected = true;
          return connection.check(first!.config.sql!, signal);
        }, signal),
      );
      reached();
    } catch (error) {
      if (stop.aborted || !(error instanceof SqlError)) return;
      if (error.kind === 'statement') reached();
      // Of all connections at work, or one that is slow to come, nothing new is known.
      else if (error.kind === 'connection' || isConnected) unreachable(error);
    }
  }

  /** Every query is read by the database before it runs first. */
  async function prepare(): Promise<void> {
    for (const { name: query, config: own } of queries) {
      if (own.expect_failure || own.only_if !== undefined) continue;
      try {
        await withLimit({ ms: connectTimeoutMs, stop, late }, (signal) =>
          pool.use((connection) => connection.check(own.sql!, signal), signal),
        );
        reached();
      } catch (error) {
        if (stop.aborted) return;
        if (!(error instanceof SqlError) || error.kind !== 'statement') continue;
        const why = redact(explain(error, own.sql!));
        log.error({ query, error: why }, 'A query is wrong: the database does not take it.');
      }
    }
  }

  const everyInterval = {
    intervalMs: config.collection_interval,
    initialDelayMs: config.initial_delay,
    aligned: false,
  };
  const host = { ...options, target: name, attributes, log, pool, status, redact, reached, unreachable };
  await Promise.all([
    prepare(),
    repeat(everyInterval, { clock, signal: stop }, tellStatus),
    ...queries.map((query) => pollQuery(query, host)),
  ]);
  await pool.close();
}
