import type { Context, LogsBatch } from '@millrace/core';
import type { Drop, Headers, Parts, PartSender, Poster } from '@millrace/http-client';
import {
  compress,
  createPartSender,
  lowerCase,
  secretsIn,
  senderOf,
  tenantHeader,
  userAgent,
  withoutTenant,
} from '@millrace/http-client';
import { compress as snappy } from 'snappyjs';
import { outcomeOf } from './answer.ts';
import type { Config } from './config.ts';
import { encoder } from './encode.ts';
import { createStreams } from './labels/streams.ts';
import { otlpParts } from './otlp.ts';
import type { Part } from './part.ts';
import { jsonCodec } from './push/json.ts';
import { pushParts } from './push/parts.ts';
import { protobufCodec } from './push/protobuf.ts';

export function lokiSender(config: Config, poster: Poster, context: Context): PartSender<LogsBatch> {
  return createPartSender<LogsBatch, Part>(
    (drop) => ({
      of: partsMaker(config, drop, context),
      items: ({ lines }) => lines,
      halves: (part) => (part.lines > 1 ? part.halves() : undefined),
      owner: ({ tenant }) => tenant,
      post: partPoster(config, poster, context),
      complaint: 'Loki has rejected some lines.',
    }),
    context,
  );
}

function partsMaker(config: Config, drop: Drop, context: Context): (batch: LogsBatch) => readonly Part[] {
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

function partPoster(config: Config, poster: Poster, context: Context): Parts<LogsBatch, Part>['post'] {
  const { encoding, compression } = config;
  const isOtlp = encoding === 'otlp';
  const headers: Headers = {
    'user-agent': userAgent,
    ...lowerCase(config.headers),
    'content-type': encoding === 'json' ? jsonCodec.contentType : protobufCodec.contentType,
    ...(encoding !== 'protobuf' && compression === 'gzip' && { 'content-encoding': 'gzip' }),
  };
  const url = pushUrl(config);
  const secrets = [secretsIn(url), withoutTenant(config.headers)];
  const send = senderOf({ poster, context, auth: config.auth, secrets });

  return async (part, _batch, signal) => {
    const override = part.tenant === undefined ? undefined : { [tenantHeader]: part.tenant };
    return outcomeOf(await send({ url, headers, override, body: await part.body(), signal }), { part, isOtlp });
  };
}
