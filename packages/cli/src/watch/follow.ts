import { setTimeout as sleep } from 'node:timers/promises';
import { describeError } from '@millrace/core';
import { checkAnswer } from './answers.ts';
import type { Connection } from './connection.ts';
import { serverEvents } from './events.ts';
import { ServiceError } from './service-error.ts';

/** What happens to a subscription. */
export type Happening =
  /** `clockAheadMs`: by how much the service's clock is ahead of ours, as far as it can be known. */
  | { readonly type: 'connected'; readonly clockAheadMs: number }
  /** `json`: the report as the service gave it. */
  | { readonly type: 'report'; readonly json: string; readonly cursor: string | undefined }
  /** Reports that are not there any more, or for which this client was too slow; the count where the service says it. */
  | { readonly type: 'missed'; readonly count: string | undefined }
  | { readonly type: 'lost'; readonly error: ServiceError; readonly retryInMs: number };

export interface Subscription {
  readonly clusters: readonly string[];
  /** The cursor after which to begin; without it, with what comes from now on. */
  readonly after: string | undefined;
  readonly signal: AbortSignal;
  /** The service writes a comment every 15 s: once three of them are missing, it is taken to be gone. */
  readonly silenceMs?: number;
}

const firstDelayMs = 500;
const longestDelayMs = 30_000;
const answerMs = 10_000;

/**
 * Follows the reports until aborted, for ever: where the connection is lost it waits, each time longer, and goes on after the
 * last report. Throws a ServiceError where it could not connect the first time, or will never again.
 */
export async function* follow(
  connection: Connection,
  { clusters, after, signal, silenceMs = 50_000 }: Subscription,
): AsyncGenerator<Happening> {
  let last = after;
  let everConnected = false;
  let attempt = 0;
  let delayMs = firstDelayMs;
  for (;;) {
    try {
      const answer = await connection.send({
        path: pathOf(clusters, last),
        headers: {
          accept: 'text/event-stream',
          'cache-control': 'no-cache',
          ...(everConnected && last !== undefined && { 'last-event-id': last }),
        },
        timeoutMs: answerMs,
        signal,
      });
      await checkAnswer(answer, connection, 'text/event-stream');
      everConnected = true;
      yield { type: 'connected', clockAheadMs: clockAhead(answer.headers.date) };
      answer.setTimeout(silenceMs, () => answer.destroy(new Error(`nothing came for ${silenceMs / 1000} s`)));
      for await (const { type, data, id, retryMs } of serverEvents(answer as AsyncIterable<Uint8Array>)) {
        attempt = 0;
        delayMs = retryMs ?? firstDelayMs;
        if (type === 'report') {
          last = id || last;
          yield { type, json: data, cursor: id || undefined };
        } else if (type === 'missed') yield { type, count: countOf(data) };
      }
      throw new Error('the service ended it');
    } catch (thrown) {
      if (signal.aborted) return;
      const error =
        thrown instanceof ServiceError
          ? thrown
          : new ServiceError(`The connection was lost: ${describeError(thrown)}.`);
      if (!everConnected || error.permanent) throw error;
      // From half to all of it, so that not all clients come back in the same moment.
      const retryInMs = Math.min(delayMs * 2 ** attempt, longestDelayMs) * (0.5 + Math.random() / 2);
      attempt += 1;
      yield { type: 'lost', error, retryInMs };
      await sleep(retryInMs, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
    }
  }
}

/** `Last-Event-ID` wins over `after` by the specification of server-sent events; both say the same here. */
function pathOf(clusters: readonly string[], after: string | undefined): string {
  const query = new URLSearchParams(clusters.map((cluster): [string, string] => ['cluster', cluster]));
  if (after !== undefined) query.set('after', after);
  return query.size > 0 ? `/v1/subscribe?${query}` : '/v1/subscribe';
}

function countOf(data: string): string | undefined {
  try {
    const { count } = JSON.parse(data) as { count?: unknown };
    return typeof count === 'number' || typeof count === 'string' ? String(count) : undefined;
  } catch {
    return undefined;
  }
}

/** `Date` has whole seconds: a difference of that size is none. */
function clockAhead(date: string | undefined): number {
  const difference = Date.parse(date ?? '') - Date.now();
  return Math.abs(difference) > 2000 ? difference : 0;
}
