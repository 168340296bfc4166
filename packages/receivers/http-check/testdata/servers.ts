import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, createServer as createSocketServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Servers {
  /** Answers with the listener; gives `http://127.0.0.1:port`. */
  http(listener: RequestListener): Promise<string>;
  https(listener: RequestListener, options: { cert: Buffer; key: Buffer; ca?: Buffer; requestCert?: boolean }): Promise<string>;
  /** Has the connections as they come. */
  raw(onSocket: (socket: Socket) => void): Promise<string>;
  at(path: string, listener: RequestListener): Promise<void>;
  on(host: string, listener: RequestListener): Promise<string>;
  closeAll(): Promise<void>;
}

export function createServers(): Servers {
  const stops: (() => Promise<void>)[] = [];

  function listening(server: Server, where: object): Promise<number> {
    const sockets = new Set<Socket>();
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => sockets.delete(socket));
    });
    stops.push(
      () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          for (const socket of sockets) socket.destroy();
        }),
    );
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(where, () => resolve((server.address() as AddressInfo).port));
    });
  }
  const local = { host: '127.0.0.1', port: 0 };

  return {
    http: async (listener) => `http://127.0.0.1:${await listening(createServer(listener), local)}`,
    https: async (listener, options) =>
      `https://localhost:${await listening(createSecureServer(options, listener) as unknown as Server, local)}`,
    raw: async (onSocket) =>
      `http://127.0.0.1:${await listening(createSocketServer({ allowHalfOpen: true }, onSocket) as unknown as Server, local)}`,
    at: async (path, listener) => void (await listening(createServer(listener), { path })),
    on: async (host, listener) => {
      const port = await listening(createServer(listener), { host, port: 0 });
      return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
    },
    async closeAll() {
      await Promise.all(stops.splice(0).map((stop) => stop()));
    },
  };
}

export interface Issued {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly certFile: string;
  readonly keyFile: string;
}

export interface Authority {
  readonly caFile: string;
  readonly ca: Buffer;
  /** For localhost and 127.0.0.1, unless other names are given. */
  issue(name: string, options?: { days?: number; enddate?: string; names?: string }): Issued;
  remove(): void;
}

/** A certificate authority in a temporary folder, made with openssl. */
export function createAuthority(): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-http-check-'));
  const file = (name: string): string => join(folder, name);
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '365', '-subj', '/C=US/O=Test/CN=Test authority');
  const read = (name: string): Buffer => readFileSync(file(name));
  return {
    caFile: file('ca.pem'),
    ca: read('ca.pem'),
    issue(name, { days = 30, enddate, names = 'DNS:localhost,IP:127.0.0.1' } = {}) {
      openssl('req', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
      writeFileSync(file(`${name}.ext`), `subjectAltName=${names}`);
      const [csr, pem, extensions] = [`${name}.csr`, `${name}.pem`, ['-extfile', `${name}.ext`]];
      if (enddate === undefined)
        openssl('x509', '-req', '-in', csr, '-out', pem, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', String(days), ...extensions);
      else {
        // Only `openssl ca` of OpenSSL 3.0 takes dates.
        writeFileSync(file('index.txt'), '');
        writeFileSync(file('ca.cnf'), ca);
        const dates = ['-startdate', '20200101000000Z', '-enddate', enddate];
        openssl('ca', '-batch', '-notext', '-config', 'ca.cnf', '-in', csr, '-out', pem, ...dates, ...extensions);
      }
      return { cert: read(pem), key: read(`${name}.key`), certFile: file(pem), keyFile: file(`${name}.key`) };
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}

const ca = `[ca]
default_ca = it
[it]
database = index.txt
new_certs_dir = .
certificate = ca.pem
private_key = ca.key
rand_serial = yes
default_md = sha256
policy = any
[any]
commonName = supplied
`;
