import type { Batch } from '@millrace/core';
import { defineExporter, diagnoseConnect, itemCount, PermanentError } from '@millrace/core';
import { encode, encodeLogsJson, encodeMetricsJson } from '@millrace/otlp';
import type { Compression } from '../compression.ts';
import { compressedBytes, compressionSchema } from '../compression.ts';
import { checkHeaders, headersSchema, redactor } from '../headers.ts';
import { partialSuccesses } from '../partial-success.ts';
import { checkTls, proveTls, tlsSchema } from '../tls.ts';
import { userAgent } from '../user-agent.ts';
import { answerError, partialSuccess } from './answer.ts';
import { checkEndpoints, serverOf, shown, urlFor } from './endpoints.ts';
import type { Answer } from './post.ts';
import { createPoster } from './post.ts';

const contentTypes = { proto: 'application/x-protobuf', json: 'application/json' } as const;

export const otlpHttp = defineExporter({
  type: 'otlp_http',
  aliases: ['otlphttp'],
  description: 'Sends metrics and logs as OTLP over HTTP.',
  signals: ['metrics', 'logs'],
  timeout: '30s', // the collector's for HTTP
  config: {
    properties: {
      endpoint: {
        type: 'string',
        description: 'The URL to send to: `/v1/metrics` and `/v1/logs` are added to it.',
      },
      metrics_endpoint: { type: 'string', description: 'The whole URL for metrics, instead.' },
      logs_endpoint: { type: 'string', description: 'The whole URL for logs, instead.' },
      encoding: { type: 'string', enum: ['proto', 'json'], default: 'proto', description: 'How requests are encoded.' },
      compression: compressionSchema,
      headers: headersSchema,
      tls: tlsSchema,
      max_conns_per_host: {
        type: 'integer',
        minimum: 0,
        default: 0,
        description: 'How many connections to open at most; 0 is without limit.',
      },
      idle_conn_timeout: {
        type: 'string',
        format: 'duration',
        default: '1m30s',
        description: 'How long a connection is kept that is not used.',
      },
      disable_keep_alives: {
        type: 'boolean',
        default: false,
        description: 'Open a connection for each request.',
      },
    },
  },

  check: (config) => [...checkEndpoints(config), ...checkTls(config.tls), ...checkHeaders(config.headers)],

  async diagnose(config) {
    const urls = (['metrics', 'logs'] as const).flatMap((signal) => urlFor(config, signal) ?? []);
    const servers = new Map(urls.map((url) => [url.origin, serverOf(url)]));
    return Promise.all([...servers.values()].map((server) => diagnoseConnect(server)));
  },

  create(config, context) {
    const urls = { metrics: urlFor(config, 'metrics'), logs: urlFor(config, 'logs') };
    const compression: Compression = config.compression;
    const headers = {
      'user-agent': userAgent,
      ...Object.fromEntries(Object.entries(config.headers).map(([name, value]) => [name.toLowerCase(), value])),
      'content-type': contentTypes[config.encoding],
      ...(compression !== 'none' && { 'content-encoding': compression }),
    };
    const poster = createPoster({
      tls: config.tls,
      maxPerHost: config.max_conns_per_host,
      idleTimeoutMs: config.idle_conn_timeout,
      keepAlive: !config.disable_keep_alives,
    });
    const redact = redactor(config.headers);
    const note = partialSuccesses(context);
    let stopped = false;

    return {
      async start() {
        if (Object.values(urls).some((url) => url?.protocol === 'https:')) proveTls(config.tls);
      },
      async consume(batch, signal) {
        const url = urls[batch.signal];
        if (!url) throw new PermanentError(`There is no endpoint for ${batch.signal}: set ${batch.signal}_endpoint.`);
        if (stopped) throw new Error('The exporter has been shut down.');
        if (itemCount(batch) === 0) return;
        const describe = (said: string): string => redact(`${shown(url)}: ${said}`);
        const body = await compressedBytes(config.encoding === 'json' ? encodeJson(batch) : encode(batch), compression);
        let answer: Answer;
        try {
          answer = await poster.post({ url, headers, body, signal });
        } catch (error) {
          throw new Error(describe('no answer'), { cause: signal?.aborted ? signal.reason : error });
        }
        if (answer.status < 200 || answer.status > 299)
          throw answerError(answer, { now: context.clock.now(), describe });
        try {
          note(partialSuccess(answer));
        } catch (error) {
          // It may have been taken, so it must not be sent twice.
          throw new PermanentError(describe('It took the request, but its answer cannot be read'), { cause: error });
        }
      },
      async shutdown(signal) {
        stopped = true;
        await poster.close(signal);
      },
    };
  },
});

const json = new WeakMap<Batch, Uint8Array>();

function encodeJson(batch: Batch): Uint8Array {
  let bytes = json.get(batch);
  if (!bytes) {
    bytes = Buffer.from(batch.signal === 'metrics' ? encodeMetricsJson(batch) : encodeLogsJson(batch));
    json.set(batch, bytes);
  }
  return bytes;
}
