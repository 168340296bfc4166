import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Proxy } from './proxy.ts';
import { tunnel } from './proxy.ts';
import type { TlsConfig } from './tls.ts';
import { tlsOptions } from './tls.ts';

export interface Connections {
  readonly tls: TlsConfig;
  readonly maxPerHost: number;
  readonly idleTimeoutMs: number;
  readonly keepAlive: boolean;
  readonly proxy: Proxy | undefined;
}

export interface Agents {
  readonly plain: HttpAgent;
  readonly secure: HttpsAgent;
}

export function createAgents({ tls, maxPerHost, idleTimeoutMs, keepAlive, proxy }: Connections): Agents {
  const options = {
    keepAlive,
    maxSockets: maxPerHost || Infinity,
    timeout: idleTimeoutMs,
    scheduling: 'lifo',
  } as const;
  const plain = new HttpAgent(options);
  const secure = new HttpsAgent(options);
  const connect = secure.createConnection.bind(secure);
  // Certificates are replaced while the process runs, so each connection reads them.
  secure.createConnection = (target, callback) => {
    const fail = (error: unknown): void => callback?.(error as Error, undefined as never);
    const open = (socket?: Socket): Duplex | null | undefined =>
      connect({ ...target, ...tlsOptions(tls), ...(socket && { socket }) } as typeof target, callback);
    try {
      if (!proxy) return open();
    } catch (error) {
      fail(error);
      return undefined;
    }
    // The socket comes back through the callback, as the agent's own does.
    tunnel(proxy, { host: target.host ?? '', port: Number(target.port) })
      .then((socket) => {
        try {
          callback?.(null, open(socket) as Duplex);
        } catch (error) {
          socket.destroy();
          throw error;
        }
      })
      .catch(fail);
    return undefined;
  };
  return { plain, secure };
}
