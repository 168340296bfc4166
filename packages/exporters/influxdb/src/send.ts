import type { Batch, Context } from '@millrace/core';
import type { Body, Headers, PartSender, Poster, Sent } from '@millrace/http-client';
import { bodyOf, compress, createPartSender, lowerCase, senderOf, userAgent } from '@millrace/http-client';
import { outcomeOf } from './answer.ts';
import type { Config } from './config.ts';
import { encoder, precisionOf } from './encode.ts';
import type { Part } from './line/part.ts';
import { halves, itemsIn } from './line/part.ts';
import { authorization, secretsOf, writeUrl } from './place.ts';

export function influxdbSender(config: Config, poster: Poster, context: Context): PartSender<Batch> {
  const post = partPoster(config, poster, context);
  return createPartSender<Batch, Part>((drop) => {
    const encode = encoder(config, { drop, now: () => context.clock.now() });
    return {
      of: (batch) => [...encode(batch)],
      items: itemsIn,
      // Lines have their times: it does not matter which are written first.
      owner: (part) => part,
      halves: (part) => (part.ends.length > 1 ? halves(part) : undefined),
      async post(part, batch, signal) {
        let outcome = outcomeOf(await post(part, batch, signal));
        if (outcome.kind === 'unsettled') outcome = outcomeOf(await post(part, batch, signal));
        return outcome.kind === 'unsettled' ? { kind: 'refused', error: outcome.error } : outcome;
      },
      complaint: 'The server has rejected a part of a request.',
    };
  }, context);
}

type PostPart = (part: Part, batch: Batch, signal?: AbortSignal) => Promise<Sent>;

function partPoster(config: Config, poster: Poster, context: Context): PostPart {
  const headers: Headers = {
    'user-agent': userAgent,
    ...lowerCase(config.headers),
    ...authorization(config),
    'content-type': 'text/plain; charset=utf-8',
    ...(config.compression === 'gzip' && { 'content-encoding': 'gzip' }),
  };
  const send = senderOf({ poster, context, auth: config.auth, secrets: secretsOf(config) });
  // A part is compressed once, however often it is sent.
  const bodies = new WeakMap<Part, Body>();

  return async (part, batch, signal) => {
    let body = bodies.get(part);
    if (!body) {
      body = bodyOf([config.compression === 'gzip' ? await compress([part.bytes], config) : part.bytes]);
      bodies.set(part, body);
    }
    return send({ url: writeUrl(config, precisionOf(batch, config)), headers, body, signal });
  };
}
