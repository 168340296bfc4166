import { SqlError, type Target } from '@millrace/sql';
import type { ConnectionConfiguration } from 'tedious';

export interface MssqlTarget {
  readonly host: string;
  /** Absent where an instance's name says it. */
  readonly port: number | undefined;
  readonly database: string | undefined;
  readonly configuration: ConnectionConfiguration;
  readonly readOnly: boolean;
}

const refused = (message: string): SqlError => new SqlError('connection', message);

/**
 * As Go's driver has it: `sqlserver://user:password@host:port/instance?database=…`, or
 * `server=host\instance,port;user id=…;password=…;database=…`; or the parts.
 */
export function readTarget({ datasource, params = {}, readOnly, ...parts }: Target): MssqlTarget {
  const written: Record<string, string> = datasource === undefined ? {} : parse(datasource);
  for (const [name, value] of Object.entries(params)) written[name.toLowerCase()] = String(value);
  const first = (...names: string[]): string | undefined =>
    names.map((name) => written[name]).find((one) => one !== undefined);
  const server = /^(?:tcp:)?([^\\,]*)(?:\\([^,]*))?(?:,(\d+))?$/.exec(
    parts.host ?? first('server', 'data source', 'address', 'addr', 'host') ?? 'localhost',
  );
  if (!server) throw refused('The server must be of the form host, host,port or host\\instance.');
  const instance = server[2] ?? first('instance');
  const portText = parts.port ?? server[3] ?? first('port');
  const port = portText === undefined ? (instance === undefined ? 1433 : undefined) : Number(portText);
  const host = server[1] === '' || server[1] === '.' || server[1] === '(local)' ? 'localhost' : server[1]!;
  const database = parts.database ?? first('database', 'initial catalog');
  const encrypt = (first('encrypt') ?? 'true').toLowerCase();
  if (!['strict', ...yes, ...no].includes(encrypt))
    throw refused(`encrypt cannot be ${encrypt}: it is true, false, disable or strict.`);
  return {
    host,
    port,
    database,
    readOnly,
    configuration: {
      server: host,
      authentication: {
        type: 'default',
        options: {
          userName: parts.username ?? first('user id', 'uid', 'user'),
          password: parts.password ?? first('password', 'pwd'),
        },
      },
      options: {
        ...(port === undefined ? { instanceName: instance } : { port }),
        ...(database !== undefined && { database }),
        appName: first('app name', 'application name') ?? 'millrace',
        encrypt: encrypt === 'strict' ? 'strict' : !no.includes(encrypt),
        trustServerCertificate: yes.includes((first('trustservercertificate') ?? 'false').toLowerCase()),
        ...(first('hostnameincertificate') !== undefined && { serverName: first('hostnameincertificate')! }),
        readOnlyIntent: readOnly || first('applicationintent')?.toLowerCase() === 'readonly',
        useUTC: true,
        useColumnNames: false,
        requestTimeout: 0, // the signal's task
        connectTimeout: 2 ** 31 - 1, // the same; 0 would be at once
        cancelTimeout: 2_000,
      },
    },
  };
}

const yes = ['true', 'mandatory', 'yes', '1', 't'];
const no = ['false', 'optional', 'no', '0', 'f', 'disable'];

function parse(datasource: string): Record<string, string> {
  if (/^(?:sqlserver|mssql|azuresql):\/\//i.test(datasource)) return parseUrl(datasource);
  const found: Record<string, string> = {};
  for (const pair of datasource.replace(/^odbc:/i, '').match(/(?:[^;{]|\{[^}]*\})+/g) ?? []) {
    const [, key, braced, bare] = /^\s*([^=]+?)\s*=\s*(?:\{(.*)\}|(.*?))\s*$/s.exec(pair) ?? [];
    if (key === undefined) {
      if (pair.trim() !== '')
        throw refused('The datasource must be pairs of key=value with ; between them, or a sqlserver:// URL.');
    } else found[key.toLowerCase()] = braced ?? bare ?? '';
  }
  return found;
}

function parseUrl(datasource: string): Record<string, string> {
  const url = URL.parse(datasource.replace(/^\w+:/, 'http:')); // one whose host is read as a host
  if (!url)
    throw refused('The datasource is no URL that can be read: sqlserver://user:password@host:1433?database=name.');
  const port = /:(\d+)$/.exec(/^[^/]*\/\/([^/?]*)/.exec(datasource)?.[1] ?? '')?.[1]; // 80 too
  const params = Object.fromEntries([...url.searchParams].map(([name, value]) => [name.toLowerCase(), value]));
  const instance = decodeURIComponent(url.pathname.slice(1));
  return {
    server: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    ...(port !== undefined && { port }),
    ...(instance && { instance }),
    ...(url.username && { user: decodeURIComponent(url.username) }),
    ...(url.password && { password: decodeURIComponent(url.password) }),
    ...params,
  };
}
