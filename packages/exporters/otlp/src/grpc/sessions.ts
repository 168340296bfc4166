import type { Clock } from '@millrace/core';
import type { ConnectOptions } from './connect.ts';
import { connect } from './connect.ts';
import type { Connection } from './h2/connection.ts';
import type { Keepalive } from './keepalive.ts';
import { keepAlive, pong } from './keepalive.ts';

export interface SessionOptions extends ConnectOptions {
  readonly keepalive: Keepalive | undefined;
  readonly clock: Clock;
}

/** A connection, and how many calls are under way on it or wait for it. */
export interface Session {
  readonly connection: Connection;
  calls: number;
  readonly ended: AbortController;
}

export interface Sessions {
  /** The session for a call, at once where there is one. Whoever has it gives it back. */
  acquire(): Session | Promise<Session>;
  release(session: Session): void;
  /** Asks the server whether it is still there, and gives the session up if it is not. */
  probe(session: Session): void;
  /** Lets the calls under way end, until the signal. */
  close(signal: AbortSignal): Promise<void>;
}

/** More connections than this to the same address do not make anything faster. */
const maxSessions = 4;
const probeTimeoutMs = 10_000;

/**
 * The connections to one address. One is made when it is first needed, and again when it is needed after it was lost.
 * Another is made where all have as many calls under way as the server takes at once.
 */
export function createSessions(options: SessionOptions): Sessions {
  const stopped = new AbortController();
  const probed = new WeakSet<Session>();
  /** All that are open, with those that the server has asked to leave, whose calls have not ended yet. */
  const open = new Set<Session>();
  /** Those that take calls. */
  let usable: Session[] = [];
  let opening: Promise<Session> | undefined;

  async function openOne(): Promise<Session> {
    const retire = (connection: Connection): void =>
      void (usable = usable.filter((one) => one.connection !== connection));
    const connection = await connect(options, {
      stopped: stopped.signal,
      closed: retire,
      destroyed(lost) {
        retire(lost);
        for (const session of open) {
          if (session.connection !== lost) continue;
          open.delete(session);
          session.ended.abort();
        }
      },
    });
    const session: Session = { connection, calls: 0, ended: new AbortController() };
    if (connection.destroyed) return session;
    open.add(session);
    if (!connection.closed) usable.push(session);
    const { keepalive, clock } = options;
    const isBusy = (): boolean => session.calls > 0;
    if (keepalive) void keepAlive(connection, { keepalive, clock, isBusy, ended: session.ended.signal });
    return session;
  }

  function another(): Promise<Session> {
    opening ??= openOne().finally(() => (opening = undefined));
    return opening;
  }

  /** The first that has room, so that the others fall idle. */
  const withRoom = (): Session | undefined => usable.find(({ calls, connection }) => calls < connection.maxStreams);

  /** Calls wait for their turn there. */
  const idlest = (): Session | undefined => usable.toSorted((a, b) => a.calls - b.calls)[0];

  function take(session: Session): Session {
    session.calls++;
    return session;
  }

  async function acquireAnother(): Promise<Session> {
    for (;;) {
      let opened: Session;
      try {
        opened = await another();
      } catch (error) {
        const busy = idlest();
        if (busy) return take(busy);
        throw error;
      }
      // Those who waited with this one may have filled it by now.
      const session = withRoom();
      if (session) return take(session);
      if (usable.length === 0 || usable.length >= maxSessions) return take(idlest() ?? opened);
    }
  }

  return {
    acquire() {
      if (stopped.signal.aborted) return Promise.reject(new Error('The exporter has been shut down.'));
      const session = withRoom() ?? (usable.length >= maxSessions ? idlest() : undefined);
      return session ? take(session) : acquireAnother();
    },
    release(session) {
      session.calls--;
    },
    probe(session) {
      if (session.connection.destroyed || probed.has(session)) return;
      probed.add(session);
      void pong(session.connection, options.clock, probeTimeoutMs).finally(() => probed.delete(session));
    },
    async close(signal) {
      stopped.abort(new Error('The exporter has been shut down.'));
      await opening?.catch(() => undefined);
      await Promise.all([...open].map((session) => closed(session, signal)));
    },
  };
}

function closed({ connection, ended }: Session, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    ended.signal.addEventListener('abort', () => resolve(), { once: true });
    connection.close();
    if (signal.aborted) connection.destroy();
    else signal.addEventListener('abort', () => connection.destroy(), { once: true });
  });
}
