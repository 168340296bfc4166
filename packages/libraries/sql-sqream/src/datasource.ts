import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { SqlError, type Target } from '@millrace/sql';
import type { Login } from './session.ts';

const allowed = 'sqream://user:password@host:port/database?service=monitor&clustered=true&use_ssl=true';

type Params = Readonly<Record<string, string | number | boolean>>;

const parameters = [
  'service',
  'clustered',
  'cluster',
  'use_ssl',
  'ssl',
  'insecure_skip_verify',
  'ca_file',
  'server_name',
] as const;

/** Throws a SqlError that says what is allowed. A `datasource` is as SQLAlchemy has it, or as JDBC has it. */
export function loginOf(target: Target): Login {
  const parts = target.datasource === undefined ? target : parseDatasource(target.datasource);
  const params: Params = { ...parts.params, ...target.params };
  const unknown = Object.keys(params).find((name) => !(parameters as readonly string[]).includes(name));
  if (unknown !== undefined)
    throw refused(`SQreamDB has no parameter ${JSON.stringify(unknown)}: there are ${parameters.join(', ')}.`);
  const clustered = flag(params, 'clustered') || flag(params, 'cluster');
  const encrypted = flag(params, 'use_ssl') || flag(params, 'ssl');
  const { host = 'localhost', port, database = 'master', username = 'sqream', password = '' } = parts;
  return {
    host,
    port: port ?? (clustered ? 3108 : encrypted ? 5100 : 5000),
    database,
    username,
    password,
    service: String(params.service ?? 'sqream'),
    clustered,
    ...(encrypted && { tls: tlsOf(params) }),
  };
}

const refused = (message: string): SqlError => new SqlError('statement', message);

function flag(params: Params, name: string): boolean {
  const value = String(params[name] ?? false).toLowerCase();
  if (value === 'true' || value === 'false') return value === 'true';
  throw refused(`${name} must be true or false.`);
}

function tlsOf(params: Params): ConnectionOptions {
  const { ca_file: file, server_name: servername } = params;
  return {
    rejectUnauthorized: !flag(params, 'insecure_skip_verify'),
    ...(file !== undefined && { ca: readCa(String(file)) }),
    ...(servername !== undefined && { servername: String(servername) }),
  };
}

function readCa(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new SqlError('connection', 'ca_file cannot be read', { cause });
  }
}

function parseDatasource(datasource: string): Omit<Target, 'readOnly'> {
  return datasource.toLowerCase().startsWith('jdbc:') ? parseJdbc(datasource) : parseUrl(datasource);
}

function parseUrl(datasource: string): Omit<Target, 'readOnly'> {
  const url = URL.parse(datasource);
  if (!url || !['sqream:', 'pysqream:', 'pysqream+dialect:'].includes(url.protocol) || url.hostname === '')
    throw refused(`The datasource of SQreamDB must be of the form ${allowed}`); // the value may hold a password
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? undefined : Number(url.port),
    database: decoded(url.pathname.slice(1)) || undefined,
    username: decoded(url.username) || undefined,
    password: decoded(url.password),
    params: Object.fromEntries(url.searchParams),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refused('The datasource of SQreamDB has a % that is not followed by two hexadecimal digits: write it %25.');
  }
}

/** `jdbc:Sqream://host:port/database;user=…;password=…;service=…;cluster=true;ssl=true`. */
function parseJdbc(datasource: string): Omit<Target, 'readOnly'> {
  const [, host, port, database, rest = ''] =
    /^jdbc:sqream:\/\/([^:/;]+)(?::(\d+))?\/([^;?]*)[;?]?(.*)$/is.exec(datasource) ?? [];
  if (host === undefined)
    throw refused('The datasource of SQreamDB must be of the form jdbc:Sqream://host:port/database;user=…;password=…');
  const pairs = rest.split(/[;&]/).filter((pair) => pair !== '');
  const all = new Map(pairs.map((pair) => [pair.split('=', 1)[0]!, pair.slice(pair.indexOf('=') + 1)]));
  const { user, password = '', logger: _, ...params } = Object.fromEntries(all);
  return { host, port: port === undefined ? undefined : Number(port), database, username: user, password, params };
}
