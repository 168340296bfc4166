import type { Context } from '@millrace/core';
import { dropCounter, stateLog } from '@millrace/core';
import type { Body, Headers, Poster } from '@millrace/http-client';
import { bodyOf, isSuccess, senderOf, userAgent } from '@millrace/http-client';
import { answerError, errorsIn, isTooLarge } from './answer.ts';

/** Where a key is good for: one account at one URL. */
export interface Target {
  readonly url: URL;
  readonly apiKey: string;
}

export interface Client {
  /** Resolves with whether it was taken, or is too large to be; rejects with an error that says what to do. */
  send(target: Target, request: Request, signal?: AbortSignal): Promise<'taken' | 'too large'>;
  /** Resolves with whether Datadog knows the key; rejects where it does not say. */
  validate(target: Target, signal?: AbortSignal): Promise<boolean>;
}

export interface Request {
  readonly headers: Headers;
  readonly body: Body;
}

const nothing = bodyOf([]);

/** Speaks to Datadog. No error and no log line of it has a key in it, not even where the other side repeats one. */
export function createClient(poster: Poster, keys: readonly string[], context: Context): Client {
  const post = senderOf({ poster, context, secrets: keys.map((key) => ({ key })) });
  const dropped = dropCounter(context);
  const state = stateLog(context.log);
  const headersFor = ({ apiKey }: Target): Headers => ({ 'user-agent': userAgent, 'dd-api-key': apiKey });

  return {
    async send(target, { headers, body }, signal) {
      const sent = await post({ url: target.url, headers: { ...headersFor(target), ...headers }, body, signal });
      const { answer, quote } = sent;
      if (isTooLarge(answer)) return 'too large';
      if (!isSuccess(answer.status)) throw answerError(sent);
      const errors = errorsIn(answer);
      if (errors.length > 0) {
        dropped(errors.length, 'rejected_by_backend');
        state.trouble('Datadog took a request, but not all of it.', quote(errors.join('; ')));
      }
      return 'taken';
    },
    async validate(target, signal) {
      const sent = await post({ method: 'GET', url: target.url, headers: headersFor(target), body: nothing, signal });
      const { status } = sent.answer;
      if (status === 401 || status === 403) return false;
      if (!isSuccess(status)) throw answerError(sent);
      return true;
    },
  };
}
