import { describeError } from '@millrace/core';
import { exitCode } from '../exit-code.ts';
import { harmless } from './harmless.ts';

/** What went wrong with the service, as a sentence for the user that says what to do. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  /** What the program ends with if it ends here. */
  readonly exitCode: number;
  /** It will not go away by itself: no reason to try again. */
  readonly permanent: boolean;
  constructor(message: string, options: { readonly exitCode?: number; readonly permanent?: boolean } = {}) {
    super(message);
    this.exitCode = options.exitCode ?? exitCode.noService;
    this.permanent = options.permanent ?? false;
  }
}

const permanent = (message: string): ServiceError => new ServiceError(message, { permanent: true });

/** https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const untrusted = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_UNTRUSTED',
]);

/** Why there was no answer. */
export function problemOfConnection(error: unknown, url: URL): ServiceError {
  if (error instanceof ServiceError) return error;
  const { code = '' } = error as NodeJS.ErrnoException;
  const { host, hostname, protocol } = url;
  const at = `${protocol}//${host}`;
  const detail = detailOf(error);

  if (untrusted.has(code))
    return permanent(
      `${at} shows a certificate of an authority that is not trusted here (${detail}). Name its authority: --ca ca.pem`,
    );
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return permanent(`The certificate of ${at} is for another name: ${detail} Use a name that it has in --endpoint.`);
  if (code.startsWith('CERT_')) return permanent(`The certificate of ${at} is not valid: ${detail}.`);
  if (/wrong version number|packet length too long/.test(detail))
    return permanent(`${host} does not speak TLS: use --endpoint http://${host}`);
  if (/alert|handshake/i.test(detail))
    return permanent(`${at} refused the TLS connection (${detail}). Does it want a certificate? --cert and --key`);
  if (code.startsWith('HPE_'))
    return permanent(
      `What listens at ${host} does not speak HTTP/1.1 (${detail}). Is it the HTTP endpoint of a report cache?`,
    );
  switch (code) {
    case 'ECONNREFUSED':
      return new ServiceError(
        `Nothing listens at ${host}. Is the collector with the report_cache extension running? Another place: --endpoint`,
      );
    case 'ENOTFOUND':
      return new ServiceError(`There is no host named ${hostname}. Look at --endpoint.`);
    case 'EAI_AGAIN':
      return new ServiceError(`The name ${hostname} could not be looked up now (${detail}).`);
    case 'ECONNRESET':
    case 'EPIPE':
      return new ServiceError(
        `${host} closed the connection without an answer.${protocol === 'http:' ? ` If it wants TLS: --endpoint https://${host}` : ' Does it want a certificate? --cert and --key'}`,
      );
    default:
      return new ServiceError(`${at} cannot be reached: ${detail}.`);
  }
}

/** Of OpenSSL's errors only what they say, without where in its source. */
function detailOf(error: unknown): string {
  const text = describeError(error);
  return harmless(/:SSL routines:[^:]*:([^:]+)/.exec(text)?.[1] ?? text);
}
