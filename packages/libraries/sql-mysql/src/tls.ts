import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { SqlError } from '@millrace/sql';
import type { SslOptions } from 'mysql2';

export const tlsParams = ['tls', 'ca_file', 'cert_file', 'key_file'] as const;

type Params = Readonly<Record<string, string>>;

const modes = ['true', 'verify-ca', 'skip-verify', 'preferred'];

/** What the parameters say; undefined for none. */
export function tlsOf(params: Params): SslOptions | undefined {
  const { tls = 'false', cert_file: certFile, key_file: keyFile } = params;
  const given = tlsParams.filter((name) => name !== 'tls' && params[name] !== undefined);
  if (tls === 'false') {
    if (given.length > 0) throw refused(`${given.join(', ')} without tls says nothing: add tls=true.`);
    return undefined;
  }
  if (!modes.includes(tls))
    throw refused(
      `tls cannot be ${tls}: it is true, verify-ca, skip-verify, preferred or false; ca_file says whom to trust.`,
    );
  if ((certFile === undefined) !== (keyFile === undefined))
    throw refused(
      `cert_file and key_file go together: ${certFile === undefined ? 'cert_file' : 'key_file'} is missing.`,
    );
  const own = { ...pem('cert', params), ...pem('key', params) };
  if (own.key?.includes('ENCRYPTED'))
    throw refused(`key_file ${keyFile} is encrypted, for which there is no parameter: give one that is not.`);
  try {
    createSecureContext(own);
  } catch (error) {
    throw refused(`cert_file ${certFile} and key_file ${keyFile} cannot be used together: ${reasonOf(error)}.`);
  }
  return {
    rejectUnauthorized: tls === 'true' || tls === 'verify-ca',
    verifyIdentity: tls === 'true',
    ...pem('ca', params),
    ...own,
  };
}

/** A file without a certificate would be taken by Node, and then nothing would be trusted. */
function pem(name: 'ca' | 'cert' | 'key', params: Params): { ca?: string; cert?: string; key?: string } {
  const path = params[`${name}_file`];
  if (path === undefined) return {};
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw refused(`${name}_file cannot be read: ${reasonOf(error)}`);
  }
  if (!text.includes('-----BEGIN ')) throw refused(`${name}_file ${path} is no PEM file.`);
  return { [name]: text };
}

/** What OpenSSL says, without the places in its code. */
const reasonOf = (error: unknown): string => (error as { reason?: string }).reason ?? (error as Error).message;

const refused = (message: string): SqlError => new SqlError('connection', message);
