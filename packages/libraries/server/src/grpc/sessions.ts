import type { Http2Session, ServerHttp2Session } from 'node:http2';
import { constants } from 'node:http2';
import type { Clock } from '@millrace/core';
import { createSweep } from '../sweep.ts';
import type { GrpcConfig } from './config.ts';

export interface Sessions {
  add(session: ServerHttp2Session): void;
  /** A request has begun on it. What it returns is for `ended`. */
  began(session: Http2Session | undefined): Busy | undefined;
  ended(busy: Busy | undefined): void;
  /** Asks all to end, and resolves when they have. */
  close(): Promise<void>;
}

/** A connection that has a request. */
export interface Busy {
  streams: number;
  /** Since when it has none. */
  idleSince: number;
  /** Pings too many since the last request. */
  strikes: number;
}

interface Watched extends Busy {
  readonly session: ServerHttp2Session;
  readonly began: number;
  /** It has said that it speaks HTTP/2. */
  greeted: boolean;
  bytesRead: number;
  /** Since when nothing came. */
  silentSince: number;
  pingedAt: number | undefined;
  askedToEndAt: number | undefined;
  lastPing: number;
}

/** How long a connection may take for its first words. */
const greetingMs = 20_000;
const periodMs = 1000;
/** As grpc-go forgives: the third ping too many ends the connection. */
const maxStrikes = 2;
const idlePingMs = 7_200_000;
/** A sender should not have to wait for the window while a request comes. */
const sessionWindow = 32 * 1024 * 1024;

/** Looks after the connections: ends old, idle and silent ones, and those that never begin. */
export function createSessions(keepalive: GrpcConfig['keepalive'], clock: Clock): Sessions {
  const { server_parameters: limits, enforcement_policy: policy } = keepalive;
  const live = new Map<Http2Session, Watched>();
  const sweep = createSweep<Watched>({ clock, periodMs }, check);
  let closing = false;

  function check(watched: Watched, now: number): void {
    const { session } = watched;
    if (session.destroyed) return;
    const { max_connection_idle: idle, max_connection_age: age, max_connection_age_grace: grace } = limits;
    if (!watched.greeted) {
      if (now - watched.began >= greetingMs) session.destroy();
      return;
    }
    const isIdle = watched.streams === 0 && idle && now - watched.idleSince >= idle;
    const isOld = age && now - watched.began >= age;
    if (watched.askedToEndAt === undefined && (isIdle || isOld)) {
      watched.askedToEndAt = now;
      session.close();
    }
    if (watched.askedToEndAt !== undefined && grace && now - watched.askedToEndAt >= grace) return session.destroy();
    checkSilence(watched, now);
    return undefined;
  }

  function checkSilence(watched: Watched, now: number): void {
    const bytesRead = watched.session.socket?.bytesRead ?? 0;
    if (bytesRead !== watched.bytesRead) {
      watched.bytesRead = bytesRead;
      watched.silentSince = now;
      watched.pingedAt = undefined;
    } else if (watched.pingedAt !== undefined) {
      if (now - watched.pingedAt >= limits.timeout) watched.session.destroy();
    } else if (limits.time > 0 && now - watched.silentSince >= limits.time) {
      watched.pingedAt = now;
      watched.session.ping(() => {});
    }
  }

  /** https://github.com/grpc/proposal/blob/master/A8-client-side-keepalive.md, the server's part. */
  function judgePing(watched: Watched): void {
    const now = clock.now();
    const apart = watched.streams > 0 || policy!.permit_without_stream ? policy!.min_time : idlePingMs;
    if (now - watched.lastPing < apart) watched.strikes++;
    watched.lastPing = now;
    if (watched.strikes <= maxStrikes || watched.session.destroyed) return;
    watched.session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM, 0, Buffer.from('too_many_pings'));
    watched.session.destroy();
  }

  return {
    add(session) {
      const now = clock.now();
      const watched: Watched = {
        session,
        began: now,
        greeted: false,
        streams: 0,
        idleSince: now,
        bytesRead: 0,
        silentSince: now,
        pingedAt: undefined,
        askedToEndAt: undefined,
        lastPing: -Infinity,
        strikes: 0,
      };
      session.setLocalWindowSize(sessionWindow);
      // What ails it ends it; its streams hear of that.
      session.on('error', () => session.destroy());
      session.once('remoteSettings', () => (watched.greeted = true));
      if (policy) session.on('ping', () => judgePing(watched));
      session.once('close', () => {
        live.delete(session);
        sweep.delete(watched);
      });
      live.set(session, watched);
      sweep.add(watched);
      if (closing) session.close();
    },
    began(session) {
      const busy = session && live.get(session);
      if (!busy) return undefined;
      busy.streams++;
      busy.strikes = 0;
      return busy;
    },
    ended(busy) {
      if (!busy) return;
      busy.streams--;
      busy.idleSince = clock.now();
    },
    async close() {
      closing = true;
      const closed = [...live.keys()].map((session) => new Promise<void>((resolve) => session.once('close', resolve)));
      for (const session of live.keys()) session.close();
      await Promise.all(closed);
      sweep.stop();
    },
  };
}
