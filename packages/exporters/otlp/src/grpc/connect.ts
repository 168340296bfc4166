import type { Socket } from 'node:net';
import { connect as connectTcp, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { toError } from '@millrace/core';
import type { TlsConfig } from '@millrace/http-client';
import { tlsOptions } from '@millrace/http-client';
import type { Address } from './endpoint.ts';
import type { Connection } from './h2/connection.ts';
import { openConnection } from './h2/connection.ts';

export interface ConnectOptions {
  readonly address: Address;
  /** The name that the endpoint has, where `address` is one of its addresses: TLS asks for it. */
  readonly host: string | undefined;
  readonly secure: boolean;
  readonly tls: TlsConfig;
}

const connectTimeoutMs = 20_000;

/** A connection that has had the server's settings. Rejects when there is none in time, or when `stopped` aborts. */
export function connect(options: ConnectOptions, events: ConnectEvents): Promise<Connection> {
  const { stopped, closed, destroyed } = events;
  return new Promise((resolve, reject) => {
    let isReady = false;
    const late = new Error(`No connection within ${connectTimeoutMs / 1000} s.`);
    const timer = setTimeout(() => connection.destroy(late), connectTimeoutMs);
    const stop = (): void => connection.destroy(stopped.reason as Error);
    const settle = (): void => {
      clearTimeout(timer);
      stopped.removeEventListener('abort', stop);
    };
    let socket: Socket;
    try {
      socket = openSocket(options);
    } catch (error) {
      clearTimeout(timer);
      return reject(toError(error));
    }
    const connection = openConnection(socket, {
      // The server's settings say how many calls it takes at once, so the first call waits for them.
      ready() {
        isReady = true;
        settle();
        resolve(connection);
      },
      closed: () => isReady && closed(connection),
      destroyed(error) {
        if (isReady) return destroyed(connection);
        settle();
        return reject(explain(error ?? new Error(hungUp), options));
      },
    });
    stopped.addEventListener('abort', stop, { once: true });
    if (stopped.aborted) stop();
    return undefined;
  });
}

export interface ConnectEvents {
  readonly stopped: AbortSignal;
  /** It takes no more calls. */
  closed(connection: Connection): void;
  destroyed(connection: Connection): void;
}

const hungUp = 'The server closed the connection before it said that it speaks HTTP/2.';

/** The usual mistake, in both directions. */
function explain(error: Error, { secure }: ConnectOptions): Error {
  const { code } = error as NodeJS.ErrnoException;
  if (secure && (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || /wrong version number/.test(error.message)))
    return new Error('The server does not speak TLS. If that is right, set tls.insecure to true.');
  if (
    !secure &&
    code !== 'ECONNREFUSED' &&
    /HTTP\/2|socket hang up|ECONNRESET|[Pp]rotocol error/.test(`${error.message} ${code}`)
  )
    return new Error('The server does not speak HTTP/2 in the clear; it may want TLS', { cause: error });
  return error;
}

function openSocket({ address, host, secure, tls }: ConnectOptions): Socket {
  const servername = host !== undefined && isIP(host) === 0 ? { servername: host } : {};
  const socket = secure
    ? connectTls({ ...address, ...servername, ...tlsOptions(tls), ALPNProtocols: ['h2'] })
    : connectTcp(address);
  return socket.setNoDelay(true).setKeepAlive(true);
}
