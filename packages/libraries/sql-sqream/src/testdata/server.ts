import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';

/** What a statement of the pretended database does. */
export interface Statement {
  readonly error?: string;
  readonly columns?: readonly object[];
  /** One fetch each: the parts of all its columns, in their order. */
  readonly fetches?: readonly { readonly rows: number; readonly parts: readonly Buffer[] }[];
  /** Another worker is to run it. */
  readonly redirect?: { readonly ip: string; readonly port: number; readonly port_ssl?: number };
  /** Never answers `execute`. */
  readonly hang?: boolean;
  /** What is sent in place of the next answer, and then the end of the connection. */
  readonly instead?: Buffer;
}

export interface Worker {
  readonly port: number;
  /** What each connection asked, by the first key of each message, in order. */
  readonly asked: string[][];
  /** What it saw that no client may do. */
  readonly wrong: string[];
  readonly open: () => number;
  close(): Promise<void>;
}

interface WorkerOptions {
  readonly statements: Readonly<Record<string, Statement>>;
  readonly encoding?: string | undefined;
  readonly version?: string;
  readonly tls?: TlsOptions;
  /** Bytes of each piece that is written, to cut every message. */
  readonly cut?: number;
  /** Shared by the workers of a cluster: what was prepared, by its id. */
  readonly prepared?: Map<number, string>;
  /** Answers a login in another way. */
  readonly login?: Buffer;
}

const header = (kind: number, length: number, version = 6): Buffer => {
  const bytes = Buffer.alloc(10);
  bytes[0] = version;
  bytes[1] = kind;
  bytes.writeBigUInt64LE(BigInt(length), 2);
  return bytes;
};
export const jsonMessage = (message: unknown): Buffer => {
  const text = Buffer.from(JSON.stringify(message));
  return Buffer.concat([header(1, text.length), text]);
};
export const binaryMessage = (data: Buffer): Buffer => Buffer.concat([header(2, data.length), data]);

/**
 * A worker of SQreamDB as far as its protocol is known: it takes each message in its order only, with exactly the keys that
 * clients send, and drops the connection otherwise.
 */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const asked: string[][] = [];
  const wrong: string[] = [];
  const prepared = options.prepared ?? new Map<number, string>();
  const sockets = new Set<Socket>();
  const onSocket = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    const mine: string[] = [];
    asked.push(mine);
    serve(socket, { ...options, prepared, asked: mine, wrong });
  };
  const server: Server = options.tls ? createTlsServer(options.tls, onSocket) : createServer(onSocket);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    wrong,
    open: () => sockets.size,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

interface Serving extends WorkerOptions {
  readonly prepared: Map<number, string>;
  readonly asked: string[];
  readonly wrong: string[];
}

type State = 'new' | 'idle' | 'numbered' | 'prepared' | 'executed' | 'typed in' | 'typed out' | 'ended';

const keys: Readonly<Record<string, readonly string[]>> = {
  connectDatabase: ['username', 'password', 'service', 'connectDatabase'],
  reconnectDatabase: ['username', 'password', 'service', 'reconnectDatabase', 'connectionId', 'listenerId'],
  prepareStatement: ['prepareStatement', 'chunkSize'],
};

