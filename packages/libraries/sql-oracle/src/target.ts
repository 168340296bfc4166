import { SqlError, type Target } from '@millrace/sql';

export interface OracleTarget {
  /** `host:port/service`, or whatever else Oracle's clients take: a descriptor. */
  readonly connectString: string;
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly service: string | undefined;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly readOnly: boolean;
}

/** `oracle://user:password@host:port/service`, as Go's driver has it, or Oracle's own `user/password@host:port/service`; or the parts. */
export function readTarget({ datasource, params = {}, readOnly, ...parts }: Target): OracleTarget {
  const written =
    datasource === undefined ? {} : /^oracle:\/\//i.test(datasource) ? parseUrl(datasource) : parseEasy(datasource);
  const host = parts.host ?? written.host;
  const port = parts.port ?? written.port ?? (host === undefined ? undefined : 1521);
  const service = parts.database ?? written.service;
  const protocol = written.secure || params['ssl'] === true || params['ssl'] === 'true' ? 'tcps://' : '';
  return {
    host,
    port,
    service,
    user: parts.username ?? written.user,
    password: parts.password ?? written.password,
    connectString:
      written.descriptor ??
      `${protocol}${host?.includes(':') ? `[${host}]` : (host ?? 'localhost')}:${port ?? 1521}/${service ?? ''}`,
    readOnly,
  };
}

interface Written {
  readonly host?: string;
  readonly port?: number;
  readonly service?: string;
  readonly user?: string;
  readonly password?: string;
  readonly secure?: boolean;
  readonly descriptor?: string;
}

const refused = (): SqlError =>
  new SqlError(
    'connection',
    'The datasource must be of the form oracle://user:password@host:1521/service, or user/password@host:1521/service.',
  );

function parseUrl(datasource: string): Written {
  const url = URL.parse(datasource);
  if (!url || url.hostname === '') throw refused();
  const params = new Map([...url.searchParams].map(([name, value]) => [name.toLowerCase(), value]));
  const descriptor = params.get('connstr');
  const secure = params.get('ssl')?.toLowerCase() === 'true' || params.get('ssl')?.toLowerCase() === 'enable';
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    ...(url.port && { port: Number(url.port) }),
    service: decodeURIComponent(url.pathname.slice(1)),
    ...(url.username && { user: decodeURIComponent(url.username) }),
    ...(url.password && { password: decodeURIComponent(url.password) }),
    ...(descriptor !== undefined && { descriptor }),
    secure,
  };
}

/** The last @ counts: a password may have one. */
function parseEasy(datasource: string): Written {
  const at = datasource.lastIndexOf('@');
  const login = /^([^/]*)(?:\/(.*))?$/s.exec(datasource.slice(0, Math.max(at, 0)));
  const descriptor = datasource.slice(at + 1);
  const place = /^(?:(tcps?):)?(?:\/\/)?(\[[^\]]+\]|[^:/()\s]+)(?::(\d+))?\/(\S+)$/i.exec(descriptor);
  if (at === -1 || !login || !(place ?? /^\(.*\)$/s.test(descriptor))) throw refused();
  const [, protocol, host, port, service] = place ?? [];
  return {
    ...(login[1] && { user: login[1] }),
    ...(login[2] !== undefined && { password: login[2].replace(/^"(.*)"$/s, '$1') }),
    ...(host !== undefined && { host: host.replace(/^\[(.*)\]$/, '$1') }),
    ...(port !== undefined && { port: Number(port) }),
    ...(service !== undefined && { service }),
    secure: protocol?.toLowerCase() === 'tcps',
    ...(!place && { descriptor }),
  };
}
