import type { Socket } from 'node:net';
import { connect as connectSocket, isIP } from 'node:net';
import { checkServerIdentity, connect as connectTls } from 'node:tls';
import type { Proxy, TlsConfig } from '@millrace/http-client';
import { serverOf, tlsOptions } from '@millrace/http-client';
import { type Certificate, chainOf } from './certificate.ts';
import { tunnel } from './tunnel.ts';

/** How to get to a server. */
export interface Route {
  readonly tls: TlsConfig;
  readonly proxy: Proxy | undefined;
  readonly socketPath: string | undefined;
  /** 4 or 6; 0 for either. */
  readonly family: number;
}

/** A connection, and what making it took, in milliseconds. */
export interface Connection {
  readonly socket: Socket;
  readonly transport: 'tcp' | 'unix';
  /** Undefined where nothing was looked up. */
  readonly lookupMs: number | undefined;
  readonly connectMs: number;
  readonly handshakeMs: number | undefined;
  /** The server's own certificate first; empty without TLS. */
  readonly chain: readonly Certificate[];
}

/** The server is not who it should be: nothing was sent to it. */
export class UntrustedError extends Error {
  override readonly name = 'UntrustedError';
  readonly chain: readonly Certificate[];
  constructor(message: string, chain: readonly Certificate[]) {
    super(message);
    this.chain = chain;
  }
}

/**
 * Connects step by step, which the agents of Node do not tell apart: lookup, connection, the proxy's tunnel, TLS. Rejects with
 * the signal's reason when that is aborted. A certificate that is refused is told by an UntrustedError, with its chain.
 */
export async function openConnection(url: URL, route: Route, signal: AbortSignal): Promise<Connection> {
  signal.throwIfAborted();
  const made: Socket[] = [];
  // The outermost, which takes the one below it along: Node 24 crashes where that goes first.
  const abort = (): void => void made.at(-1)?.destroy();
  signal.addEventListener('abort', abort);
  try {
    const plain = await connectPlain(url, route, made);
    if (url.protocol !== 'https:') return { ...plain, handshakeMs: undefined, chain: [] };
    if (route.proxy) await tunnel(plain.socket, route.proxy, serverOf(url));
    return { ...plain, ...(await secure(plain.socket, { url, route, made })) };
  } catch (error) {
    abort();
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

type Plain = Pick<Connection, 'socket' | 'transport' | 'lookupMs' | 'connectMs'>;

function connectPlain(url: URL, { proxy, socketPath, family }: Route, made: Socket[]): Promise<Plain> {
  const { host, port } = proxy?.server ?? serverOf(url);
  const began = performance.now();
  const socket =
    socketPath === undefined ? connectSocket({ host, port, family, noDelay: true }) : connectSocket(socketPath);
  made.push(socket);
  let lookedUp: number | undefined;
  return new Promise((resolve, reject) => {
    socket.once('lookup', () => (lookedUp = performance.now()));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('The connection was closed.')));
    socket.once('connect', () => {
      socket.off('error', reject);
      socket.on('error', ignored);
      const wasLookedUp = lookedUp !== undefined && socketPath === undefined && isIP(host) === 0;
      resolve({
        socket,
        transport: socketPath === undefined ? 'tcp' : 'unix',
        lookupMs: wasLookedUp ? lookedUp! - began : undefined,
        connectMs: performance.now() - (wasLookedUp ? lookedUp! : began),
      });
    });
  });
}

/** Who uses the connection hears of its errors too; here nobody waits for them any more. */
const ignored = (): void => {};

interface Securing {
  readonly url: URL;
  readonly route: Route;
  readonly made: Socket[];
}

function secure(
  plain: Socket,
  { url, route: { tls }, made }: Securing,
): Promise<Pick<Connection, 'socket' | 'handshakeMs' | 'chain'>> {
  const { host } = serverOf(url);
  const began = performance.now();
  let mismatch: Error | undefined;
  const socket = connectTls({
    host,
    ...(isIP(host) === 0 && { servername: host }),
    ...tlsOptions(tls),
    socket: plain,
    // It is refused below, once its certificate has been read.
    rejectUnauthorized: false,
    checkServerIdentity: (name, certificate) =>
      (mismatch = checkServerIdentity(tls.server_name_override ?? name, certificate)),
  });
  made.push(socket);
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('The connection was closed during the TLS handshake.')));
    socket.once('secureConnect', () => {
      const chain = chainOf(socket.getPeerX509Certificate());
      if (!socket.authorized && !tls.insecure_skip_verify) {
        const reason = mismatch?.message ?? String(socket.authorizationError);
        return reject(new UntrustedError(`The certificate is refused: ${reason}`, chain));
      }
      socket.off('error', reject);
      socket.on('error', ignored);
      return resolve({ socket, handshakeMs: performance.now() - began, chain });
    });
  });
}
