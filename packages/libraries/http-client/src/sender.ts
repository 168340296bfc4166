import type { Context } from '@millrace/core';
import type { Answer } from './answer.ts';
import { credentialsOf } from './auth.ts';
import type { Body } from './body.ts';
import { type Headers, lowerCase, redactor } from './headers.ts';
import { isUnreachable, NoAnswer } from './no-answer.ts';
import type { Poster } from './post.ts';
import { shown } from './url.ts';

export interface SenderOptions {
  readonly poster: Poster;
  readonly context: Context;
  /** The extension that gives credentials, if the config names one. */
  readonly auth: { readonly authenticator: string } | undefined;
  /** What must not be in messages, though the other side may say it. */
  readonly secrets: Headers;
}

export interface Sending {
  readonly url: URL;
  /** Below the credentials, and `override` above them. Names in lower case. */
  readonly headers: Headers;
  readonly override?: Headers | undefined;
  readonly body: Body;
  readonly signal: AbortSignal | undefined;
}

export interface Sent {
  readonly answer: Answer;
  /** Makes a message of what was said: where, and without secrets. */
  describe(said: string): string;
}

/** Posts with credentials that are asked for at every request. Rejects with a NoAnswer where there is none. */
export function senderOf({ poster, context, auth, secrets }: SenderOptions): (sending: Sending) => Promise<Sent> {
  const credentials = credentialsOf(context, auth);
  const redact = redactor(secrets);
  return async ({ url, headers, override, body, signal }) => {
    const proof = credentials && (await credentials(shown(url)));
    const describe = (said: string): string => `${shown(url)}: ${(proof ? redactor(proof) : String)(redact(said))}`;
    try {
      const all = { ...headers, ...(proof && lowerCase(proof)), ...override };
      return { answer: await poster.post({ url, headers: all, body, signal }), describe };
    } catch (error) {
      const cause = signal?.aborted ? signal.reason : error;
      throw new NoAnswer(describe('no answer'), { sent: !isUnreachable(error), cause });
    }
  };
}
