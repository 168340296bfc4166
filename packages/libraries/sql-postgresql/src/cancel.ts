import { connect as connectSocket } from 'node:net';
import type { PostgresTarget } from './target.ts';

const cancelRequestCode = 80_877_102;

/**
 * Asks the server to break off what a session runs, over a connection of its own: protocol-flow, "Canceling Requests in
 * Progress" (https://www.postgresql.org/docs/current/protocol-flow.html). Sent without TLS: servers take it so.
 */
export function sendCancel({ host, port }: PostgresTarget, session: { processID: number; secretKey: number }): void {
  const request = Buffer.alloc(16);
  request.writeInt32BE(16, 0);
  request.writeInt32BE(cancelRequestCode, 4);
  request.writeInt32BE(session.processID, 8);
  request.writeInt32BE(session.secretKey, 12);
  const socket = host.startsWith('/') ? connectSocket(`${host}/.s.PGSQL.${port}`) : connectSocket(port, host);
  // The session itself shows whether it was heard.
  socket.on('error', () => {});
  socket.setTimeout(5_000, () => socket.destroy());
  socket.end(request);
  socket.resume();
  socket.unref();
}
