import type { CommandAction, CommandOptions } from '../commands/index.ts';
import { say, useColor } from '../environment.ts';
import { exitCode } from '../exit-code.ts';
import { type Connection, type ConnectionFlags, createConnection } from './connection.ts';
import { watchLive } from './live.ts';
import { printReports } from './print-reports.ts';
import { ServiceError } from './service-error.ts';

/** As commander gives the flags. */
interface WatchOptions extends CommandOptions, ConnectionFlags {
  readonly json?: boolean;
  readonly count?: number;
  readonly after?: string;
}

/** What is to be watched, and how. */
export interface Watch {
  readonly connection: Connection;
  /** All, if none is named. */
  readonly clusters: readonly string[];
  readonly json: boolean;
  /** Only what is there now. */
  readonly once: boolean;
  /** End after so many reports. */
  readonly count: number;
  /** Go on after this cursor, instead of with the newest. */
  readonly after: string | undefined;
  readonly color: boolean;
  readonly signal: AbortSignal;
}

/** `millrace watch [cluster…]`: a live table on a terminal; elsewhere, and with --once or --count, one table after the other. */
export const watch: CommandAction = async (clusters, options: WatchOptions) => {
  const { json = false, once = false, count = Number.POSITIVE_INFINITY, after } = options;
  if (once && after !== undefined) {
    say('--once shows what is newest, --after what comes after a cursor: give one of them.');
    return exitCode.usage;
  }
  const end = new AbortController();
  const onSignal = (): void => end.abort();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  try {
    const connection = createConnection(options);
    const color = useColor(options, process.stdout);
    const work = { connection, clusters, json, once, count, after, color, signal: end.signal };
    const live = process.stdout.isTTY && !json && !once && count === Number.POSITIVE_INFINITY;
    return await (live ? watchLive(work, onSignal) : printReports(work));
  } catch (error) {
    if (end.signal.aborted) return exitCode.done;
    if (!(error instanceof ServiceError)) throw error;
    say(error.message);
    return error.exitCode;
  } finally {
    end.abort();
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(name, onSignal);
  }
};
