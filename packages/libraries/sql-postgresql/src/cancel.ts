import { connect as connectSocket, isIP } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { PostgresTarget } from './target.ts';
import type { Session } from './session.ts';

const cancelRequestCode = 80_877_102;
const sslRequestCode = 80_877_103;

/**
 * Asks the server to break off what a session runs, over a connection of its own, with TLS where the session has it:
 * protocol-flow, "Canceling Requests in Progress" (https://www.postgresql.org/docs/current/protocol-flow.html). Resolves when
 * that connection is closed: the server closes it once it has passed the request on.
 */
export function sendCancel({ host, port }: PostgresTarget, { client, tls }: Session): Promise<void> {
  const { processID, secretKey } = client as unknown as { readonly processID: number; readonly secretKey: number };
  const request = message(cancelRequestCode, processID, secretKey);
  const socket = host.startsWith('/') ? connectSocket(`${host}/.s.PGSQL.${port}`) : connectSocket(port, host);
  // The session itself shows whether it was heard.
  socket.on('error', () => {});
  socket.setTimeout(5_000, () => socket.destroy());
  socket.unref();
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  if (tls === undefined) {
    socket.end(request);
    socket.resume();
    return closed;
  }
  socket.write(message(sslRequestCode));
  socket.once('data', (answer) => {
    if (answer.toString('latin1') !== 'S') return void socket.destroy();
    const options = { ...tls, host, socket, ...(isIP(host) === 0 && { servername: host }) } as ConnectionOptions;
    const secure = connectTls(options, () => secure.end(request));
    secure.on('error', () => socket.destroy());
    secure.resume();
  });
  return closed;
}

/** Its length, and its numbers. */
function message(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * (numbers.length + 1));
  for (const [index, number] of [bytes.length, ...numbers].entries()) bytes.writeInt32BE(number, 4 * index);
  return bytes;
}
