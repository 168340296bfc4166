import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { SqlError } from '@millrace/sql';
import { createByteReader } from './messages.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

export const shown = ({ host, port }: Address): string =>
  `SQreamDB at ${host.includes(':') ? `[${host}]` : host}:${port}`;

/** A socket that is connected, encrypted if `tls` is given. Destroyed with the signal. */
export function openSocket(
  address: Address,
  { tls, signal }: { tls?: ConnectionOptions | undefined; signal: AbortSignal },
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const { host, port } = address;
    const named = isIP(host) === 0 ? { servername: host } : {};
    const socket = tls ? connectTls({ host, port, ...named, ...tls }) : connectPlain({ host, port });
    const give = (error: unknown): void => {
      signal.removeEventListener('abort', abort);
      socket.destroy();
      reject(error instanceof Error ? error : new Error(String(error)));
    };
    const abort = (): void => give(signal.reason);
    const fail = (cause: Error): void =>
      give(new SqlError('connection', `Could not connect to ${shown(address)}`, { cause }));
    const close = (): void => give(new SqlError('connection', `${shown(address)} closed the connection.`));
    socket.once('error', fail);
    socket.once('close', close);
    socket.once(tls ? 'secureConnect' : 'connect', () => {
      signal.removeEventListener('abort', abort);
      socket.off('error', fail).off('close', close);
      socket.setNoDelay(true);
      resolve(socket);
    });
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort);
  });
}

/**
 * Asks the server picker of a cluster which worker to use. It speaks first and is never encrypted: the length of an IP address,
 * the address, the port; numbers have 4 bytes, little endian.
 */
export async function pickWorker(picker: Address, signal: AbortSignal): Promise<Address> {
  const name = `The server picker at ${picker.host}:${picker.port}`;
  const socket = await openSocket(picker, { signal });
  const bytes = createByteReader(socket, name);
  const abort = (): void => bytes.destroy(signal.reason as Error);
  signal.addEventListener('abort', abort);
  try {
    const length = (await bytes.read(4)).readInt32LE();
    if (length < 1 || length > 255)
      throw new SqlError(
        'connection',
        `${name} is none: it sent an address of ${length} bytes. Is it the port of a worker?`,
      );
    const host = (await bytes.read(length)).toString('latin1');
    const port = (await bytes.read(4)).readInt32LE();
    if (!/^[\w.:-]+$/.test(host) || port < 1 || port > 65_535)
      throw new SqlError('connection', `${name} named no address: ${JSON.stringify(host)}, port ${port}.`);
    return { host, port };
  } finally {
    signal.removeEventListener('abort', abort);
    bytes.destroy(new Error('done'));
  }
}
