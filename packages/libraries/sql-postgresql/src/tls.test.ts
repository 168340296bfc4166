import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { type Authority, createAuthority } from '@millrace/core/testing';
import type { Connection, Rows } from '@millrace/sql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import postgresql from './index.ts';
import { hasPostgres, type PostgresServer, startPostgres } from './testdata/server.ts';

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

async function connect(datasource: string): Promise<Connection> {
  return postgresql.connect({ datasource, readOnly: true }, soon());
}

async function one(connection: Connection, sql: string): Promise<unknown> {
  const pieces: Rows[] = [];
  for await (const piece of connection.query(sql, { signal: soon() })) pieces.push(piece);
  return pieces[0]!.rows[0]![0];
}

const overTls = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';

async function reach(datasource: string): Promise<unknown> {
  const connection = await connect(datasource);
  try {
    return await one(connection, overTls);
  } finally {
    await connection.close();
  }
}

const failure = (datasource: string): Promise<Error> =>
  reach(datasource).then(
    () => {
      throw new Error('It was let in.');
    },
    (error: Error) => error,
  );

describe.skipIf(!hasPostgres)('a server with a certificate', () => {
  let server: PostgresServer;
  let at: (words: string, host?: string) => string;
  beforeAll(async () => {
    server = await startPostgres({
      ...authority.issue('database'),
      caFile: authority.caFile,
      hba: [
        'host    any       all all trust',
        'hostssl encrypted all all trust',
        'hostnossl plain   all all trust',
        'hostssl mutual    all all trust clientcert=verify-ca',
        'hostssl named     all all cert',
      ],
    });
    for (const database of ['any', 'encrypted', 'plain', 'mutual', 'named'])
      await server.sql(`CREATE DATABASE "${database}"`);
    await server.sql('CREATE ROLE robot LOGIN');
    at = (words, host = '127.0.0.1') => `host=${host} port=${server.port} user=postgres ${words}`;
  }, 60_000);
  afterAll(() => server?.remove());

  it.each([
    ['disable', false],
    ['allow', false],
    ['prefer', true],
    ['require', true],
    ['verify-ca', true],
    ['verify-full', true],
  ])('is reached with sslmode=%s, over TLS: %s', async (mode, encrypted) => {
    const root = mode.startsWith('verify') ? `sslrootcert=${authority.caFile}` : '';
    expect(await reach(at(`dbname=any sslmode=${mode} ${root}`))).toBe(encrypted);
  });

  it.each([
    ['encrypted', 'allow', true],
    ['plain', 'prefer', false],
  ])('that wants %s, is reached with sslmode=%s', async (database, mode, encrypted) => {
    expect(await reach(at(`dbname=${database} sslmode=${mode}`))).toBe(encrypted);
  });

  it('is asked for TLS by any word about it, without sslmode', async () => {
    expect(await reach(at('dbname=any'))).toBe(false);
    expect(await reach(at(`dbname=any sslrootcert=${authority.caFile}`))).toBe(true);
    expect((await failure(at(`dbname=any sslrootcert=${stranger.caFile}`))).message).toContain('not trusted');
  });

  it('is asked for TLS by a URL', async () => {
    const query = `sslmode=verify-full&sslrootcert=${encodeURIComponent(authority.caFile)}`;
    expect(await reach(`postgres://postgres@127.0.0.1:${server.port}/encrypted?${query}`)).toBe(true);
  });

  it('that demands TLS says so to a client without', async () => {
    expect((await failure(at('dbname=encrypted sslmode=disable'))).message).toMatch(
      /no pg_hba.conf entry .*no encryption/,
    );
    expect(await failure(at('dbname=encrypted sslmode=disable'))).toMatchObject({ kind: 'connection', code: '28000' });
  });

  it.each(['require', 'verify-ca', 'verify-full'])(
    'signed by somebody else is refused with sslmode=%s',
    async (mode) => {
      expect(await failure(at(`dbname=any sslmode=${mode} sslrootcert=${stranger.caFile}`))).toMatchObject({
        kind: 'connection',
        message: expect.stringContaining("The server's certificate is not trusted: "),
        hint: 'sslrootcert says whose certificates are',
      });
    },
  );

  it('signed by nobody known is refused without sslrootcert', async () => {
    const { message } = await failure(at('dbname=any sslmode=verify-full'));
    expect(message).toContain("The server's certificate is not trusted: ");
    expect((await failure(at('dbname=any sslrootcert=system'))).message).toContain('not trusted');
  });

  it.each(['127.0.0.2', '127.1'])('of another name, %s, is refused with verify-full only', async (host) => {
    const trusted = `dbname=any sslrootcert=${authority.caFile}`;
    expect(await reach(at(`${trusted} sslmode=verify-ca`, host))).toBe(true);
    const error = await failure(at(`${trusted} sslmode=verify-full`, host));
    expect(error).toMatchObject({ kind: 'connection', code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    expect(error.message).toMatch(/^The server's certificate is for another name: .*127\./);
    expect(await reach(at(`${trusted} sslmode=verify-full`, 'localhost'))).toBe(true);
  });

  it('that knows its clients by their certificates lets in who has one', async () => {
    const { certFile, keyFile } = authority.issue('robot');
    const own = `sslmode=verify-full sslrootcert=${authority.caFile} sslcert=${certFile} sslkey=${keyFile}`;
    expect(await reach(at(`dbname=mutual ${own}`))).toBe(true);
    expect(await reach(at(`dbname=named ${own}`).replace('user=postgres', 'user=robot'))).toBe(true);
    expect((await failure(at(`dbname=named ${own}`))).message).toMatch(/certificate authentication failed/);
  });

  it('that knows its clients by their certificates refuses others', async () => {
    expect((await failure(at('dbname=mutual sslmode=require'))).message).toMatch(/valid client certificate/);
    const { certFile, keyFile } = stranger.issue('robot');
    const error = await failure(at(`dbname=mutual sslmode=require sslcert=${certFile} sslkey=${keyFile}`));
    expect(error).toMatchObject({
      kind: 'connection',
      message: expect.stringMatching(/does not take our certificate.*unknown ca$/),
    });
  });

  it('takes a key that has a password', async () => {
    const { certFile, keyFile } = authority.issue('sealed');
    const sealed = authority.file('sealed.enc');
    execFileSync('openssl', ['pkcs8', '-topk8', '-in', keyFile, '-out', sealed, '-passout', 'pass:hush hush']);
    const own = `dbname=mutual sslmode=require sslcert=${certFile} sslkey=${sealed}`;
    expect(await reach(at(`${own} sslpassword='hush hush'`))).toBe(true);
    expect((await failure(at(own))).message).toBe(`sslkey ${sealed} is encrypted: sslpassword is missing.`);
    const { message } = await failure(at(`${own} sslpassword=hush-else`));
    expect(message).toMatch(/cannot be used together/);
    expect(message).not.toContain('hush-else');
  });

  it('is told to break off a statement over TLS too', async () => {
    const connection = await connect(at(`dbname=encrypted sslmode=verify-full sslrootcert=${authority.caFile}`));
    const stop = new AbortController();
    const running = (async () => {
      for await (const _ of connection.query('SELECT pg_sleep(60)', { signal: stop.signal }));
    })();
    const sleeping = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_sleep%'`;
    await expect.poll(() => server.sql(sleeping)).toEqual([{ n: 1 }]);
    stop.abort(new Error('late'));
    await expect(running).rejects.toMatchObject({ kind: 'cancelled' });
    expect(await server.sql(sleeping)).toEqual([{ n: 0 }]);
    await connection.close();
  });
});

describe('a server without TLS', () => {
  it.skipIf(!hasPostgres)('is reached only where the client may do without', async () => {
    const server = await startPostgres();
    try {
      const at = server.datasource.replace('sslmode=disable', '');
      expect(await reach(`${at} sslmode=prefer`)).toBe(false);
      expect(await failure(`${at} sslmode=require`)).toMatchObject({
        kind: 'connection',
        message: 'The server offers no TLS',
        code: 'ERR_NO_TLS',
      });
    } finally {
      await server.remove();
    }
  });

  it.each([
    ['nothing', ''],
    ['no TLS, in the middle of it', 'Sthis is no TLS'],
    ['S, and then nothing', 'S'],
    ['garbage', 'garbage'],
  ])('that answers %s is left in time', async (_name, answer) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.write(answer.slice(0, 1), () => socket.write(answer.slice(1))));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const datasource = `host=127.0.0.1 port=${port} user=me password=hunter2 sslmode=require`;
    const connecting = postgresql.connect({ datasource, readOnly: true }, AbortSignal.timeout(300));
    await expect(connecting).rejects.toMatchObject({
      kind: 'connection',
      message: expect.not.stringContaining('hunter2'),
    });
    await expect.poll(() => new Promise((resolve) => server.getConnections((_, count) => resolve(count)))).toBe(0);
    server.close();
  });
});

describe('words that cannot be meant', () => {
  let files: Record<string, string>;
  beforeAll(() => {
    const garbage = authority.file('garbage');
    writeFileSync(garbage, 'no certificate');
    files = { GARBAGE: garbage, CERT: authority.issue('a').certFile, OTHER: authority.issue('b').keyFile };
  });

  it.each([
    ['sslmode=sometimes', /^sslmode cannot be sometimes: it is disable, allow, prefer/],
    ['sslmode=require sslrootcert=/nowhere/ca.pem', /^sslrootcert cannot be read: ENOENT.*\/nowhere\/ca.pem/],
    ['sslmode=require sslcert=/nowhere/me.pem', /^sslcert and sslkey go together: sslkey is missing/],
    ['sslmode=require sslkey=/nowhere/me.key', /^sslcert and sslkey go together: sslcert is missing/],
    ['sslmode=require sslrootcert=system', /^sslrootcert=system needs sslmode=verify-full/],
    ['sslmode=verify-ca sslrootcert=GARBAGE', /is no PEM file/],
    ['sslmode=require sslcert=GARBAGE sslkey=GARBAGE', /is no PEM file/],
    ['sslmode=require sslcert=CERT sslkey=OTHER', /cannot be used together: key values mismatch/],
  ])('%s', (words, message) => {
    const datasource = `host=db user=me password=hunter2 ${words.replace(/[A-Z]{4,}/g, (name) => files[name]!)}`;
    expect(() => postgresql.describe({ datasource, readOnly: true })).toThrow(message);
    expect(() => postgresql.describe({ datasource, readOnly: true })).not.toThrow('hunter2');
  });
});
