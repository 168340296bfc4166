import { SqlError, type SqlErrorKind } from '@millrace/sql';
import type { DatabaseError } from 'pg';

/** SQLSTATEs that say that there is no server to ask: connection exceptions, shutting down, no room, wrong credentials. */
const isConnection = /^(?:08|28|57P|53300|3D000)/;

export function toSqlError(thrown: unknown): SqlError {
  if (thrown instanceof SqlError) return thrown;
  const error = thrown as Partial<DatabaseError> & Error;
  const tls = tlsError(error);
  if (tls) return tls;
  const { code, severity, position, hint } = error;
  const isAnswer = severity !== undefined && code !== undefined && code.length === 5;
  const kind: SqlErrorKind =
    !isAnswer || isConnection.test(code) ? 'connection' : code === '57014' ? 'cancelled' : 'statement';
  const detail = error.detail ? ` (${error.detail})` : '';
  const message = error instanceof AggregateError ? error.errors.map(String).join('; ') : error.message || String(code);
  return new SqlError(kind, `${message}${detail}`, {
    code,
    hint:
      hint ?? (code === '28000' && message.endsWith('no encryption') ? 'it may want TLS: sslmode=require' : undefined),
    ...(position !== undefined && { position: Number(position) }),
  });
}

/** Of the certificate that the server showed, as Node's `tls` has them. */
const isNotTrusted = /^(?:UNABLE_TO_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|CRL_|HOSTNAME_)/;

/** What went wrong before there was a session; undefined where that was something else. */
function tlsError(error: NodeJS.ErrnoException & { readonly reason?: string }): SqlError | undefined {
  const { code = '', message, reason = message } = error;
  const refused = (text: string, hint: string, known = code): SqlError =>
    new SqlError('connection', text, { code: known, hint, cause: error });
  if (message === 'The server does not support SSL connections')
    return refused('The server offers no TLS', 'sslmode=disable does without', 'ERR_NO_TLS');
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return refused(`The server's certificate is for another name: ${reason}`, 'sslmode=verify-ca takes any name');
  if (isNotTrusted.test(code))
    return refused(`The server's certificate is not trusted: ${message}`, 'sslrootcert says whose certificates are');
  if (/ALERT.*(?:CERT|UNKNOWN_CA)|HANDSHAKE_FAILURE/.test(code))
    return refused(
      `The server does not take our certificate, or wants one: ${reason}`,
      'sslcert and sslkey say who we are',
    );
  return code.startsWith('ERR_SSL_') ? refused(`TLS failed: ${reason}`, '') : undefined;
}
