import { SqlError, type Target } from '@millrace/sql';
import type { ConnectionOptions } from 'mysql2';
import { tlsOf, tlsParams } from './tls.ts';

export interface MysqlTarget {
  /** What mysql2 needs to reach the server and log in. */
  readonly options: ConnectionOptions;
  /** A host, an address, or the path of a socket. */
  readonly address: string;
  readonly port: number | undefined;
  readonly database: string | undefined;
  /** Connect without TLS where the server has none: `tls=preferred`. */
  readonly plainToo: boolean;
  /** Statements that set the session's variables. */
  readonly settings: readonly string[];
  readonly readOnly: boolean;
}

type Parts = Pick<Target, 'host' | 'port' | 'database' | 'username' | 'password' | 'params'>;

/** Of Go's driver, and of no meaning here: https://github.com/go-sql-driver/mysql#parameters */
const ignored = new Set(
  `allowAllFiles allowNativePasswords allowOldPasswords checkConnLiveness clientFoundRows collation columnsWithAlias
   connectionAttributes interpolateParams loc maxAllowedPacket parseTime readTimeout rejectReadOnly serverPubKey timeout
   timeTruncate writeTimeout multiStatements allowFallbackToPlaintext`.split(/\s+/),
);

/** `user:password@tcp(host:port)/database?param=value`, as Go's driver has it, or the parts. */
export function readTarget({ datasource, readOnly, ...parts }: Target): MysqlTarget {
  const written = datasource === undefined ? {} : parse(datasource);
  const { host = 'localhost', port, database, username, password } = { ...written, ...given(parts) };
  const params: Record<string, string> = {};
  for (const [name, value] of Object.entries({ ...written.params, ...parts.params })) params[name] = String(value);
  const isSocket = host.startsWith('/');
  const { tls, charset, compress, allowCleartextPasswords } = params;
  const ssl = isSocket ? undefined : tlsOf(params);
  return {
    address: host,
    port: isSocket ? undefined : (port ?? 3306),
    database,
    plainToo: tls === 'preferred',
    settings: settingsOf(params),
    readOnly,
    options: {
      ...(isSocket ? { socketPath: host } : { host, port: port ?? 3306 }),
      ...(username !== undefined && { user: username }),
      ...(password !== undefined && { password }),
      ...(database !== undefined && { database }),
      ...(charset !== undefined && { charset: charset.split(',', 1)[0]! }),
      ...(compress === 'true' && { compress: true }),
      ...(allowCleartextPasswords === 'true' && { enableCleartextPlugin: true }),
      ...(ssl && { ssl }),
    },
  };
}

const given = (parts: Parts): Parts =>
  Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as Parts;

const refused = (message: string): SqlError => new SqlError('connection', message);

/** A database's name may have a slash, and a password anything: so the last of each counts. */
function parse(datasource: string): Parts {
  const slash = datasource.lastIndexOf('/', datasource.includes('?') ? datasource.lastIndexOf('?') : undefined);
  const wrong = (): SqlError =>
    refused('The datasource must be of the form user:password@tcp(host:port)/database?param=value.');
  if (slash === -1) throw wrong();
  const before = datasource.slice(0, slash);
  const at = before.lastIndexOf('@');
  const [username, password] = cut(before.slice(0, Math.max(at, 0)), ':');
  const place = /^(?:([a-z0-9]*)(?:\((.*)\))?)?$/i.exec(before.slice(at + 1));
  if (!place) throw wrong();
  const [, protocol = '', address = ''] = place;
  if (!['', 'tcp', 'unix'].includes(protocol)) throw refused(`The datasource cannot use ${protocol}: use tcp or unix.`);
  const [database, query = ''] = cut(datasource.slice(slash + 1), '?');
  return {
    ...(protocol === 'unix' ? { host: address } : parseAddress(address)),
    database: database === '' ? undefined : decodeURIComponent(database),
    username: username === '' ? undefined : username,
    password,
    params: Object.fromEntries(new URLSearchParams(query)),
  };
}

function cut(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function parseAddress(address: string): Parts {
  if (address === '') return {};
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(address) ?? [];
  const host = bracketed ?? plain;
  if (!host) throw refused('The datasource has no host in its brackets: tcp(host:port).');
  return { host, port: port === undefined ? undefined : Number(port) };
}

const ownParams = new Set([...tlsParams, 'charset', 'compress', 'allowCleartextPasswords']);

/** Whatever else is given is a variable of the server's, as in Go's driver: `time_zone='+00:00'`. */
function settingsOf(params: Readonly<Record<string, string>>): readonly string[] {
  const settings: string[] = [];
  for (const [name, value] of Object.entries(params)) {
    if (ownParams.has(name) || ignored.has(name)) continue;
    const text = /^'([^'\\]*)'$/.exec(value)?.[1] ?? value;
    if (!/^[a-z_][a-z0-9_.]*$/i.test(name) || /['\\]/.test(text))
      throw refused(`The parameter ${name} is none of the driver's, and no variable of the server can be set so.`);
    settings.push(`SET SESSION ${name} = ${/^-?\d+(?:\.\d+)?$/.test(value) ? value : `'${text}'`}`);
  }
  return settings;
}
