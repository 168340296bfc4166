import { readFileSync } from 'node:fs';
import { describeError } from '@millrace/core';
import {
  type Ask,
  BodyTooLarge,
  createAsk,
  createClient,
  proveTls,
  shown,
  StatusError,
  type TlsConfig,
} from '@millrace/http-client';
import { harmless } from '../watch/harmless.ts';
import type { SourceOptions } from './options.ts';
import { noService, ProfileProblem, usage } from './problem.ts';

export interface Reaching {
  /** For messages: what is asked. */
  readonly url: URL;
  readonly timeoutMs: number;
}

/** Lets something be asked over HTTP. Rejects with a ProfileProblem where there is no answer, or one that says no. */
export type Fetch = <T>(reaching: Reaching, work: (ask: Ask, signal: AbortSignal) => Promise<T>) => Promise<T>;

/** More than any profile that can be shown. */
export const maxBytes = 512 * 1024 * 1024;

/** How this command line says to connect. */
export function createFetch(options: SourceOptions, signal: AbortSignal): Fetch {
  const { token, tokenFile, tenant } = options;
  if (token !== undefined && tokenFile !== undefined)
    throw usage('--token and --token-file say the same: give one of them.');
  const bearer = tokenFile === undefined ? token : readToken(tokenFile);
  const tls = tlsOf(options);
  const client = createClient({ tls, maxPerHost: 0, idleTimeoutMs: 1000, keepAlive: false, proxy: undefined });
  const ask = createAsk(client, {
    headers: {
      ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
      ...(tenant !== undefined && { 'x-scope-orgid': tenant }),
    },
  });
  return async ({ url, timeoutMs }, work) => {
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      return await work(ask, AbortSignal.any([signal, timeout]));
    } catch (error) {
      signal.throwIfAborted();
      if (timeout.aborted) throw noService(`${shown(url)} did not answer within ${Math.round(timeoutMs / 1000)} s.`);
      throw problemOf(error, url);
    }
  };
}

function readToken(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw usage(`--token-file cannot be read: ${describeError(error)}.`);
  }
}

function tlsOf({ ca, cert, key, insecure = false }: SourceOptions): TlsConfig {
  if ((cert === undefined) !== (key === undefined)) throw usage('--cert and --key go together: give both or none.');
  const tls: TlsConfig = {
    insecure: false,
    insecure_skip_verify: insecure,
    include_system_ca_certs_pool: false,
    min_version: '1.2',
    ...(ca !== undefined && { ca_file: ca }),
    ...(cert !== undefined && { cert_file: cert }),
    ...(key !== undefined && { key_file: key }),
  };
  try {
    proveTls(tls);
  } catch (error) {
    throw usage(`The certificates do not work: ${describeError((error as Error).cause ?? error)}.`);
  }
  return tls;
}

function refusal({ url, status, said }: StatusError): ProfileProblem {
  const text = `${shown(url)} answered with status ${status}${said === '' ? '' : `: ${harmless(said)}`}.`;
  if (status === 401 || status === 403)
    return noService(`${text} Who may ask? --token-file, http://user:password@…, or, of Pyroscope, --tenant`);
  if (status === 404 && url.pathname.includes('/debug/pprof'))
    return noService(`${text} Does the application serve its profiles, and at this port?`);
  return noService(text);
}

/** https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const untrusted = /^(?:DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_.*|CERT_UNTRUSTED)$/;

function problemOf(error: unknown, url: URL): ProfileProblem {
  if (error instanceof ProfileProblem) return error;
  if (error instanceof StatusError) return refusal(error);
  if (error instanceof BodyTooLarge) return new ProfileProblem(`${shown(url)}: ${error.message} That is no profile.`);
  const { code = '' } = error as NodeJS.ErrnoException;
  const detail = harmless(describeError(error)).replace(/\.$/, '');
  const { host } = url;
  if (untrusted.test(code))
    return noService(`${host} shows a certificate of an authority that is not trusted here (${detail}): --ca ca.pem`);
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return noService(`The certificate of ${host} is for another name: ${detail}.`);
  if (code.startsWith('CERT_')) return noService(`The certificate of ${host} is not valid: ${detail}.`);
  if (/wrong version number|packet length too long/.test(detail))
    return noService(`${host} does not speak TLS. Without: http://${host}`);
  if (code.startsWith('ERR_SSL'))
    return noService(`${host} refused the TLS connection (${detail}). Does it want --cert and --key?`);
  if (code.startsWith('HPE_'))
    return noService(`What listens at ${host} does not speak HTTP (${detail}). Or is it https?`);
  if (code === 'ECONNREFUSED') return noService(`Nothing listens at ${host}.`);
  if (code === 'ENOTFOUND') return noService(`There is no host named ${url.hostname}.`);
  return noService(`${shown(url)} gave no whole answer: ${detail}.`);
}
