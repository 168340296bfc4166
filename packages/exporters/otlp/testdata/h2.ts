import { connect } from 'node:net';
import type { Connection, Outcome, Request } from '../src/grpc/h2/connection.ts';
import { openConnection } from '../src/grpc/h2/connection.ts';
import { encodeFields } from '../src/grpc/h2/hpack.ts';

export interface TestConnection extends Connection {
  send(request: Pick<Request, 'block' | 'chunks' | 'bytes'>): Promise<Outcome>;
  /** Resolves with the error when it has ended. */
  readonly ended: Promise<Error | undefined>;
}

/** A connection to a server on loopback that has said that it is ready. */
export async function connectTo(port: number): Promise<TestConnection> {
  const ready = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<Error | undefined>();
  const connection = openConnection(connect(port, '127.0.0.1'), {
    ready: ready.resolve,
    closed: () => {},
    destroyed(error) {
      ended.resolve(error);
      ready.resolve();
    },
  });
  await ready.promise;
  const send = (request: Pick<Request, 'block' | 'chunks' | 'bytes'>): Promise<Outcome> =>
    new Promise((settle) => connection.request({ ...request, maxAnswerBytes: 65_536, settle }));
  return Object.assign(connection, { send, ended: ended.promise });
}

export const postTo = (path: string): Buffer =>
  encodeFields({ ':method': 'POST', ':scheme': 'http', ':authority': 'localhost', ':path': path }, new Set());
