import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { type Authority, createAuthority } from '@millrace/core/testing';
import type { Rows, Target } from '@millrace/sql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import mysql from './index.ts';
import { hasMariaDb, type MariaDb, startMariaDb } from './testdata/mariadb.ts';

const soon = (): AbortSignal => AbortSignal.timeout(10_000);

let authority: Authority;
let stranger: Authority;
beforeAll(() => {
  authority = createAuthority();
  stranger = createAuthority();
});
afterAll(() => {
  authority.remove();
  stranger.remove();
});

/** Whether the session is over TLS. */
async function reach(target: Omit<Target, 'readOnly'>): Promise<boolean> {
  const connection = await mysql.connect({ ...target, readOnly: true }, soon());
  try {
    const pieces: Rows[] = [];
    for await (const piece of connection.query("SHOW SESSION STATUS LIKE 'Ssl_cipher'", { signal: soon() }))
      pieces.push(piece);
    return pieces[0]!.rows[0]![1] !== '';
  } finally {
    await connection.close();
  }
}

const failure = (target: Omit<Target, 'readOnly'>): Promise<Error> =>
  reach(target).then(
    () => {
      throw new Error('It was let in.');
    },
    (error: Error) => error,
  );

describe.skipIf(!hasMariaDb)('a server with a certificate', () => {
  let server: MariaDb;
  let at: (params: Record<string, string>, parts?: Partial<Target>) => Omit<Target, 'readOnly'>;
  beforeAll(async () => {
    const { certFile, keyFile } = authority.issue('database');
    server = await startMariaDb([
      ...[`--ssl-cert=${certFile}`, `--ssl-key=${keyFile}`, `--ssl-ca=${authority.caFile}`],
      '--bind-address=127.0.0.1,127.0.0.2',
    ]);
    for (const [user, need] of [
      ['encrypted', 'SSL'],
      ['mutual', 'X509'],
      ['named', "SUBJECT '/CN=robot'"],
    ] as const)
      await server.run(`CREATE USER ${user}@'%' IDENTIFIED BY 'hunter2' REQUIRE ${need}`);
    at = (params, parts) => ({
      ...{ host: '127.0.0.1', port: server.port, username: 'reader', password: 'se:cr@t/', params },
      ...parts,
    });
  }, 60_000);
  afterAll(() => server?.stop());

  const user = (username: string): Partial<Target> => ({ username, password: 'hunter2' });

  it.each([
    ['false', false],
    ['preferred', true],
    ['skip-verify', true],
    ['verify-ca', true],
    ['true', true],
  ])('is reached with tls=%s, over TLS: %s', async (tls, encrypted) => {
    const trust: Record<string, string> = ['verify-ca', 'true'].includes(tls) ? { ca_file: authority.caFile } : {};
    expect(await reach(at({ tls, ...trust }))).toBe(encrypted);
  });

  it('is asked for TLS by a datasource', async () => {
    const params = `tls=true&ca_file=${encodeURIComponent(authority.caFile)}`;
    expect(await reach({ datasource: `encrypted:hunter2@tcp(localhost:${server.port})/?${params}` })).toBe(true);
  });

  it.each([
    ['true', 'somebody else'],
    ['verify-ca', 'somebody else'],
    ['true', 'nobody known'],
  ])('is refused with tls=%s if signed by %s', async (tls, by) => {
    const trust: Record<string, string> = by === 'nobody known' ? {} : { ca_file: stranger.caFile };
    expect(await failure(at({ tls, ...trust }))).toMatchObject({
      kind: 'connection',
      message: expect.stringContaining("The server's certificate is not trusted: "),
      hint: 'ca_file says whose certificates are',
    });
  });

  it.each(['127.0.0.2', '127.1'])('of another name, %s, is refused with tls=true only', async (host) => {
    expect(await reach(at({ tls: 'verify-ca', ca_file: authority.caFile }, { host }))).toBe(true);
    const error = await failure(at({ tls: 'true', ca_file: authority.caFile }, { host }));
    expect(error).toMatchObject({ kind: 'connection', code: 'HANDSHAKE_SSL_ERROR' });
    expect(error.message).toMatch(/^The server's certificate is for another name: .*127\./);
    expect(await reach(at({ tls: 'true', ca_file: authority.caFile }, { host: 'localhost' }))).toBe(true);
  });

  it('that knows its clients by their certificates lets in who has one, and nobody else', async () => {
    const tls = { tls: 'true', ca_file: authority.caFile };
    const own = (certificate: { certFile: string; keyFile: string }) =>
      at({ ...tls, cert_file: certificate.certFile, key_file: certificate.keyFile }, user('named'));
    expect(await reach(own(authority.issue('robot')))).toBe(true);
    const denied = { kind: 'connection', code: 'ER_ACCESS_DENIED_ERROR' };
    expect(await failure(own(authority.issue('someone')))).toMatchObject(denied);
    expect(await failure(at(tls, user('mutual')))).toMatchObject(denied);
    expect(await failure(own(stranger.issue('robot')))).toMatchObject({
      kind: 'connection',
      message: 'The server does not take our certificate: tlsv1 alert unknown ca',
    });
  });

  it('that demands TLS of a user, or of all, says so to a client without', async () => {
    const denied = { kind: 'connection', code: 'ER_ACCESS_DENIED_ERROR', hint: 'it may want TLS: tls=true' };
    const error = await failure(at({}, user('encrypted')));
    expect(error).toMatchObject(denied);
    expect(error.message).not.toContain('hunter2');
    await server.run('SET GLOBAL require_secure_transport = ON');
    try {
      expect(await failure(at({}))).toMatchObject(denied);
      expect(await reach(at({ tls: 'preferred' }))).toBe(true);
    } finally {
      await server.run('SET GLOBAL require_secure_transport = OFF');
    }
  });

  it('breaks off a statement of a session that it knows by its certificate', async () => {
    const { certFile, keyFile } = authority.issue('robot');
    const params = { tls: 'true', ca_file: authority.caFile, cert_file: certFile, key_file: keyFile };
    const connection = await mysql.connect({ ...at(params, user('named')), readOnly: true }, soon());
    const signal = AbortSignal.timeout(300);
    const running = (async () => {
      for await (const _ of connection.query('SELECT SLEEP(60)', { signal }));
    })();
    await expect(running).rejects.toMatchObject({ kind: 'cancelled' });
    const sleeping = "SELECT id FROM information_schema.processlist WHERE info LIKE '%SLEEP(60)'";
    await expect.poll(() => server.run(sleeping)).toEqual([]);
    await connection.close();
  });
});

describe.skipIf(!hasMariaDb)('a server without TLS', () => {
  it('is reached only where the client may do without', async () => {
    const server = await startMariaDb(['--skip-ssl', '--bind-address=127.0.0.1']);
    try {
      const at = (tls: string) => ({ datasource: `reader:se:cr@t/@tcp(127.0.0.1:${server.port})/shop?tls=${tls}` });
      expect(await reach(at('preferred'))).toBe(false);
      for (const tls of ['true', 'verify-ca', 'skip-verify'])
        expect(await failure(at(tls))).toMatchObject({ kind: 'connection', message: 'The server offers no TLS' });
    } finally {
      await server.stop();
    }
  }, 60_000);
});

describe('parameters that cannot be meant', () => {
  let files: Record<string, string>;
  beforeAll(() => {
    const garbage = authority.file('garbage');
    writeFileSync(garbage, 'no certificate');
    const { certFile, keyFile } = authority.issue('a');
    const sealed = authority.file('sealed.enc');
    execFileSync('openssl', ['pkcs8', '-topk8', '-in', keyFile, '-out', sealed, '-passout', 'pass:hush hush']);
    files = { GARBAGE: garbage, CERT: certFile, OTHER: authority.issue('b').keyFile, SEALED: sealed };
  });

  it.each([
    ['tls=sometimes', /^tls cannot be sometimes: it is true, verify-ca, skip-verify, preferred or false/],
    ['ca_file=CERT', /^ca_file without tls says nothing: add tls=true/],
    ['tls=true&ca_file=/nowhere/ca.pem', /^ca_file cannot be read: ENOENT.*\/nowhere\/ca.pem/],
    ['tls=true&cert_file=CERT', /^cert_file and key_file go together: key_file is missing/],
    ['tls=true&key_file=OTHER', /^cert_file and key_file go together: cert_file is missing/],
    ['tls=true&ca_file=GARBAGE', /is no PEM file/],
    ['tls=true&cert_file=CERT&key_file=OTHER', /cannot be used together: key values mismatch/],
    ['tls=true&cert_file=CERT&key_file=SEALED', /sealed.enc is encrypted/],
  ])('%s', (words, message) => {
    const datasource = `me:hunter2@tcp(db)/shop?${words.replace(/[A-Z]{4,}/g, (name) => files[name]!)}`;
    expect(() => mysql.describe({ datasource, readOnly: true })).toThrow(message);
    expect(() => mysql.describe({ datasource, readOnly: true })).not.toThrow('hunter2');
  });
});
