import {
  type Batch,
  type Consumer,
  type Context,
  hrTime,
  isPermanent,
  itemCount,
  NoPipelineError,
} from '@millrace/core';
import type { Attributes } from '@millrace/core';
import type { Connection, Row } from '@millrace/sql';
import type { ColumnError } from './columns.ts';
import { createPosition, positionKey, trackingOf } from './position.ts';
import type { QueryConfig } from './query-schema.ts';
import { createRowReader, type Losses, type RowsOfRun } from './rows.ts';

/** The pipeline did not take what a query gave: no fault of the database. */
export class PipelineError extends Error {
  override readonly name = 'PipelineError';
}

export interface QueryRunOptions {
  readonly query: QueryConfig;
  /** The target's name, and the attributes of its resource. */
  readonly target: string;
  readonly attributes: Attributes;
  readonly context: Context;
  readonly next: Consumer;
  dropped(items: number, reason: string): void;
  /** For batches on their way when all is to end. */
  readonly deadline: AbortSignal;
}

export interface RunResult {
  readonly rows: number;
  readonly losses: Losses;
  readonly errors: readonly ColumnError[];
}

/** Runs a query over a connection, and hands on what its rows become, piece by piece: none is read before the last is taken. */
export function createQueryRun({ query, target, attributes, context, next, dropped, deadline }: QueryRunOptions) {
  const { clock, storage } = context;
  const reader = createRowReader(query, attributes);
  const tracking = trackingOf(query);
  const key = positionKey(target, query);
  const position = tracking && createPosition(tracking, `${context.id} ${key}`, { key, storage });

  /** `unwanted`: no pipeline takes the signal. What is refused for good is counted, and is done with. */
  async function hand(batch: Batch): Promise<'done' | 'unwanted'> {
    try {
      await next.consume(batch, deadline);
      return 'done';
    } catch (error) {
      if (error instanceof NoPipelineError) return 'unwanted';
      if (!isPermanent(error)) throw new PipelineError('The pipeline did not take it.', { cause: error });
      dropped(itemCount(batch), 'pipeline_refused');
      return 'done';
    }
  }

  async function handPoints(batch: Batch | undefined): Promise<void> {
    if (batch) await hand(batch);
  }

  return async (connection: Connection, signal: AbortSignal, timeoutMs: number): Promise<RunResult> => {
    const parameters = (await position?.parameters()) ?? [];
    const time = hrTime(clock.now());
    let run: RowsOfRun | undefined;
    let follower: ReturnType<NonNullable<typeof position>['follow']> | undefined;
    let rows = 0;
    let pending: readonly Row[] = [];

    /** The position moves on only when these rows are with their next owner. */
    async function handOn(piece: readonly Row[]): Promise<void> {
      await handPoints(run!.points(piece));
      const records = run!.records(piece, query.logs && (await follower?.handing(piece, time)));
      const isUnwanted = records && (await hand(records)) === 'unwanted';
      if (!isUnwanted) follower?.taken(piece);
    }

    async function handOnFirst(count: number): Promise<void> {
      if (count === 0) return;
      await handOn(pending.slice(0, count));
      pending = pending.slice(count);
    }

    try {
      for await (const piece of connection.query(query.sql!, { parameters, signal, timeoutMs })) {
        run ??= reader.begin(piece.columns, time);
        follower ??= position?.follow(piece.columns);
        rows += piece.rows.length;
        if (!follower) {
          await handOn(piece.rows);
          continue;
        }
        if (piece.rows.length > 0) await handOnFirst(follower.complete(pending));
        pending = [...pending, ...piece.rows];
      }
      if (follower?.isUnfinished) await handOnFirst(follower.complete(pending));
      await handOnFirst(pending.length);
    } finally {
      await follower?.settle();
    }
    await handPoints(run?.end());
    return {
      rows,
      losses: run?.losses ?? { nulls: 0, duplicates: 0, wrong: 0, firstWrong: undefined },
      errors: run?.errors ?? [],
    };
  };
}
