import { SqlError, type SqlErrorKind } from '@millrace/sql';

interface MysqlError extends Error {
  readonly code?: string;
  readonly errno?: number;
  readonly sqlState?: string;
  readonly fatal?: boolean;
  /** OpenSSL's words, or what is wrong with a certificate's name. */
  readonly reason?: string;
}

/** ER_QUERY_INTERRUPTED, ER_QUERY_TIMEOUT, and MariaDB's ER_STATEMENT_TIMEOUT. */
const cancelled = new Set([1317, 3024, 1969]);
/** Too many connections, access denied, no such database, shutting down, killed, no TLS: no session to ask. */
const connection = new Set([1040, 1044, 1045, 1049, 1053, 1152, 1203, 1226, 1927, 3159]);

export function toSqlError(thrown: unknown): SqlError {
  if (thrown instanceof SqlError) return thrown;
  const error = thrown as MysqlError;
  const { code, errno = 0, sqlState } = error;
  const told = tlsError(error);
  if (told) return told;
  const kind: SqlErrorKind = cancelled.has(errno)
    ? 'cancelled'
    : sqlState === undefined || error.fatal || connection.has(errno)
      ? 'connection'
      : 'statement';
  const message =
    thrown instanceof AggregateError ? thrown.errors.map(String).join('; ') : error.message || String(code ?? thrown);
  return new SqlError(kind, message, { code: code ?? (errno ? String(errno) : undefined) });
}

/** What went wrong before there was a session; undefined where that was something else. mysql2 has one code for all. */
function tlsError({ code = '', message, reason = message }: MysqlError): SqlError | undefined {
  const refused = (text: string, hint?: string): SqlError => new SqlError('connection', text, { code, hint });
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT') return refused('The server offers no TLS', 'tls=false does without');
  if (/^ERR_SSL_.*ALERT.*(?:CERT|UNKNOWN_CA)/.test(code))
    return refused(`The server does not take our certificate: ${reason}`, 'cert_file and key_file say who we are');
  if (code.startsWith('ERR_SSL_')) return refused(`TLS failed: ${reason}`);
  if (code !== 'HANDSHAKE_SSL_ERROR') return undefined;
  if (message.startsWith('Hostname/IP'))
    return refused(`The server's certificate is for another name: ${reason}`, 'tls=verify-ca takes any name');
  if (/certificate|CRL/i.test(message) && !/alert/.test(message))
    return refused(`The server's certificate is not trusted: ${message}`, 'ca_file says whose certificates are');
  return refused(`TLS failed: ${reason}`);
}
