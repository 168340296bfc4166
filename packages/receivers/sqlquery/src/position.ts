import { createHash } from 'node:crypto';
import type { Storage } from '@millrace/core';
import { describeError } from '@millrace/core';
import type { Column, Row, Value } from '@millrace/sql';
import { indexOf } from './columns.ts';
import type { QueryConfig } from './query-schema.ts';

/** How far the rows of a query have been read: what the next run gets as its parameters. */
export interface Position {
  /** Of the next run. */
  parameters(): Promise<readonly Value[]>;
  /** Follows the rows of a run. Throws a ColumnError where a tracking column is not there. */
  follow(columns: readonly Column[]): Follower;
}

export interface Follower {
  /** How many of the first rows have values that no row after these can have: all but the last and its equals. */
  complete(rows: readonly Row[]): number;
  /** These have been taken: the next run goes on behind them. Rejects if that cannot be stored. */
  taken(rows: readonly Row[]): Promise<void>;
}

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

export function createPosition(tracking: Tracking, key: string, storage: Storage): Position {
  let current: readonly Value[] | undefined;

  async function load(): Promise<readonly Value[]> {
    const bytes = await storage.get(key);
    if (!bytes) return tracking.start;
    const stored = JSON.parse(Buffer.from(bytes).toString()) as Stored;
    // Others than before: the old position says nothing of them.
    return stored.columns.join('\0') === tracking.columns.join('\0') ? stored.values.map(revive) : tracking.start;
  }

  async function store(values: readonly Value[]): Promise<void> {
    // They are with their next owner, whether this can be stored or not.
    current = values;
    const stored: Stored = { columns: tracking.columns, values: values.map(dehydrate) };
    await storage.set(key, Buffer.from(JSON.stringify(stored)));
  }

  return {
    async parameters() {
      try {
        return (current ??= await load());
      } catch (error) {
        throw new Error(`The position cannot be read from storage: ${describeError(error)}`, { cause: error });
      }
    },
    follow(columns) {
      const indexes = tracking.columns.map((name) => indexOf(columns, name));
      const isNull = (row: Row): boolean => indexes.some((index) => row[index] === null);
      return {
        complete(rows) {
          const last = rows.at(-1);
          if (!last) return 0;
          let count = rows.length - 1;
          while (count > 0 && indexes.every((index) => isEqual(rows[count - 1]![index]!, last[index]!))) count--;
          return count;
        },
        async taken(rows) {
          // No next run could go on behind NULL.
          const last = rows.findLast((row) => !isNull(row));
          if (last) await store(indexes.map((index) => last[index]!));
        },
      };
    },
  };
}

interface Stored {
  readonly columns: readonly string[];
  readonly values: readonly unknown[];
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
