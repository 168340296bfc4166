import { readFileSync } from 'node:fs';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { SqlError, type Target } from '@millrace/sql';

export interface ClickhouseTarget {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly username: string;
  readonly password: string;
  readonly url: string;
  readonly agent: HttpAgent | HttpsAgent;
  readonly settings: Readonly<Record<string, string>>;
  readonly readOnly: boolean;
}

const refused = (message: string): SqlError => new SqlError('connection', message);

/** Of Go's driver, and of no meaning here: https://github.com/ClickHouse/clickhouse-go#dsn */
const ignored = new Set(
  `hosts dial_timeout connection_open_strategy debug compress compress_level block_buffer_size read_timeout
   max_open_conns max_idle_conns conn_max_lifetime max_compression_buffer client_info_product http_proxy`.split(/\s+/),
);
const ownParams = new Set(['secure', 'skip_verify', 'ca_file', 'username', 'password', 'database']);

/** `clickhouse://user:password@host:8123/database?secure=true`, or `http://…`, `https://…`; or the parts. */
export function readTarget({ datasource, params = {}, readOnly, ...parts }: Target): ClickhouseTarget {
  const url = datasource === undefined ? undefined : parse(datasource);
  const all: Record<string, string> = Object.fromEntries(url?.searchParams ?? []);
  for (const [name, value] of Object.entries(params)) all[name] = String(value);
  const secure = url?.protocol === 'https:' || all['secure'] === 'true';
  const host = parts.host ?? (url ? url.hostname.replace(/^\[(.*)\]$/, '$1') : 'localhost');
  const port = parts.port ?? (url?.port ? Number(url.port) : secure ? 8443 : 8123);
  if (port === 9000 || port === 9440)
    throw refused(`${port} is the port of ClickHouse's native protocol: give that of HTTP, ${secure ? 8443 : 8123}.`);
  const ca = all['ca_file'] === undefined ? {} : { ca: readCa(all['ca_file']) };
  return {
    host,
    port,
    database: parts.database ?? all['database'] ?? (decodeURIComponent(url?.pathname.slice(1) ?? '') || 'default'),
    username: parts.username ?? all['username'] ?? (decodeURIComponent(url?.username ?? '') || 'default'),
    password: parts.password ?? all['password'] ?? decodeURIComponent(url?.password ?? ''),
    url: `${secure ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    agent: secure
      ? new HttpsAgent({ keepAlive: true, rejectUnauthorized: all['skip_verify'] !== 'true', ...ca })
      : new HttpAgent({ keepAlive: true }),
    settings: settingsOf(all),
    readOnly,
  };
}

function parse(datasource: string): URL {
  const [first] = datasource.split(',', 1); // several hosts: the first
  const url = URL.parse(first === datasource ? datasource : `${first}${/\/[^/]*$/.exec(datasource)?.[0] ?? ''}`);
  if (!url || !['clickhouse:', 'http:', 'https:', 'tcp:'].includes(url.protocol) || url.hostname === '')
    throw refused('The datasource must be of the form clickhouse://user:password@host:8123/database?secure=true.');
  return url;
}

function settingsOf(params: Readonly<Record<string, string>>): Record<string, string> {
  const settings = Object.entries(params).filter(([name]) => !ownParams.has(name) && !ignored.has(name));
  const wrong = settings.find(([name]) => !/^[a-z]\w*$/.test(name));
  if (wrong)
    throw refused(`The parameter ${JSON.stringify(wrong[0])} is none of the driver's, and no setting of ClickHouse's.`);
  return Object.fromEntries(settings);
}

function readCa(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new SqlError('connection', 'ca_file cannot be read', { cause });
  }
}
