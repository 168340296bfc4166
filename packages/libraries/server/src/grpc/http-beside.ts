import type { RequestListener, Server as HttpServer, ServerOptions } from 'node:http';
import { createServer } from 'node:http';
import type { Http2Server } from 'node:http2';
import { createServer as createSecureServer } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket, TlsOptions } from 'node:tls';

export interface HttpBeside {
  /** Its times and limits. */
  readonly options: ServerOptions;
  readonly listener: RequestListener;
}

type Take = (this: HttpServer, socket: Socket) => void;

/** How long a connection may take for its first three bytes. */
const greetingMs = 20_000;

/**
 * A server of HTTP/1.1 that gives its connections of HTTP/2 to the other one, which does not listen itself. Over TLS, client
 * and server agree on the protocol (ALPN); in the clear, a client that speaks HTTP/2 says so with its first bytes.
 */
export function serveBeside(
  http2: Http2Server,
  { options, listener }: HttpBeside,
  tls: TlsOptions | undefined,
): HttpServer {
  const give = (socket: Socket): void => {
    // A server of HTTP/1.1 answers those that have said all they want; with HTTP/2 that is the end.
    socket.allowHalfOpen = false;
    http2.emit('connection', socket);
  };
  if (tls) {
    // Browsers and curl offer both, and mean HTTP; gRPC offers h2 alone.
    const secure = { ...tls, ALPNProtocols: ['http/1.1', 'h2'], handshakeTimeout: 20_000 };
    const server = createSecureServer({ ...options, ...secure }, listener);
    const take = takeOver(server, 'secureConnection');
    server.on('secureConnection', (socket: TLSSocket) => {
      if (socket.alpnProtocol === 'h2') give(socket);
      else take.call(server, socket);
    });
    return server;
  }
  const server = createServer(options, listener);
  const take = takeOver(server, 'connection');
  server.on('connection', (socket: Socket) =>
    tellApart(socket, (isHttp2) => (isHttp2 ? give(socket) : take.call(server, socket))),
  );
  return server;
}

/** What the server does with its connections, which it does no more. */
function takeOver(server: HttpServer, event: 'connection' | 'secureConnection'): Take {
  const [take, ...others] = server.listeners(event) as Take[];
  if (!take || others.length > 0) throw new TypeError(`A server of node:http has ${others.length + 1} listeners.`);
  server.off(event, take);
  return take;
}

/** https://www.rfc-editor.org/rfc/rfc9113#preface. No method of HTTP/1.1 begins like it. */
const preface = Buffer.from('PRI');

function tellApart(socket: Socket, found: (isHttp2: boolean) => void): void {
  let start = Buffer.alloc(0);
  const destroy = (): void => void socket.destroy();
  const timer = setTimeout(destroy, greetingMs);
  socket.on('readable', look);
  socket.on('error', destroy);
  socket.on('end', destroy);
  socket.on('close', settle);

  function look(): void {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) return;
    start = Buffer.concat([start, chunk]);
    const matches = start.subarray(0, preface.length).equals(preface.subarray(0, start.length));
    if (matches && start.length < preface.length) return;
    settle();
    socket.unshift(start);
    found(matches);
  }

  function settle(): void {
    clearTimeout(timer);
    socket.off('readable', look);
    socket.off('error', destroy);
    socket.off('end', destroy);
    socket.off('close', settle);
  }
}
