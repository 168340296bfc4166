import { type Batch, describeError, type Signal, signals } from '@millrace/core';
import { batchFromJson } from '@millrace/otlp';

/** A batch of one cluster, as the service keeps it. */
export interface Report {
  readonly cluster: string;
  readonly cursor: bigint;
  /** When the service took it, by its clock: milliseconds since the epoch. */
  readonly timeMs: number;
  readonly batch: Batch;
}

/** Throws an error that says what is wrong with it. */
export function reportOf(json: string): Report {
  const { cluster, cursor, time, signal, data } = parse(json);
  if (typeof cluster !== 'string') throw new Error('a report has no cluster');
  if (typeof cursor !== 'string' || !/^\d{1,20}$/.test(cursor)) throw new Error('a report has no cursor');
  const timeMs = Date.parse(String(time));
  if (Number.isNaN(timeMs)) throw new Error('a report has no time');
  if (!signals.includes(signal as Signal)) throw new Error(`a report is of the unknown signal ${String(signal)}`);
  try {
    const batch = batchFromJson(signal as Signal, Buffer.from(JSON.stringify(data ?? {})));
    return { cluster, cursor: BigInt(cursor), timeMs, batch };
  } catch (error) {
    throw new Error(`the report ${cursor} cannot be read: ${describeError(error)}`, { cause: error });
  }
}

function parse(json: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(json)) as Record<string, unknown>;
  } catch (error) {
    throw new Error('a report is not JSON', { cause: error });
  }
}
