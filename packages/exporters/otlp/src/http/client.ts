import type { Batch, ConfigOf, Context, HostPort } from '@millrace/core';
import { PermanentError } from '@millrace/core';
import type { Answer, Credentials, Headers, Poster } from '@millrace/http-client';
import { NoAnswer, credentialsOf, isUnreachable, lowerCase, redactor, shown, userAgent } from '@millrace/http-client';
import { bodies } from '../body.ts';
import { partialSuccesses } from '../partial-success.ts';
import { answerError, partialSuccess } from './answer.ts';
import type { httpConfig } from './config.ts';
import type { Urls } from './endpoints.ts';

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
  const credentials: Credentials | undefined = credentialsOf(context, config.auth);
  const redact = redactor(config.headers);
  const note = partialSuccesses(context);

  return async ({ urls, address }, batch, signal) => {
    const url = urls[batch.signal];
    if (!url) throw new PermanentError(`There is no endpoint for ${batch.signal}: set ${batch.signal}_endpoint.`);
    if (encoding === 'json' && batch.signal === 'profiles')
      throw new PermanentError('Profiles cannot be sent as JSON: set encoding to proto.');
    const proof = credentials && (await credentials(shown(url)));
    const describe = (said: string): string => (proof ? redactor(proof) : String)(redact(`${shown(url)}: ${said}`));
    const made = body(batch);
    let answer: Answer;
    try {
      answer = await poster.post({
        url,
        address,
        headers: proof ? { ...headers, ...lowerCase(proof) } : headers,
        body: made instanceof Promise ? await made : made,
        signal,
      });
    } catch (error) {
      const sent = !isUnreachable(error);
      throw new NoAnswer(describe('no answer'), { sent, cause: signal?.aborted ? signal.reason : error });
    }
    if (answer.status < 200 || answer.status > 299) throw answerError(answer, { now: context.clock.now(), describe });
    try {
      note(partialSuccess(answer));
    } catch (error) {
      // It may have been taken, so it must not be sent twice.
      throw new PermanentError(describe('It took the request, but its answer cannot be read'), { cause: error });
    }
  };
}
