import type { Batch, Context, ProfilesBatch } from '@millrace/core';
import { describeError, dropCounter, isPermanent } from '@millrace/core';
import type { Headers, Poster } from '@millrace/http-client';
import { bodyOf, lowerCase, senderOf, userAgent } from '@millrace/http-client';
import type { Outcome } from './answer.ts';
import { outcomeOf } from './answer.ts';
import type { Config } from './config.ts';
import type { Part } from './part.ts';
import { halves, partsOf, requestMaker } from './part.ts';
import { profilesOf } from './profiles.ts';
import { createTimes } from './times.ts';

/** Sends a batch, and says by its error what became of it if it was not taken. */
export type Send = (batch: ProfilesBatch, signal?: AbortSignal) => Promise<void>;

/** What is still to be sent of a batch, and what became of the rest. */
interface Progress {
  readonly left: Part[];
  taken: number;
  /** Samples that are lost, by reason. */
  readonly rejected: Map<string, number>;
  /** The first error of parts that were refused for good. */
  error: Error | undefined;
}

export function createSend(config: Config, poster: Poster, context: Context): Send {
  const drop = dropCounter(context);
  const options = { config, clock: context.clock, timeOf: createTimes(), drop };
  const post = partPoster(config, poster, context);
  // A retry of a batch sends what is left of it.
  const underWay = new WeakMap<Batch, Progress>();
  const begin = (batch: ProfilesBatch): Progress => ({
    left: partsOf(profilesOf(batch, options), config.api),
    taken: 0,
    rejected: new Map(),
    error: undefined,
  });

  return async (batch, signal) => {
    const progress = underWay.get(batch) ?? begin(batch);
    underWay.set(batch, progress);
    const { left, rejected } = progress;
    for (let part = left[0]; part; part = left[0]) {
      const outcome = await post(part, signal);
      if (outcome.kind === 'refused' && !isPermanent(outcome.error)) throw outcome.error;
      left.shift();
      const items = part.profiles.reduce((sum, one) => sum + one.items, 0);
      if (outcome.kind === 'taken') progress.taken += items;
      else if (outcome.kind === 'divide' && part.profiles.length > 1) left.unshift(...halves(part));
      else {
        const reason = outcome.kind === 'divide' ? outcome.reason : 'rejected_by_backend';
        rejected.set(reason, (rejected.get(reason) ?? 0) + items);
        progress.error ??= outcome.error;
      }
    }
    underWay.delete(batch);
    if (!progress.error) return;
    // Nothing has been taken, so the batch is lost as a whole, and counted as that.
    if (progress.taken === 0) throw progress.error;
    for (const [reason, samples] of rejected) drop(samples, reason);
    context.log.warn({ error: describeError(progress.error) }, 'Pyroscope has rejected some profiles.');
  };
}

type PostPart = (part: Part, signal?: AbortSignal) => Promise<Outcome>;

function partPoster(config: Config, poster: Poster, context: Context): PostPart {
  const requestOf = requestMaker(config, context.clock);
  const { 'x-scope-orgid': _tenant, ...secrets } = lowerCase(config.headers);
  const own: Headers = { 'user-agent': userAgent, ...lowerCase(config.headers) };
  const send = senderOf({
    poster,
    context,
    auth: config.auth,
    secrets: { ...Object.fromEntries(new URL(config.endpoint).searchParams), ...secrets },
  });

  return async (part, signal) => {
    const { url, headers, body } = await requestOf(part);
    const override = part.tenant === undefined ? undefined : { 'x-scope-orgid': part.tenant };
    const sending = { url, headers: { ...own, ...headers }, override, body: bodyOf([body]), signal };
    const { answer, describe } = await send(sending);
    return outcomeOf(answer, { now: context.clock.now(), describe });
  };
}
