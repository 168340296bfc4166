import { once } from 'node:events';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:tls';
import { type Authority, createAuthority, manualClock } from '@millrace/core/testing';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { closeClients, converse, frame, grpcClient } from '../testdata/clients.ts';
import type { Running } from '../testdata/receiver.ts';
import { startReceiver, stopAll } from '../testdata/receiver.ts';
import { metricsRequest } from '../testdata/requests.ts';

let authority: Authority;
let other: Authority;
let ca: Buffer;
let server: { cert_file: string; key_file: string };
let client: { cert: Buffer; key: Buffer };

const filesOf = (of: Authority, name: string) => {
  const { certFile, keyFile } = of.issue(name);
  return { cert_file: certFile, key_file: keyFile };
};
const identityOf = (of: Authority, name: string) => {
  const { certFile, keyFile } = of.issue(name);
  return { cert: readFileSync(certFile), key: readFileSync(keyFile) };
};

beforeAll(() => {
  authority = createAuthority();
  other = createAuthority();
  ca = readFileSync(authority.caFile);
  server = filesOf(authority, 'gateway');
  client = identityOf(authority, 'agent');
});
afterAll(() => {
  authority.remove();
  other.remove();
});
afterEach(async () => {
  await closeClients();
  await stopAll();
});

const request = metricsRequest(3);

const send = async (port: number, identity: object = {}): Promise<number | undefined> => {
  const grpc = await grpcClient(port, { ca, ...identity });
  return (await grpc.call(frame(request))).status;
};

const sendHttps = (port: number, identity: object = {}): Promise<number> =>
  new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/x-protobuf' };
    const options = { host: '127.0.0.1', port, path: '/v1/metrics', method: 'POST', agent: false, headers } as const;
    const sent = httpsRequest({ ...options, ca, ...identity }, (response) => {
      response.resume();
      resolve(response.statusCode!);
    });
    sent.on('error', reject);
    sent.end(request);
  });

/** The name in the certificate that a new connection is shown. */
async function shown(port: number): Promise<unknown> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['h2', 'http/1.1'] });
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  const { subject } = socket.getPeerCertificate();
  socket.destroy();
  return subject.CN;
}

const start = (tls: object, setup: object = {}): Promise<Running> =>
  startReceiver({ grpc: { tls }, http: { tls }, ...setup });

test('both protocols are encrypted', async () => {
  const { grpc, http, batches, context } = await start(server);
  expect(await send(grpc)).toBe(0);
  expect(await sendHttps(http)).toBe(200);
  expect(batches).toHaveLength(2);
  expect(context.lines.map(({ level, fields }) => [level, fields])).toMatchObject([
    ['info', { tls: true }],
    ['info', { tls: true }],
  ]);
});

test('what does not speak TLS, or not HTTP/2, is hung up on', async () => {
  const { grpc, http } = await start(server);
  await converse(http, 'GET / HTTP/1.1\r\n\r\n');
  await converse(grpc, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  const socket = connect({ port: grpc, host: '127.0.0.1', ca, ALPNProtocols: ['http/1.1'] });
  socket.on('error', () => {});
  socket.resume();
  await new Promise((resolve) => socket.once('close', resolve));
  expect(await send(grpc)).toBe(0);
});

test('min_version', async () => {
  const { grpc } = await start({ ...server, min_version: '1.3' });
  expect(await send(grpc)).toBe(0);
  await expect(send(grpc, { maxVersion: 'TLSv1.2' })).rejects.toThrow();
});

describe('client certificates', () => {
  test('are asked for, and must be of our authority', async () => {
    const { grpc, http } = await start({ ...server, client_ca_file: authority.caFile });
    expect(await send(grpc, client)).toBe(0);
    expect(await sendHttps(http, client)).toBe(200);
    const stranger = identityOf(other, 'stranger');
    await expect(send(grpc)).rejects.toThrow();
    await expect(send(grpc, stranger)).rejects.toThrow();
    await expect(sendHttps(http)).rejects.toThrow();
    await expect(sendHttps(http, stranger)).rejects.toThrow();
  });

  test('of an authority that came later', async () => {
    const clock = manualClock();
    const caFile = authority.file('clients.pem');
    copyFileSync(authority.caFile, caFile);
    const { grpc } = await start(
      { ...server, client_ca_file: caFile, client_ca_file_reload: true },
      { context: { clock } },
    );
    const stranger = identityOf(other, 'late');
    await expect(send(grpc, stranger)).rejects.toThrow();
    writeFileSync(caFile, Buffer.concat([ca, readFileSync(other.caFile)]));
    await clock.advance(1000);
    expect(await send(grpc, stranger)).toBe(0);
    expect(await send(grpc, client)).toBe(0);
  });
});

describe('files that change', () => {
  const copies = (name: string) => {
    const files = { cert_file: authority.file('live.pem'), key_file: authority.file('live.key') };
    const from = authority.issue(name);
    copyFileSync(from.certFile, files.cert_file);
    copyFileSync(from.keyFile, files.key_file);
    return files;
  };

  test('are taken up after reload_interval, by new connections', async () => {
    const clock = manualClock();
    const { grpc, http } = await start({ ...copies('first'), reload_interval: '10s' }, { context: { clock } });
    const old = await grpcClient(grpc, { ca });
    copies('second');
    expect([await shown(grpc), await shown(http)]).toEqual(['first', 'first']);
    await clock.advance(10_000);
    expect([await shown(grpc), await shown(http)]).toEqual(['second', 'second']);
    expect(await old.call(frame(request))).toMatchObject({ status: 0 });
  });

  test('are taken up by a reload', async () => {
    const { grpc, http, component } = await start(copies('first'));
    copies('third');
    expect(await shown(grpc)).toBe('first');
    await component.reload!();
    expect([await shown(grpc), await shown(http)]).toEqual(['third', 'third']);
  });

  test('and cannot be used leave what was, and say so once', async () => {
    const clock = manualClock();
    const files = copies('first');
    const { grpc, context } = await start({ ...files, reload_interval: '1s' }, { context: { clock }, http: null });
    writeFileSync(files.cert_file, 'half a certi');
    for (let times = 0; times < 3; times++) {
      await clock.advance(1000);
      expect(await shown(grpc)).toBe('first');
    }
    expect(context.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
    copies('fourth');
    await clock.advance(1000);
    expect(await shown(grpc)).toBe('fourth');
  });
});

test('files that are not there, or do not belong together, end the start', async () => {
  await expect(start({ ...server, key_file: '/nowhere.key' })).rejects.toThrow(
    'tls.key_file of the receiver cannot be read',
  );
  await expect(start({ ...server, key_file: filesOf(authority, 'another').key_file })).rejects.toThrow(
    'The TLS files of the receiver do not work',
  );
});
