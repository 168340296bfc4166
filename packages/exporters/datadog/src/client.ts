import type { Context } from '@millrace/core';
import { describeError, dropCounter, stateLog } from '@millrace/core';
import type { Answer, Body, Headers, Poster } from '@millrace/http-client';
import { bodyOf, isUnreachable, NoAnswer, redactor, shown, userAgent } from '@millrace/http-client';
import { answerError, errorsIn, isTaken, isTooLarge } from './answer.ts';

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
  // The longest first: one may begin with another.
  const longestFirst = [...keys].sort((a, b) => b.length - a.length);
  const redact = redactor(Object.fromEntries(longestFirst.entries().map(([index, key]) => [`key ${index}`, key])));
  const dropped = dropCounter(context);
  const state = stateLog(context.log);

  async function exchange(
    { url, apiKey }: Target,
    { method, headers, body }: Request & { readonly method: 'GET' | 'POST' },
    signal?: AbortSignal,
  ): Promise<Answer> {
    try {
      return await poster.post({
        method,
        url,
        headers: { 'user-agent': userAgent, ...headers, 'dd-api-key': apiKey },
        body,
        signal,
      });
    } catch (error) {
      // Not the error itself: it may have in it what the other side said.
      const cause = new Error(redact(describeError(signal?.aborted ? signal.reason : error)));
      throw new NoAnswer(redact(`${shown(url)}: no answer`), { sent: !isUnreachable(error), cause });
    }
  }

  const errorOf = ({ url }: Target, answer: Answer): Error =>
    answerError(answer, { place: shown(url), now: context.clock.now(), redact });

  return {
    async send(target, request, signal) {
      const answer = await exchange(target, { ...request, method: 'POST' }, signal);
      if (isTooLarge(answer)) return 'too large';
      if (!isTaken(answer)) throw errorOf(target, answer);
      const errors = errorsIn(answer);
      if (errors.length > 0) {
        dropped(errors.length, 'rejected_by_backend');
        state.trouble('Datadog took a request, but not all of it.', redact(errors.join('; ')));
      }
      return 'taken';
    },
    async validate(target, signal) {
      const answer = await exchange(target, { method: 'GET', headers: {}, body: nothing }, signal);
      if (answer.status === 401 || answer.status === 403) return false;
      if (!isTaken(answer)) throw errorOf(target, answer);
      return true;
    },
  };
}
