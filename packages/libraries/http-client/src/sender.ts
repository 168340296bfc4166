import type { Context, HostPort } from '@millrace/core';
import { describeError } from '@millrace/core';
import type { Answer } from './answer.ts';
import { credentialsOf } from './auth.ts';
import type { Body } from './body.ts';
import { type Headers, lowerCase } from './headers.ts';
import { isUnreachable, NoAnswer } from './no-answer.ts';
import type { Poster } from './post.ts';
import { type Quote, quoter } from './quote.ts';
import { shown } from './url.ts';

export interface SenderOptions {
  readonly poster: Poster;
  readonly context: Context;
  /** The extension that gives credentials, if the config names one. */
  readonly auth?: { readonly authenticator: string } | undefined;
  /** What must not be in messages, though the other side may say it. */
  readonly secrets: readonly Headers[];
}

export interface Sending {
  /** Default: POST. */
  readonly method?: 'POST' | 'GET';
  readonly url: URL;
  /** Where to connect to instead of looking up the host of the URL. */
  readonly address?: HostPort | undefined;
  /** Below the credentials, and `override` above them. Names in lower case. */
  readonly headers: Headers;
  readonly override?: Headers | undefined;
  readonly body: Body;
  readonly signal: AbortSignal | undefined;
}

export interface Sent {
  readonly answer: Answer;
  readonly url: URL;
  /** When it was answered, in milliseconds since the epoch. */
  readonly now: number;
  readonly quote: Quote;
}

/** Posts with credentials that are asked for at every request. Rejects with a NoAnswer where there is none. */
export function senderOf({ poster, context, auth, secrets }: SenderOptions): (sending: Sending) => Promise<Sent> {
  const credentials = credentialsOf(context, auth);
  return async ({ headers, override, ...sending }) => {
    const { url, signal } = sending;
    const proof = credentials && (await credentials(shown(url)));
    const all = { ...headers, ...(proof && lowerCase(proof)), ...override };
    const quote: Quote = (said) => quoter(proof ? [...secrets, proof] : secrets)(said);
    try {
      const answer = await poster.post({ ...sending, headers: all });
      return { answer, url, now: context.clock.now(), quote };
    } catch (error) {
      // Not the error itself: it may have in it what the other side said.
      const cause = new Error(quote(describeError(signal?.aborted ? signal.reason : error)));
      throw new NoAnswer(`${shown(url)}: no answer`, { sent: !isUnreachable(error), cause });
    }
  };
}
