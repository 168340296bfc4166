import { userInfo } from 'node:os';
import { SqlError, type Target } from '@millrace/sql';
import { tlsOf, type Tries } from './tls.ts';

export interface PostgresTarget {
  /** A name, an address, or the folder of a socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string | undefined;
  readonly applicationName: string;
  readonly tls: Tries;
  /** For the session: `search_path`, `options`. */
  readonly options: string | undefined;
  readonly readOnly: boolean;
}

/** What libpq's connection strings say: `host=… password='…'`, or `postgres://user:password@host:port/database?sslmode=…`. */
export function readTarget({ datasource = '', params = {}, readOnly, ...parts }: Target): PostgresTarget {
  const written: Record<string, string> = {
    ...(/^postgres(?:ql)?:\/\//i.test(datasource) ? fromUrl(datasource) : fromWords(datasource)),
    ...Object.fromEntries(Object.entries(params).map(([key, value]) => [key, String(value)])),
  };
  const host = parts.host ?? written['host'] ?? written['hostaddr'] ?? 'localhost';
  const user = parts.username ?? written['user'] ?? userInfo().username;
  return {
    host,
    port: parts.port ?? Number(written['port'] ?? 5432),
    user,
    database: parts.database ?? written['dbname'] ?? written['database'] ?? user,
    password: parts.password ?? written['password'],
    applicationName: written['application_name'] ?? written['fallback_application_name'] ?? 'millrace',
    tls: tlsOf(written, host),
    options: written['options'],
    readOnly,
  };
}

const pair = /\s*([a-z_]+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s\\]|\\.)*))/giy;

function fromWords(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  let end = 0;
  for (const { 0: all, 1: key, 2: quoted, 3: bare, index } of text.matchAll(pair)) {
    found[key!.toLowerCase()] = (quoted ?? bare ?? '').replace(/\\(.)/g, '$1');
    end = index + all.length;
  }
  if (text.slice(end).trim() !== '')
    throw new SqlError('connection', 'The datasource is neither key=value pairs nor a postgres:// URL.');
  return found;
}

function fromUrl(written: string): Record<string, string> {
  // `postgres:///shop?host=/run/postgresql` is one to libpq, but not to URL where there is a user.
  const text = written.replace(/^(\w+:\/\/(?:[^@/]*@)?)(?=[/?]|$)/, '$1localhost');
  if (!URL.canParse(text)) throw new SqlError('connection', 'The datasource is not a URL that can be read.');
  const { hostname, port, username, password, pathname, searchParams } = new URL(text);
  const database = decodeURIComponent(pathname.slice(1));
  return {
    ...(hostname && { host: decodeURIComponent(hostname).replace(/^\[(.*)\]$/, '$1') }),
    ...(port && { port }),
    ...(username && { user: decodeURIComponent(username) }),
    ...(password && { password: decodeURIComponent(password) }),
    ...(database && { dbname: database }),
    ...Object.fromEntries(searchParams),
  };
}
