import type { Batch, Context } from '@millrace/core';
import { describeError, dropCounter, isPermanent } from '@millrace/core';
import type { Body, Headers, Poster } from '@millrace/http-client';
import { bodyOf, compress, lowerCase, senderOf, userAgent } from '@millrace/http-client';
import { type Outcome, outcomeOf } from './answer.ts';
import type { Config } from './config.ts';
import { encoder, precisionOf } from './encode.ts';
import type { Part } from './line/part.ts';
import { halves, itemsIn } from './line/part.ts';
import { authorization, writeUrl } from './place.ts';

/** Sends a batch, and says by its error what became of it if it was not taken. */
export type Send = (batch: Batch, signal?: AbortSignal) => Promise<void>;

/** What is still to be sent of a batch, and what became of the rest. */
interface Progress {
  readonly left: Part[];
  taken: number;
  /** The first of the parts that were refused for good. */
  refusal: { readonly error: Error; items: number } | undefined;
}

export function createSend(config: Config, poster: Poster, context: Context): Send {
  const drop = dropCounter(context);
  const encode = encoder(config, { drop, now: () => context.clock.now() });
  const post = partPoster(config, poster, context);
  const note = partialWrites(context);
  // A retry of a batch sends what is left of it.
  const underWay = new WeakMap<Batch, Progress>();

  return async (batch, signal) => {
    const progress = underWay.get(batch) ?? { left: [...encode(batch)], taken: 0, refusal: undefined };
    underWay.set(batch, progress);
    const { left } = progress;
    for (let part = left[0]; part; part = left[0]) {
      let outcome = await post(batch, part, signal);
      if (outcome.kind === 'unsettled') outcome = await post(batch, part, signal);
      if (outcome.kind === 'refused' && !isPermanent(outcome.error)) throw outcome.error;
      left.shift();
      if (outcome.kind === 'taken') progress.taken++;
      else if (outcome.kind === 'partly') {
        progress.taken++;
        drop(outcome.dropped, 'rejected_by_backend');
        note(outcome);
      } else if (outcome.kind === 'refused' || outcome.kind === 'unsettled') {
        progress.refusal ??= { error: outcome.error, items: 0 };
        progress.refusal.items += itemsIn(part);
      } else if (part.ends.length > 1) left.unshift(...halves(part));
      else drop(itemsIn(part), 'line_too_long');
    }
    underWay.delete(batch);
    const { refusal, taken } = progress;
    if (!refusal) return;
    // The rest has been taken, so the batch is not lost as a whole.
    if (taken === 0) throw refusal.error;
    drop(refusal.items, 'rejected_by_backend');
    note({ said: describeError(refusal.error), dropped: refusal.items });
  };
}

type PostPart = (batch: Batch, part: Part, signal?: AbortSignal) => Promise<Outcome>;

function partPoster(config: Config, poster: Poster, context: Context): PostPart {
  const own: Headers = {
    'user-agent': userAgent,
    ...lowerCase(config.headers),
    ...authorization(config),
    'content-type': 'text/plain; charset=utf-8',
    ...(config.compression === 'gzip' && { 'content-encoding': 'gzip' }),
  };
  const { password, username } = config.v1_compatibility;
  const secrets = { ...config.headers, ...authorization(config), password, username };
  const send = senderOf({ poster, context, auth: config.auth, secrets });
  // A part is compressed once, however often it is sent.
  const bodies = new WeakMap<Part, Body>();

  return async (batch, part, signal) => {
    let body = bodies.get(part);
    if (!body) {
      body = bodyOf([config.compression === 'gzip' ? await compress([part.bytes], config) : part.bytes]);
      bodies.set(part, body);
    }
    const url = writeUrl(config, precisionOf(batch, config));
    const { answer, describe } = await send({ url, headers: own, body, signal });
    return outcomeOf(answer, { now: context.clock.now(), describe });
  };
}

/** Says why the server took a request without some lines: once, until it says something else. */
function partialWrites({ log }: Context): (partly: { dropped: number; said: string }) => void {
  let last: string | undefined;
  return ({ dropped, said }) => {
    const kind = said.replace(/\d+/g, '');
    if (kind === last) return;
    last = kind;
    log.warn({ dropped, said }, 'The server has rejected a part of a request.');
  };
}
