import type { Problem, Signal } from '@millrace/core';
import { defineExporter, describeError, diagnoseConnect, itemCount, PermanentError } from '@millrace/core';
import { decodeResponse, encode } from '@millrace/otlp';
import type { Compression } from '../compression.ts';
import { compressedBytes, compressionSchema } from '../compression.ts';
import type { Headers } from '../headers.ts';
import { checkHeaders, headersSchema, redactor } from '../headers.ts';
import { partialSuccesses } from '../partial-success.ts';
import { checkTls, proveTls, tlsSchema } from '../tls.ts';
import type { Reply } from './call.ts';
import { call } from './call.ts';
import { parseEndpoint } from './endpoint.ts';
import { unwrap } from './message.ts';
import { createSessions, keepaliveSchema } from './sessions.ts';
import { codeOf, statusError } from './status.ts';

const paths: Readonly<Record<Signal, string>> = {
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
};

export const otlp = defineExporter({
  type: 'otlp',
  aliases: ['otlp_grpc'],
  description: 'Sends metrics and logs as OTLP over gRPC.',
  signals: ['metrics', 'logs'],
  config: {
    properties: {
      endpoint: {
        type: 'string',
        minLength: 1,
        description:
          'Where to send to: `host:port`, also with `http://`, `https://` or `dns:///` in front, or `unix:/path`.',
      },
      tls: tlsSchema,
      headers: headersSchema,
      compression: compressionSchema,
      authority: {
        type: 'string',
        description: 'What the request calls the server (`:authority`), if not its endpoint.',
      },
      keepalive: keepaliveSchema,
    },
    required: ['endpoint'],
  },

  check({ endpoint, tls, headers }) {
    const problems: Problem[] = [...checkTls(tls), ...checkHeaders(headers), ...checkMetadata(headers)];
    try {
      const { secure } = parseEndpoint(endpoint);
      if (secure === false && (tls.ca_file ?? tls.cert_file) !== undefined)
        problems.push({
          path: ['endpoint'],
          message: 'An http:// endpoint is never encrypted, so tls has no files to use.',
        });
    } catch (error) {
      problems.push({ path: ['endpoint'], message: describeError(error) });
    }
    return problems;
  },

  async diagnose({ endpoint }) {
    const { address } = parseEndpoint(endpoint);
    return 'host' in address ? [await diagnoseConnect(address)] : [];
  },

  create(config, context) {
    const endpoint = parseEndpoint(config.endpoint);
    const secure = endpoint.secure ?? !config.tls.insecure;
    const authority = config.authority ?? config.tls.server_name_override ?? endpoint.authority;
    const metadata = lowerCase(config.headers);
    const { tls, keepalive } = config;
    const sessions = createSessions({ endpoint, secure, tls, keepalive, clock: context.clock });
    const redact = redactor(config.headers);
    const note = partialSuccesses(context);
    const describe = (said: string): string => redact(`${config.endpoint}: ${said}`);

    return {
      async start() {
        if (secure) proveTls(tls);
      },
      async consume(batch, signal) {
        if (itemCount(batch) === 0) return;
        const compression: Compression = config.compression;
        const message = await compressedBytes(encode(batch), compression);
        let reply: Reply;
        try {
          const path = paths[batch.signal];
          reply = await call(sessions, { path, message, compression, authority, secure, metadata, signal });
        } catch (error) {
          throw new Error(`${config.endpoint}: no answer`, { cause: error });
        }
        if (reply.code !== codeOf('OK')) throw statusError(reply, describe);
        try {
          note(decodeResponse(unwrap(reply.body, reply.encoding)));
        } catch (error) {
          // It may have been taken, so it must not be sent twice.
          throw new PermanentError(describe('It took the request, but its answer cannot be read'), { cause: error });
        }
      },
      shutdown: (signal) => sessions.close(signal),
    };
  },
});

const lowerCase = (headers: Headers): Headers =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

/** https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, custom metadata. */
const checkMetadata = (headers: Headers): Problem[] =>
  Object.entries(headers).flatMap(([name, value]) => {
    const message = /^grpc-/i.test(name)
      ? 'begins with grpc-, which gRPC keeps for itself'
      : !/^[\w.-]+$/.test(name)
        ? 'may have only letters, digits, _, - and . in its name'
        : !/-bin$/i.test(name) && !/^[\x20-\x7e]*$/.test(value)
          ? 'may have only printable ASCII as its value; one whose name ends with -bin may have anything'
          : undefined;
    return message ? [{ path: ['headers', name], message: `The header ${JSON.stringify(name)} ${message}.` }] : [];
  });
