import type { Batch, Context, LogsBatch } from '@millrace/core';
import { describeError, dropCounter, isPermanent } from '@millrace/core';
import type { Headers, Poster } from '@millrace/http-client';
import { compress, lowerCase, senderOf, userAgent } from '@millrace/http-client';
import { compress as snappy } from 'snappyjs';
import { type Outcome, outcomeOf } from './answer.ts';
import type { Config } from './config.ts';
import { encoder } from './encode.ts';
import { createStreams } from './labels/streams.ts';
import { otlpParts } from './otlp.ts';
import type { Part } from './part.ts';
import { jsonCodec } from './push/json.ts';
import { pushParts } from './push/parts.ts';
import { protobufCodec } from './push/protobuf.ts';

/** Sends a batch, and says by its error what became of it if it was not taken. */
export type Send = (batch: LogsBatch, signal?: AbortSignal) => Promise<void>;

/** What is still to be sent of a batch, and what became of the rest. */
interface Progress {
  readonly left: Part[];
  taken: number;
  /** Lines that are lost, by reason. */
  readonly rejected: Map<string, number>;
  /** The first error of parts that were refused for good. */
  error: Error | undefined;
}

export function createSend(config: Config, poster: Poster, context: Context): Send {
  const drop = dropCounter(context);
  const partsOf = partsMaker(config, context, drop);
  const post = partPoster(config, poster, context);
  const note = rejectionLog(context);
  // A retry of a batch sends what is left of it.
  const underWay = new WeakMap<Batch, Progress>();

  return async (batch, signal) => {
    const progress = underWay.get(batch) ?? {
      left: [...partsOf(batch)],
      taken: 0,
      rejected: new Map(),
      error: undefined,
    };
    underWay.set(batch, progress);
    const { left, rejected } = progress;
    const reject = (reason: string, lines: number): void =>
      void rejected.set(reason, (rejected.get(reason) ?? 0) + lines);
    for (let part = left[0]; part; part = left[0]) {
      const outcome = await post(part, signal);
      if (outcome.kind === 'too_fast') left.splice(0, 1, ...part.halves());
      if (outcome.kind === 'too_fast' || (outcome.kind === 'refused' && !isPermanent(outcome.error)))
        throw outcome.error;
      left.shift();
      if (outcome.kind === 'taken') progress.taken += part.lines;
      else if (outcome.kind === 'partly') {
        let lost = 0;
        for (const [reason, lines] of outcome.rejected) {
          reject(reason, lines);
          lost += lines;
        }
        progress.taken += part.lines - lost;
        progress.error ??= outcome.error;
        note(outcome.said, lost);
      } else if (outcome.kind === 'refused') {
        reject('rejected_by_backend', part.lines);
        progress.error ??= outcome.error;
      } else if (part.lines > 1) left.unshift(...part.halves());
      else reject(outcome.reason, 1);
    }
    underWay.delete(batch);
    // Nothing has been taken, so the batch is lost as a whole, and counted as that.
    if (progress.error && progress.taken === 0) throw progress.error;
    for (const [reason, lines] of rejected) drop(lines, reason);
    if (rejected.has('rejected_by_backend')) note(describeError(progress.error), rejected.get('rejected_by_backend')!);
  };
}

function partsMaker(
  config: Config,
  context: Context,
  drop: (lines: number, reason: string) => void,
): (batch: LogsBatch) => readonly Part[] {
  const { encoding, compression } = config;
  const squeeze = (chunks: readonly Uint8Array[]): Promise<Uint8Array> | Uint8Array =>
    compression === 'gzip'
      ? compress(chunks, { compression, compression_params: config.compression_params })
      : Buffer.concat(chunks);
  if (encoding === 'otlp') return (batch) => otlpParts(batch, { config, drop, compress: squeeze });

  const { id: component, meter, clock } = context;
  const streams = createStreams(context, { max: config.max_streams, limits: config.limits });
  meter
    .createObservableGauge('millrace_loki_streams', {
      unit: '{stream}',
      description: 'Streams that had lines in the last hour, of all tenants.',
    })
    .addCallback((result) => result.observe(streams.size, { component }));
  const changes = meter.createCounter('millrace_loki_changed_lines', {
    unit: '{line}',
    description: "Lines that were changed to be within Loki's limits, by reason.",
  });
  const codec = encoding === 'json' ? jsonCodec : protobufCodec;
  const encode = encoder(config, {
    codec,
    streams,
    events: { drop, changed: (reason) => changes.add(1, { component, reason }), now: () => clock.now() },
  });
  const options = {
    codec,
    maxBytes: config.max_request_bytes,
    compress: encoding === 'json' ? (bytes: Uint8Array) => squeeze([bytes]) : snappy,
  };
  return (batch) => pushParts(encode(batch), options);
}

const paths = { protobuf: '/loki/api/v1/push', json: '/loki/api/v1/push', otlp: '/otlp/v1/logs' } as const;

/** The endpoint; where it has no path, with that of the encoding. `…/otlp` is what the collector's OTLP exporter is given. */
export function pushUrl({ endpoint, encoding }: Pick<Config, 'endpoint' | 'encoding'>): URL {
  const url = new URL(endpoint);
  const path = url.pathname.replace(/\/+$/, '');
  if (path === '') url.pathname = paths[encoding];
  else if (encoding === 'otlp' && path.endsWith('/otlp')) url.pathname = `${path}/v1/logs`;
  return url;
}

type PostPart = (part: Part, signal?: AbortSignal) => Promise<Outcome>;

function partPoster(config: Config, poster: Poster, context: Context): PostPart {
  const { encoding, compression } = config;
  const isOtlp = encoding === 'otlp';
  const own: Headers = {
    'user-agent': userAgent,
    ...lowerCase(config.headers),
    'content-type': encoding === 'json' ? jsonCodec.contentType : protobufCodec.contentType,
    ...(encoding !== 'protobuf' && compression === 'gzip' && { 'content-encoding': 'gzip' }),
  };
  const { 'x-scope-orgid': _tenant, ...secrets } = lowerCase(config.headers);
  const url = pushUrl(config);
  const send = senderOf({
    poster,
    context,
    auth: config.auth,
    secrets: { ...Object.fromEntries(url.searchParams), ...secrets },
  });

  return async (part, signal) => {
    const { tenant } = part;
    const override = tenant === undefined ? undefined : { 'x-scope-orgid': tenant };
    const { answer, describe } = await send({ url, headers: own, override, body: await part.body(), signal });
    return outcomeOf(answer, { now: context.clock.now(), part, isOtlp, describe });
  };
}

/** Says why lines were rejected: once, until it is for something else. */
function rejectionLog({ log }: Context): (said: string, lines: number) => void {
  let last: string | undefined;
  return (said, lines) => {
    // Times, numbers and streams differ each time.
    const kind = said.replace(/\{.*\}/g, '').replace(/\d+/g, '');
    if (kind === last) return;
    last = kind;
    log.warn({ lines, said }, 'Loki has rejected some lines.');
  };
}
