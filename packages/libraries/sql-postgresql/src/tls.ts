import { readFileSync } from 'node:fs';
import { createSecureContext, getCACertificates } from 'node:tls';
import { SqlError } from '@millrace/sql';

export interface Tls {
  readonly rejectUnauthorized: boolean;
  readonly ca?: string | readonly string[];
  readonly cert?: string;
  readonly key?: string;
  readonly passphrase?: string;
  readonly checkServerIdentity?: () => undefined;
}

/** How to try to reach a server, one after the other: the next only where the server does not take the one before. */
export type Tries = readonly (Tls | undefined)[];

type Words = Readonly<Record<string, string>>;

const modes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'];
const isNear = (host: string): boolean => /^(?:\/|localhost$|127\.|::1$)/.test(host);

/**
 * What libpq's words `sslmode`, `sslrootcert`, `sslcert`, `sslkey` and `sslpassword` say. Without `sslmode`: no TLS on this
 * machine where none of them is there, else `require`, as Go's driver has it. With `sslrootcert`, `require` verifies who signed, as libpq does.
 */
export function tlsOf(words: Words, host: string): Tries {
  const { sslrootcert: root = '', sslcert = '' } = words;
  const isWanted = !isNear(host) || root !== '' || sslcert !== '';
  const { sslmode = root === 'system' ? 'verify-full' : isWanted ? 'require' : 'disable' } = words;
  if (!modes.includes(sslmode))
    throw refused(`sslmode cannot be ${sslmode}: it is disable, allow, prefer, require, verify-ca or verify-full.`);
  if (root === 'system' && sslmode !== 'verify-full' && sslmode !== 'disable')
    throw refused(`sslrootcert=system needs sslmode=verify-full: any site could be the server with ${sslmode}.`);
  if (sslmode === 'disable' || host.startsWith('/')) return [undefined];
  const mode = sslmode === 'require' && root !== '' ? 'verify-ca' : sslmode;
  const tls: Tls = {
    rejectUnauthorized: mode.startsWith('verify'),
    ...(mode === 'verify-ca' && { checkServerIdentity: () => undefined }),
    ...certificatesOf(words),
  };
  if (mode === 'allow') return [undefined, tls];
  return mode === 'prefer' ? [tls, undefined] : [tls];
}

function certificatesOf(words: Words): Pick<Tls, 'ca' | 'cert' | 'key' | 'passphrase'> {
  const { sslrootcert: root = '', sslcert = '', sslkey = '', sslpassword: passphrase } = words;
  if ((sslcert === '') !== (sslkey === ''))
    throw refused(`sslcert and sslkey go together: ${sslcert === '' ? 'sslcert' : 'sslkey'} is missing.`);
  const ca = root === 'system' ? getCACertificates('system') : root === '' ? undefined : pem('sslrootcert', root);
  if (sslcert === '') return { ...(ca !== undefined && { ca }) };
  const own = {
    cert: pem('sslcert', sslcert),
    key: pem('sslkey', sslkey),
    ...(passphrase !== undefined && { passphrase }),
  };
  if (passphrase === undefined && own.key.includes('ENCRYPTED'))
    throw refused(`sslkey ${sslkey} is encrypted: sslpassword is missing.`);
  try {
    createSecureContext(own);
  } catch (error) {
    throw refused(`sslcert ${sslcert} and sslkey ${sslkey} cannot be used together: ${reasonOf(error)}.`);
  }
  return { ...own, ...(ca !== undefined && { ca }) };
}

/** A file without a certificate would be taken by Node, and then nothing would be trusted. */
function pem(word: string, path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw refused(`${word} cannot be read: ${reasonOf(error)}`);
  }
  if (!text.includes('-----BEGIN ')) throw refused(`${word} ${path} is no PEM file.`);
  return text;
}

/** What OpenSSL says, without the places in its code. */
const reasonOf = (error: unknown): string => (error as { reason?: string }).reason ?? (error as Error).message;

const refused = (message: string): SqlError => new SqlError('connection', message);
