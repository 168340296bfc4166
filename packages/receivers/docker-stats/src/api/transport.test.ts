import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveConfig } from '@millrace/core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { config, endpointOf } from '../config.ts';
import { createTransport, type Transport } from './transport.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ends.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return (server.address() as AddressInfo).port;
}

function transport(input: object): Transport {
  const made = createTransport(endpointOf(resolveConfig(config, input)));
  ends.push(() => made.close());
  return made;
}

const hello: RequestListener = (_request, response) => response.end('hello');
const ask = { path: '/x', timeoutMs: 2000 };

describe('over TCP', () => {
  it('asks below the path of the endpoint', async () => {
    const port = await listening(
      createServer((request, response) => response.end(`${request.headers.host} ${request.url}`)),
    );
    const { body } = await transport({ endpoint: `http://127.0.0.1:${port}/docker/` }).read(ask);
    expect(body).toBe(`127.0.0.1:${port} /docker/x`);
  });

  it('says that nobody listens', async () => {
    const server = createServer(hello);
    const port = await listening(server);
    await ends.pop()!();
    await expect(transport({ endpoint: `tcp://127.0.0.1:${port}` }).read(ask)).rejects.toThrow(
      `No engine listens at tcp://127.0.0.1:${port}.`,
    );
  });

  it('asks again on a new connection when a kept one was closed', async () => {
    let requests = 0;
    const server = createServer((request, response) => {
      // The second request on a connection meets one that is just being closed.
      if (++requests === 2) request.socket.destroy();
      else response.end('hello');
    });
    const { read } = transport({ endpoint: `tcp://127.0.0.1:${await listening(server)}` });
    await read(ask);
    expect((await read(ask)).body).toBe('hello');
    expect(requests).toBe(3);
  });

  it('breaks off an answer that does not end', async () => {
    const server = createServer((_request, response) => {
      const block = Buffer.alloc(1024 * 1024, 'x');
      const more = (): void => {
        while (!response.destroyed && response.write(block));
        response.once('drain', more);
      };
      more();
    });
    const { read } = transport({ endpoint: `tcp://127.0.0.1:${await listening(server)}` });
    await expect(read({ ...ask, timeoutMs: 20_000 })).rejects.toThrow(/more than 67108864 bytes was broken off/);
  });

  it('stops waiting when it is told to', async () => {
    const { read } = transport({ endpoint: `tcp://127.0.0.1:${await listening(createServer(() => {}))}` });
    await expect(read({ ...ask, signal: AbortSignal.timeout(50) })).rejects.toThrow(/timeout/);
    await expect(read({ ...ask, signal: AbortSignal.abort(new Error('told to')) })).rejects.toThrow('told to');
  });

  it('breaks off what is open when it is closed', async () => {
    const made = transport({ endpoint: `tcp://127.0.0.1:${await listening(createServer(() => {}))}` });
    const asked = made.read(ask);
    made.close();
    await expect(asked).rejects.toThrow('shut down');
  });
});

describe('with TLS', () => {
  let folder: string;
  const file = (name: string): string => join(folder, name);

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'docker-stats-tls-'));
    const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=Test authority');
    for (const name of ['engine', 'client']) {
      openssl('req', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
      writeFileSync(file(`${name}.ext`), 'subjectAltName=IP:127.0.0.1');
      const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', `${name}.ext`];
      openssl('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.pem`, ...signed);
    }
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const engine = () =>
    listening(
      createSecureServer(
        {
          ca: readFileSync(file('ca.pem')),
          cert: readFileSync(file('engine.pem')),
          key: readFileSync(file('engine.key')),
          requestCert: true,
          rejectUnauthorized: true,
        },
        hello,
      ),
    );

  it('shows its certificate, as engines want', async () => {
    const tls = { ca_file: file('ca.pem'), cert_file: file('client.pem'), key_file: file('client.key') };
    const { body } = await transport({ endpoint: `tcp://127.0.0.1:${await engine()}`, tls }).read(ask);
    expect(body).toBe('hello');
  });

  it('says which file cannot be read, and leaves the rest running', async () => {
    const tls = { ca_file: file('none.pem') };
    await expect(transport({ endpoint: `https://127.0.0.1:${await engine()}`, tls }).read(ask)).rejects.toThrow(
      'tls.ca_file cannot be read',
    );
  });

  it('does not speak with whom it does not know', async () => {
    const tls = { cert_file: file('client.pem'), key_file: file('client.key') };
    await expect(transport({ endpoint: `https://127.0.0.1:${await engine()}`, tls }).read(ask)).rejects.toMatchObject({
      message: expect.stringMatching(/GET \/x of the engine at https:.* failed/),
      cause: expect.objectContaining({ message: expect.stringMatching(/certificate/) }),
    });
  });
});
