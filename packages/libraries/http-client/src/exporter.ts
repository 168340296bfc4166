import type { Batch, Component, Consumer, Finding, Problem } from '@millrace/core';
import { diagnoseConnect, itemCount, PermanentError } from '@millrace/core';
import { authSchema } from './auth.ts';
import { connectionsSchema, type ConnectionsConfig } from './connections.ts';
import { checkHeaders, type Headers, headersSchema } from './headers.ts';
import type { PartSender } from './parts.ts';
import type { Poster } from './post.ts';
import { checkProxy } from './proxy.ts';
import { checkTls, proveTls, type TlsConfig } from './tls.ts';
import { serverOf } from './url.ts';

/** The keys of an exporter that say how it sends. */
export const exporterSchema = { headers: headersSchema, auth: authSchema, ...connectionsSchema } as const;

export const checkExporter = (config: ConnectionsConfig & { readonly headers: Headers }): Problem[] => [
  ...checkTls(config.tls),
  ...checkHeaders(config.headers),
  ...checkProxy(config.proxy_url, undefined),
];

export interface HttpExporter<B extends Batch> {
  readonly signals: readonly B['signal'][];
  /** Where it sends to. */
  readonly urls: readonly URL[];
  readonly tls: TlsConfig;
  readonly poster: Poster;
  /** Where it does not say what was not delivered, that is all of a batch. */
  readonly sender: Pick<PartSender<B>, 'send'> & Partial<PartSender<B>>;
}

/** An exporter over HTTP, by how it sends a batch that is not empty. It closes the poster when it is shut down. */
export function httpExporter<B extends Batch>(exporter: HttpExporter<B>): Component & Consumer {
  const { signals, urls, tls, poster, sender } = exporter;
  const takes = (batch: Batch): batch is B => signals.includes(batch.signal);
  let stopped = false;
  return {
    async start() {
      if (urls.some(({ protocol }) => protocol === 'https:')) proveTls(tls);
    },
    async consume(batch, signal) {
      if (stopped) throw new Error('The exporter has been shut down.');
      if (!takes(batch)) throw new PermanentError(`This exporter takes ${signals.join(', ')}, no ${batch.signal}.`);
      if (itemCount(batch) > 0) await sender.send(batch, signal);
    },
    undelivered: (batch) => (takes(batch) ? sender.undelivered?.(batch) : undefined) ?? itemCount(batch),
    async shutdown(signal) {
      stopped = true;
      await poster.close(signal);
    },
  };
}

/** Whether each server of these URLs lets itself be connected to. */
export function diagnoseServers(urls: readonly URL[]): Promise<Finding[]> {
  const servers = new Map(urls.map((url) => [url.origin, serverOf(url)]));
  return Promise.all([...servers.values()].map((server) => diagnoseConnect(server)));
}
