import type { Batch, ConfigOf, Context, HostPort } from '@millrace/core';
import { PermanentError } from '@millrace/core';
import type { Headers, Poster } from '@millrace/http-client';
import { isSuccess, lowerCase, secretsIn, senderOf, userAgent } from '@millrace/http-client';
import { bodies } from '../body.ts';
import { partialSuccesses } from '../partial-success.ts';
import { answerError, partialSuccess } from './answer.ts';
import type { httpConfig } from './config.ts';
import type { Urls } from './endpoints.ts';
import { urlsIn } from './endpoints.ts';

const contentTypes = { proto: 'application/x-protobuf', json: 'application/json' } as const;

export interface Place {
  readonly urls: Urls;
  /** One of the addresses of the URLs' host; without it, any. */
  readonly address?: HostPort | undefined;
}

/** Sends a batch to one place, and says by its error what became of it if it was not taken. */
export type Send = (place: Place, batch: Batch, signal?: AbortSignal) => Promise<void>;

export function createClient(config: ConfigOf<typeof httpConfig>, poster: Poster, context: Context): Send {
  const { encoding, compression } = config;
  const body = bodies(config);
  const headers: Headers = {
    'user-agent': userAgent,
    ...lowerCase(config.headers),
    'content-type': contentTypes[encoding],
    ...(compression !== 'none' && { 'content-encoding': compression }),
  };
  const secrets = [config.headers, ...urlsIn(config).map((url) => secretsIn(url))];
  const post = senderOf({ poster, context, auth: config.auth, secrets });
  const note = partialSuccesses(context);

  return async ({ urls, address }, batch, signal) => {
    const url = urls[batch.signal];
    if (!url) throw new PermanentError(`There is no endpoint for ${batch.signal}: set ${batch.signal}_endpoint.`);
    if (encoding === 'json' && batch.signal === 'profiles')
      throw new PermanentError('Profiles cannot be sent as JSON: set encoding to proto.');
    const made = body(batch);
    const sent = await post({ url, address, headers, body: made instanceof Promise ? await made : made, signal });
    const { answer, quote } = sent;
    if (!isSuccess(answer.status)) throw answerError(sent);
    note(() => partialSuccess(answer), quote);
  };
}
