import type { ClientHttp2Session } from 'node:http2';
import { connect as connectHttp2 } from 'node:http2';
import type { Socket } from 'node:net';
import { connect as connectTcp, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Clock, ConfigOf } from '@millrace/core';
import type { TlsConfig } from '../tls.ts';
import { tlsOptions } from '../tls.ts';
import type { Endpoint } from './endpoint.ts';

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

export interface SessionOptions {
  readonly endpoint: Endpoint;
  readonly secure: boolean;
  readonly tls: TlsConfig;
  readonly keepalive: ConfigOf<typeof keepaliveSchema> | undefined;
  readonly clock: Clock;
}

export interface Sessions {
  /** The session to use: the one there is, or a new one. Callers that come while one is being made share it. */
  current(): Promise<ClientHttp2Session>;
  /** Asks the server whether it is still there, and gives the session up if it is not. */
  probe(session: ClientHttp2Session): void;
  /** Lets the calls under way end, until the signal. */
  close(signal: AbortSignal): Promise<void>;
}

const connectTimeoutMs = 20_000;
const probeTimeoutMs = 10_000;

/** One HTTP/2 session at a time, made when it is first needed, and again when it is needed after it was lost. */
export function createSessions(options: SessionOptions): Sessions {
  const stopped = new AbortController();
  const probed = new WeakSet<ClientHttp2Session>();
  /** The current one, and those that the server has asked to leave, whose calls have not ended yet. */
  const live = new Set<ClientHttp2Session>();
  let current: Promise<ClientHttp2Session> | undefined;

  function open(): Promise<ClientHttp2Session> {
    const opening = connect(options, stopped.signal);
    const forget = (): void => {
      if (current === opening) current = undefined;
    };
    opening.then((session) => {
      if (session.destroyed) return forget();
      live.add(session);
      session.once('goaway', forget);
      session.once('close', () => {
        forget();
        live.delete(session);
      });
      if (options.keepalive) void keepAlive(session, options);
      return undefined;
    }, forget);
    return opening;
  }

  return {
    current() {
      if (stopped.signal.aborted) return Promise.reject(new Error('The exporter has been shut down.'));
      current ??= open();
      return current;
    },
    probe(session) {
      if (session.destroyed || probed.has(session)) return;
      probed.add(session);
      void pong(session, options.clock, probeTimeoutMs).finally(() => probed.delete(session));
    },
    async close(signal) {
      stopped.abort(new Error('The exporter has been shut down.'));
      await current?.catch(() => undefined);
      await Promise.all([...live].map((session) => closed(session, signal)));
    },
  };
}

function connect(options: SessionOptions, stopped: AbortSignal): Promise<ClientHttp2Session> {
  return new Promise((resolve, reject) => {
    // The authority given here is never used: each call says its own, and the socket is ours.
    const session = connectHttp2(`${options.secure ? 'https' : 'http'}://localhost`, {
      createConnection: () => openSocket(options),
    });
    const fail = (error: Error): void => {
      settle();
      session.destroy();
      reject(explain(error, options));
    };
    const timer = setTimeout(
      () => fail(new Error(`No connection within ${connectTimeoutMs / 1000} s.`)),
      connectTimeoutMs,
    );
    const stop = (): void => fail(stopped.reason as Error);
    const hungUp = (): void =>
      fail(new Error('The server closed the connection before it said that it speaks HTTP/2.'));
    function settle(): void {
      clearTimeout(timer);
      stopped.removeEventListener('abort', stop);
      session.off('close', hungUp);
    }
    stopped.addEventListener('abort', stop, { once: true });
    // Errors after this one reach the streams; without a listener they would end the process.
    session.on('error', fail);
    session.once('close', hungUp);
    // The server's settings say how many streams it takes at once, so the first call waits for them.
    session.once('remoteSettings', () => {
      settle();
      resolve(session);
    });
  });
}

function closed(session: ClientHttp2Session, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    session.once('close', resolve);
    session.close();
    if (signal.aborted) session.destroy();
    else signal.addEventListener('abort', () => session.destroy(), { once: true });
  });
}

/** The usual mistake, in both directions. */
function explain(error: Error, { secure }: SessionOptions): Error {
  const { code } = error as NodeJS.ErrnoException;
  if (secure && code === 'ERR_SSL_WRONG_VERSION_NUMBER')
    return new Error('The server does not speak TLS. If that is right, set tls.insecure to true.');
  if (
    !secure &&
    code !== 'ECONNREFUSED' &&
    /HTTP\/2|socket hang up|ECONNRESET|[Pp]rotocol error/.test(`${error.message} ${code}`)
  )
    return new Error('The server does not speak HTTP/2 in the clear; it may want TLS', { cause: error });
  return error;
}

function openSocket({ endpoint, secure, tls }: SessionOptions): Socket {
  const { address } = endpoint;
  if (!secure) return connectTcp({ ...address, noDelay: true, keepAlive: true });
  const servername = 'host' in address && isIP(address.host) === 0 ? { servername: address.host } : {};
  return connectTls({ ...address, ...servername, ...tlsOptions(tls), ALPNProtocols: ['h2'] });
}

async function keepAlive(session: ClientHttp2Session, { keepalive, clock }: SessionOptions): Promise<void> {
  const { time, timeout, permit_without_stream: always } = keepalive!;
  const ended = new AbortController();
  session.once('close', () => ended.abort());
  try {
    while (!session.destroyed) {
      await clock.sleep(time, ended.signal);
      if (always || streamsOf(session) > 0) await pong(session, clock, timeout);
    }
  } catch {
    // The session has ended.
  }
}

const streams = new WeakMap<ClientHttp2Session, number>();

/** Calls under way on a session, which node:http2 does not tell. */
export const streamsOf = (session: ClientHttp2Session): number => streams.get(session) ?? 0;
export const countStreams = (session: ClientHttp2Session, change: 1 | -1): void =>
  void streams.set(session, streamsOf(session) + change);

/** Resolves with the answer to a ping, or when the session has been destroyed for the want of one. */
async function pong(session: ClientHttp2Session, clock: Clock, timeoutMs: number): Promise<void> {
  const answered = new AbortController();
  const sent = !session.destroyed && session.ping(() => answered.abort());
  if (!sent) return;
  await clock.sleep(timeoutMs, answered.signal).then(
    () => session.destroy(new Error(`The server has not answered a ping for ${timeoutMs / 1000} s.`)),
    () => {},
  );
}
