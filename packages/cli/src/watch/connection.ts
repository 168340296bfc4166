import { readFileSync } from 'node:fs';
import { type IncomingMessage, type OutgoingHttpHeaders, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { createSecureContext } from 'node:tls';
import { describeError } from '@millrace/core';
import { exitCode } from '../exit-code.ts';
import { problemOfConnection, ServiceError } from './service-error.ts';

/** The flags that `watch` and `ask` share, as commander gives them. */
export interface ConnectionFlags {
  readonly endpoint?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly token?: string;
  readonly tokenFile?: string;
}

export interface Call {
  /** Below the endpoint, with its query: `/v1/reports`. */
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders;
  /** A POST with this JSON. */
  readonly body?: string;
  /** How long the answer may take to begin. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Where a report cache serves HTTP. */
export interface Connection {
  /** For messages: without a password. */
  readonly endpoint: string;
  readonly hasToken: boolean;
  /** The answer, whatever its status. Throws a ServiceError where there is none. */
  send(call: Call): Promise<IncomingMessage>;
}

const usage = (message: string): ServiceError =>
  new ServiceError(message, { exitCode: exitCode.usage, permanent: true });

/** Throws a ServiceError for flags that cannot work. Files are read again at each connection: tokens and certificates change. */
export function createConnection(flags: ConnectionFlags): Connection {
  const base = endpointOf(flags.endpoint ?? 'http://localhost:4000');
  const { tokenFile, ca, cert, key } = flags;
  if (flags.token !== undefined && tokenFile !== undefined)
    throw usage('--token and --token-file say the same: give one of them.');
  // What is said on the command line wins over the environment.
  const token = flags.token ?? (tokenFile === undefined ? process.env['MILLRACE_TOKEN'] || undefined : undefined);
  if ((cert === undefined) !== (key === undefined)) throw usage('--cert and --key go together: give both or none.');
  if (base.protocol === 'http:' && (ca ?? cert) !== undefined)
    throw usage(`--ca, --cert and --key need TLS: --endpoint https://${base.host}`);

  const authorization = (): OutgoingHttpHeaders => {
    const bearer = tokenFile === undefined ? token : read('--token-file', tokenFile).toString().trim();
    if (bearer === undefined) return {};
    if (!/^[\x21-\x7e]+$/.test(bearer))
      throw usage('The token is empty, or has characters that a header cannot carry.');
    if (base.username) throw usage('A token and a user in --endpoint are two ways to show who asks: give one of them.');
    return { authorization: `Bearer ${bearer}` };
  };
  const material = () => ({
    ...(ca !== undefined && { ca: read('--ca', ca) }),
    ...(cert !== undefined && { cert: read('--cert', cert) }),
    ...(key !== undefined && { key: read('--key', key) }),
  });
  authorization();
  try {
    createSecureContext(material());
  } catch (error) {
    if (error instanceof ServiceError) throw error;
    throw usage(`The certificates do not work: ${describeError(error)}.`);
  }
  const shown = `${base.origin}${base.pathname.replace(/\/$/, '')}`;

  async function send({ path, headers, body, timeoutMs, signal }: Call): Promise<IncomingMessage> {
    const url = new URL(base.pathname.replace(/\/$/, '') + path, base);
    [url.username, url.password] = [base.username, base.password];
    const answer = Promise.withResolvers<IncomingMessage>();
    const options = {
      agent: false,
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        'user-agent': 'millrace',
        ...(body !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
        ...authorization(),
        ...headers,
      },
      ...material(),
      signal,
    } as const;
    const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, options);
    const late = setTimeout(() => {
      const seconds = Math.round(timeoutMs / 1000);
      const text = request.socket?.connecting === false ? 'took the connection but did not answer' : 'did not answer';
      const error = new ServiceError(`${shown} ${text} within ${seconds} s. Is it the endpoint of a report cache?`);
      request.destroy(error);
    }, timeoutMs);
    // Stays: an answer that breaks off is told to the request too.
    request.on('error', answer.reject).once('response', answer.resolve).end(body);
    try {
      return await answer.promise;
    } catch (error) {
      signal.throwIfAborted();
      throw problemOfConnection(error, base);
    } finally {
      clearTimeout(late);
    }
  }
  return { endpoint: shown, hasToken: (token ?? tokenFile) !== undefined, send };
}

function endpointOf(text: string): URL {
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(withScheme) ? new URL(withScheme) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.search || url.hash)
    throw usage(`--endpoint must be a URL like http://localhost:4000 or https://host:4000, not ${text}`);
  return url;
}

function read(flag: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw usage(`${flag} cannot be read: ${describeError(error)}.`);
  }
}
