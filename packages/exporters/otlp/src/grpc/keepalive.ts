import type { Clock, ConfigOf } from '@millrace/core';
import type { Connection } from './h2/connection.ts';

export const keepaliveSchema = {
  type: 'object',
  description: 'Pings that find out whether the server is still there. None unless this is given.',
  properties: {
    time: { type: 'string', format: 'duration', default: '10s', description: 'How often to ping.' },
    timeout: {
      type: 'string',
      format: 'duration',
      default: '10s',
      description: 'How long to wait for the answer before the connection is given up.',
    },
    permit_without_stream: { type: 'boolean', default: false, description: 'Ping also while nothing is being sent.' },
  },
} as const;

export type Keepalive = ConfigOf<typeof keepaliveSchema>;

export interface KeepaliveOptions {
  readonly keepalive: Keepalive;
  readonly clock: Clock;
  /** Whether calls are under way. */
  readonly isBusy: () => boolean;
  /** Aborted when the connection has ended. */
  readonly ended: AbortSignal;
}

/** Pings until the connection ends, and ends it when there is no answer. */
export async function keepAlive(connection: Connection, options: KeepaliveOptions): Promise<void> {
  const { keepalive, clock, isBusy, ended } = options;
  try {
    while (!connection.destroyed) {
      await clock.sleep(keepalive.time, ended);
      if (keepalive.permit_without_stream || isBusy()) await pong(connection, clock, keepalive.timeout);
    }
  } catch {
    // The connection has ended.
  }
}

/** Resolves with the answer to a ping, or when the connection has been destroyed for the want of one. */
export async function pong(connection: Connection, clock: Clock, timeoutMs: number): Promise<void> {
  if (connection.destroyed) return;
  const answered = new AbortController();
  connection.ping(() => answered.abort());
  await clock.sleep(timeoutMs, answered.signal).then(
    () => connection.destroy(new Error(`The server has not answered a ping for ${timeoutMs / 1000} s.`)),
    () => {},
  );
}