function serve(socket: Socket, serving: Serving): void {
  const { statements, asked, wrong, cut, prepared } = serving;
  let bytes = Buffer.alloc(0);
  let state: State = 'new';
  let statementId = 0;
  let fetched = 0;
  let failed = false;
  const statement = (): Statement => statements[prepared.get(statementId) ?? ''] ?? { error: 'no such statement' };

  const write = (data: Buffer): void => {
    if (cut === undefined) return void socket.write(data);
    for (let at = 0; at < data.length; at += cut) socket.write(data.subarray(at, at + cut));
  };
  const answer = (message: object): void => write(jsonMessage(message));
  const refuse = (why: string): void => {
    wrong.push(why);
    socket.destroy();
  };
  const fail = (error: string): void => {
    failed = true;
    answer({ error });
  };

  const handlers: Readonly<Record<string, { readonly in: readonly State[]; run(message: Record<string, unknown>): void }>> = {
    connectDatabase: {
      in: ['new'],
      run({ username, password, connectDatabase }) {
        if (serving.login) return void socket.end(serving.login);
        if (username !== 'sqream' || password !== 'pa"ss' || connectDatabase !== 'master')
          return fail('Login failure: authentication failed');
        state = 'idle';
        answer({
          connectionId: 12,
          databaseConnected: 'databaseConnected',
          varcharEncoding: serving.encoding ?? 'ascii',
          ...(serving.version && { version: serving.version }),
        });
      },
    },
    reconnectDatabase: {
      in: ['new'],
      run({ connectionId, listenerId }) {
        if (connectionId !== 12 || listenerId !== 7) return refuse('a reconnect of another connection');
        state = 'numbered';
        answer({ databaseConnected: 'databaseConnected', connectionId: 12 });
      },
    },
    reconstructStatement: {
      in: ['numbered'],
      run({ reconstructStatement }) {
        if (typeof reconstructStatement !== 'number' || !prepared.has(reconstructStatement))
          return fail('no such statement to reconstruct');
        statementId = reconstructStatement;
        state = 'prepared';
        answer({ statementReconstructed: 'statementReconstructed' });
      },
    },
    getStatementId: {
      in: ['idle'],
      run() {
        state = 'numbered';
        statementId = prepared.size + 1;
        prepared.set(statementId, '');
        fetched = 0;
        answer({ statementId });
      },
    },
    prepareStatement: {
      in: ['numbered'],
      run({ prepareStatement, chunkSize }) {
        if (chunkSize !== 0) return refuse(`chunkSize ${String(chunkSize)}`);
        prepared.set(statementId, String(prepareStatement));
        const { error, redirect } = statement();
        if (error !== undefined) return fail(error);
        state = redirect ? 'ended' : 'prepared';
        answer({
          statementPrepared: true,
          reconnect: redirect !== undefined,
          ip: '127.0.0.1',
          listener_id: 7,
          port: 5000,
          port_ssl: 5100,
          ...redirect,
        });
      },
    },
    execute: {
      in: ['prepared'],
      run() {
        if (statement().hang) return;
        const { instead } = statement();
        if (instead) return void socket.end(instead);
        state = 'executed';
        answer({ executed: 'executed' });
      },
    },
    queryTypeIn: {
      in: ['executed'],
      run() {
        state = 'typed in';
        answer({ queryType: [] });
      },
    },
    queryTypeOut: {
      in: ['typed in'],
      run() {
        state = 'typed out';
        answer({ queryTypeNamed: statement().columns ?? [] });
      },
    },
    fetch: {
      in: ['typed out'],
      run() {
        const fetch = statement().fetches?.[fetched++];
        if (!fetch) return answer({ colSzs: [], rows: 0 });
        answer({ colSzs: fetch.parts.map((part) => part.length), rows: fetch.rows });
        write(binaryMessage(Buffer.concat(fetch.parts)));
      },
    },
    closeStatement: {
      in: ['numbered', 'prepared', 'executed', 'typed in', 'typed out'],
      run() {
        state = 'idle';
        failed = false;
        answer({ statementClosed: 'statementClosed' });
      },
    },
    closeConnection: {
      in: ['idle', 'new'],
      run() {
        state = 'ended';
        answer({ connectionClosed: 'connectionClosed' });
        socket.end();
      },
    },
    ping: { in: ['idle', 'numbered', 'prepared', 'executed', 'typed in', 'typed out'], run() {} },
  };

  function take(text: string): void {
    const message = JSON.parse(text) as Record<string, unknown>;
    const name = Object.keys(handlers).find((one) => one in message);
    const handler = name === undefined ? undefined : handlers[name];
    if (name === undefined || !handler) return refuse(`an unknown message: ${text}`);
    asked.push(name);
    const wanted = keys[name] ?? [name];
    if (Object.keys(message).toSorted().join() !== wanted.toSorted().join()) return refuse(`${name} with other keys: ${text}`);
    if (!handler.in.includes(state)) return refuse(`${name} while ${state}`);
    if (failed && !['closeStatement', 'ping', 'closeConnection'].includes(name)) return refuse(`${name} after an error`);
    handler.run(message);
  }

  socket.on('data', (part: Buffer) => {
    bytes = Buffer.concat([bytes, part]);
    while (bytes.length >= 10) {
      const length = Number(bytes.readBigUInt64LE(2));
      if (bytes[0] !== 6 || bytes[1] !== 1) return refuse('a header that is none');
      if (bytes.length < 10 + length) return;
      const text = bytes.subarray(10, 10 + length).toString();
      bytes = bytes.subarray(10 + length);
      take(text);
    }
  });
  socket.on('close', () => {
    if (bytes.length > 0) wrong.push('half a message');
  });
}

/** A server picker: it speaks first, and hangs up. */
export async function startPicker(answer: Buffer): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.end(answer);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.close();
      await once(server, 'close');
    },
  };
}

export function pickerAnswer(host: string, port: number): Buffer {
  const answer = Buffer.alloc(8 + host.length);
  answer.writeInt32LE(host.length, 0);
  answer.write(host, 4, 'latin1');
  answer.writeInt32LE(port, 4 + host.length);
  return answer;
}
