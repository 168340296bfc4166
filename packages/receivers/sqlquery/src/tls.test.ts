import { type Authority, createAuthority } from '@millrace/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { hasMariaDb, type MariaDb, startMariaDb } from '../../../libraries/sql-mysql/src/testdata/mariadb.ts';
import type { PostgresServer } from '../../../libraries/sql-postgresql/src/testdata/server.ts';
import { polling } from './testdata/polling.ts';
import { hasPostgres, startPostgres } from './testdata/postgres.ts';

interface Database {
  /** The part of a config that says where it is, without words about TLS. */
  readonly where: string;
  /** A query whose value is 1 over TLS. */
  readonly sql: string;
  readonly trusting: (caFile: string) => string;
  readonly ours: (files: { certFile: string; keyFile: string }) => string;
}

let authority: Authority;
let stranger: Authority;
let postgres: PostgresServer | undefined;
let mariadb: MariaDb | undefined;
const databases: Record<string, Database> = {};

beforeAll(async () => {
  authority = createAuthority();
  stranger = createAuthority();
  const { caFile } = authority;
  const { certFile, keyFile } = authority.issue('database');
  if (hasPostgres) {
    postgres = await startPostgres({ certFile, keyFile, caFile, hba: ['hostssl all all all cert'] });
    await postgres.sql('CREATE ROLE robot LOGIN');
    databases['postgres'] = {
      where: `driver: postgres\nhost: localhost\nport: ${postgres.port}\ndatabase: postgres\nusername: robot\npassword: hunter2`,
      sql: 'SELECT ssl::int AS n FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
      trusting: (file) => `sslmode: verify-full\n  sslrootcert: ${file}`,
      ours: (files) => `sslcert: ${files.certFile}\n  sslkey: ${files.keyFile}`,
    };
  }
  if (hasMariaDb) {
    mariadb = await startMariaDb([
      ...[`--ssl-cert=${certFile}`, `--ssl-key=${keyFile}`, `--ssl-ca=${caFile}`, '--bind-address=127.0.0.1'],
    ]);
    await mariadb.run(
      `CREATE USER robot@'%' IDENTIFIED BY 'hunter2' REQUIRE SUBJECT '/CN=robot'; GRANT ALL ON *.* TO robot@'%'`,
    );
    databases['mysql'] = {
      where: `driver: mysql\nhost: localhost\nport: ${mariadb.port}\nusername: robot\npassword: hunter2`,
      sql: `SELECT variable_value <> '' AS n FROM information_schema.session_status WHERE variable_name = 'Ssl_cipher'`,
      trusting: (file) => `tls: true\n  ca_file: ${file}`,
      ours: (files) => `cert_file: ${files.certFile}\n  key_file: ${files.keyFile}`,
    };
  }
}, 60_000);
afterAll(async () => {
  authority.remove();
  stranger.remove();
  await Promise.all([postgres?.remove(), mariadb?.stop()]);
});

const configOf = ({ where, sql }: Database, ...words: readonly string[]): object =>
  parse(`${where}
${words.length > 0 ? `additional_params:\n  ${words.join('\n  ')}` : ''}
queries:
  - sql: ${JSON.stringify(sql)}
    metrics: [{ metric_name: tls, value_column: n }]
`) as object;

describe.each([
  ['postgres', hasPostgres],
  ['mysql', hasMariaDb],
])('%s that knows its clients by their certificates', (name, isHere) => {
  it.skipIf(!isHere)('is asked by who has one', async () => {
    const database = databases[name]!;
    const { trusting, ours } = database;
    await using run = await polling(configOf(database, trusting(authority.caFile), ours(authority.issue('robot'))));
    await run.until(() => run.metrics('tls').length > 0);
    expect(run.metrics('tls')[0]!.metric.dataPoints).toMatchObject([{ value: 1 }]);
  });

  it.skipIf(!isHere).each([
    ['in the clear', () => [name === 'postgres' ? 'sslmode: disable' : 'tls: false'], /it may want TLS/],
    ['without a certificate', ({ trusting }: Database) => [trusting(authority.caFile)], /certificate|Access denied/],
    [
      'with the certificate of a stranger',
      ({ trusting, ours }: Database) => [trusting(authority.caFile), ours(stranger.issue('robot'))],
      /does not take our certificate.*unknown ca/,
    ],
    [
      'whom it cannot convince',
      ({ trusting, ours }: Database) => [trusting(stranger.caFile), ours(authority.issue('robot'))],
      /The server's certificate is not trusted/,
    ],
  ])('is not asked by one %s, who is told why, once', async (_who, words, why) => {
    const database = databases[name]!;
    await using run = await polling(configOf(database, ...words(database)));
    await run.until(() => run.metrics('sqlquery.up').length > 5);
    expect(run.metrics('sqlquery.up').at(-1)!.metric.dataPoints).toMatchObject([{ value: 0 }]);
    const told = run.context.lines.filter(({ message }) => message === 'The database cannot be reached.');
    expect(told).toMatchObject([{ fields: { error: expect.stringMatching(why) as string } }]);
    expect(run.logged()).not.toContain('hunter2');
  });

  it.skipIf(!isHere)('is not started where a file is not there', async () => {
    const database = databases[name]!;
    await expect(polling(configOf(database, database.trusting('/nowhere/ca.pem')))).rejects.toThrow(
      /^The database is not said as its driver needs it: .*cannot be read: .*\/nowhere\/ca.pem/,
    );
  });
});
