import type { Batch, Context, Signal } from '@millrace/core';
import type { Compression, Credentials, Headers, Quote } from '@millrace/http-client';
import { lowerCase, NoAnswer, quoter } from '@millrace/http-client';
import { decodeResponse } from '@millrace/otlp';
import type { MakeBody } from '../body.ts';
import { partialSuccesses } from '../partial-success.ts';
import type { Head, Reply } from './call.ts';
import { call, headOf } from './call.ts';
import { unwrap } from './message.ts';
import type { Sessions } from './sessions.ts';
import { codeOf, statusError } from './status.ts';

const paths: Readonly<Record<Signal, string>> = {
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  profiles: '/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export',
};

export interface ClientOptions {
  /** As the config calls it; errors do. */
  readonly endpoint: string;
  readonly authority: string;
  readonly secure: boolean;
  readonly compression: Compression;
  readonly headers: Headers;
  readonly credentials: Credentials | undefined;
  readonly body: MakeBody;
}

/** Sends a batch over one of the sessions, and says by its error what became of it if it was not taken. */
export type Send = (sessions: Sessions, batch: Batch, signal?: AbortSignal) => Promise<void>;

/** What all addresses of an endpoint share. */
export function createClient(options: ClientOptions, context: Context): Send {
  const { endpoint, authority, secure, compression, headers, credentials, body } = options;
  const own = lowerCase(headers);
  const note = partialSuccesses(context);
  const head = (signal: Signal, metadata: Headers): Head =>
    headOf({ path: paths[signal], compression, authority, secure, metadata });
  const heads: Partial<Record<Signal, Head>> = {};

  return async (sessions, batch, signal) => {
    const { signal: kind } = batch;
    const proof = credentials && (await credentials(endpoint));
    const made = body(batch);
    let reply: Reply;
    try {
      reply = await call(sessions, {
        head: proof ? head(kind, { ...own, ...lowerCase(proof) }) : (heads[kind] ??= head(kind, own)),
        body: made instanceof Promise ? await made : made,
        signal,
      });
    } catch (error) {
      throw new NoAnswer(`${endpoint}: no answer`, { sent: true, cause: error });
    }
    const quote: Quote = (said) => quoter(proof ? [headers, proof] : [headers])(said);
    if (reply.code !== codeOf('OK')) throw statusError(reply, { endpoint, quote });
    note(() => decodeResponse(unwrap(reply.body, reply.encoding)), quote);
  };
}
