import { createHash, randomUUID } from 'node:crypto';
import type { HrTime, Origin, Storage } from '@millrace/core';
import { describeError } from '@millrace/core';
import type { Column, Row, Value } from '@millrace/sql';
import { indexOf } from './columns.ts';
import type { QueryConfig } from './query-schema.ts';

/**
 * How far the rows of a query have been read: what the next run gets as its parameters. Before rows are handed on it is stored
 * that they will be, so that after a crash the very same are handed on again, under the same number: a queue on disk that
 * has them knows them by it (see `Origin` in core).
 */
export interface Position {
  /** Of the next run. */
  parameters(): Promise<readonly Value[]>;
  /** Follows the rows of a run. Throws a ColumnError where a tracking column is not there. */
  follow(columns: readonly Column[]): Follower;
}

export interface Follower {
  /** Rows were handed on before and perhaps not taken: they come first, again. */
  readonly isUnfinished: boolean;
  /**
   * How many of the first rows can be handed on: those that are unfinished, together; or those with values that no row after
   * these can have, all but the last and its equals. A position between rows with equal values would lose those behind it.
   */
  complete(rows: readonly Row[]): number;
  /** These are the next to be handed on, as of this time. Rejects if that cannot be stored. */
  handing(rows: readonly Row[], time: HrTime): Promise<Handing>;
  /** They have been taken: the next run goes on behind them. */
  taken(rows: readonly Row[]): void;
  /** Stores what has been taken. */
  settle(): Promise<void>;
}

export interface Handing {
  /** When they were read first. */
  readonly time: HrTime;
  readonly origin: Origin;
}

/** Rows of one value of the tracking columns that are kept together, at most: beyond, a crash may double them. */
const maxTied = 10_000;

interface Tracking {
  readonly columns: readonly string[];
  readonly start: readonly Value[];
}

export function trackingOf(query: QueryConfig): Tracking | undefined {
  if (query.tracking) return { columns: query.tracking.columns, start: query.tracking.start_values };
  if (query.tracking_column === undefined || query.tracking_column === '') return undefined;
  return { columns: [query.tracking_column], start: [query.tracking_start_value ?? ''] };
}

/** The key stays the same while the query keeps its name, or, if it has none, its text. */
export function positionKey(target: string, { name, sql }: QueryConfig): string {
  const own = name ?? createHash('sha256').update(sql!).digest('hex').slice(0, 16);
  return `position/${target}/${own}`;
}

export function createPosition(tracking: Tracking, source: string, { key, storage }: Place): Position {
  let current: State | undefined;
  let isStored = true;

  async function load(): Promise<State> {
    const start: State = { values: tracking.start, sequence: 1, handing: undefined };
    const bytes = await storage.get(key);
    if (!bytes) return start;
    const { columns, values, sequence = 1, handing } = JSON.parse(Buffer.from(bytes).toString()) as Stored;
    // Others than before: the old position says nothing of them.
    if (columns.join('\0') !== tracking.columns.join('\0')) return { ...start, sequence: sequence + 1 };
    return { values: values.map(revive), sequence, handing };
  }

  async function store(): Promise<void> {
    const { values, sequence, handing } = current!;
    const stored: Stored = { columns: tracking.columns, values: values.map(dehydrate), sequence, handing };
    await storage.set(key, Buffer.from(JSON.stringify(stored)));
    isStored = true;
  }

  return {
    async parameters() {
      try {
        return (current ??= await load()).values;
      } catch (error) {
        throw new Error(`The position cannot be read from storage: ${describeError(error)}`, { cause: error });
      }
    },
    follow(columns) {
      const indexes = tracking.columns.map((name) => indexOf(columns, name));
      const isNull = (row: Row): boolean => indexes.some((index) => row[index] === null);
      const state = current!;
      return {
        get isUnfinished() {
          return state.handing !== undefined;
        },
        complete(rows) {
          const { handing } = state;
          if (handing) return rows.length < handing.rows ? 0 : handing.rows;
          if (rows.length > maxTied) return rows.length;
          const last = rows.at(-1);
          if (!last) return 0;
          let count = rows.length - 1;
          while (count > 0 && indexes.every((index) => isEqual(rows[count - 1]![index]!, last[index]!))) count--;
          return count;
        },
        async handing(rows, time) {
          if (state.handing?.rows !== rows.length) {
            // Other rows than those that were to come again: they are gone from the table.
            if (state.handing) state.sequence++;
            state.handing = { rows: rows.length, time };
            await store();
          }
          const { sequence, handing } = state;
          return { time: handing.time, origin: { source, sequence, attempt: randomUUID() } };
        },
        taken(rows) {
          state.handing = undefined;
          state.sequence++;
          isStored = false;
          // No next run could go on behind NULL.
          const last = rows.findLast((row) => !isNull(row));
          if (last) state.values = indexes.map((index) => last[index]!);
        },
        async settle() {
          if (!isStored) await store();
        },
      };
    },
  };
}

interface Place {
  readonly key: string;
  readonly storage: Storage;
}

interface State {
  values: readonly Value[];
  /** Of what is handed on next, or now. */
  sequence: number;
  /** What is being handed on. */
  handing: { readonly rows: number; readonly time: HrTime } | undefined;
}

interface Stored extends Pick<State, 'handing'> {
  readonly columns: readonly string[];
  readonly values: readonly unknown[];
  readonly sequence?: number;
}

const isEqual = (a: Value, b: Value): boolean =>
  a === b || (a instanceof Uint8Array && b instanceof Uint8Array && Buffer.compare(a, b) === 0);

const dehydrate = (value: Value): unknown => {
  if (typeof value === 'bigint') return { bigint: String(value) };
  return value instanceof Uint8Array ? { bytes: Buffer.from(value).toString('base64') } : value;
};

const revive = (value: unknown): Value => {
  const { bigint, bytes } = (value ?? {}) as { bigint?: string; bytes?: string };
  if (bigint !== undefined) return BigInt(bigint);
  return bytes === undefined ? (value as Value) : new Uint8Array(Buffer.from(bytes, 'base64'));
};
