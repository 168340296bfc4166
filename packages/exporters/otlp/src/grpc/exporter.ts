import type { Problem } from '@millrace/core';
import { defineExporter, describeError, diagnoseConnect, itemCount, signals } from '@millrace/core';
import type { Headers, TlsConfig } from '@millrace/http-client';
import { checkCompression, checkHeaders, checkTls, proveTls, usesMaterial } from '@millrace/http-client';
import { checkBalance, endpointsOf } from '../balance/config.ts';
import { waitForReady } from '../balance/wait-for-ready.ts';
import { createChannels } from './channels.ts';
import { grpcConfig } from './config.ts';
import { parseEndpoint } from './endpoint.ts';

export const otlp = defineExporter({
  type: 'otlp',
  aliases: ['otlp_grpc'],
  description: 'Sends metrics, logs, traces and profiles as OTLP over gRPC.',
  signals,
  parallel: true,
  config: grpcConfig,

  check(config) {
    const { endpoint, endpoints, tls, headers } = config;
    return [
      ...(endpoint === undefined && !endpoints ? [{ path: [], message: 'endpoint is missing: host:port.' }] : []),
      ...(endpoint === undefined ? [] : checkEndpoint(endpoint, ['endpoint'], tls)),
      ...(endpoints ?? []).flatMap((one, index) => checkEndpoint(one, ['endpoints', index], tls)),
      ...checkBalance(config),
      ...checkTls(tls),
      ...checkHeaders(headers),
      ...checkMetadata(headers),
      ...checkCompression(config),
    ];
  },

  async diagnose(config) {
    const addresses = endpointsOf(config).map((endpoint) => parseEndpoint(endpoint).address);
    return Promise.all(addresses.flatMap((address) => ('host' in address ? [diagnoseConnect(address)] : [])));
  },

  create(config, context) {
    const channels = createChannels(config, context);
    const stopped = new AbortController();
    const { clock } = context;
    const out = config.wait_for_ready ? waitForReady(channels, { clock, stopped: stopped.signal }) : channels;
    return {
      async start() {
        if (channels.secure) proveTls(config.tls);
      },
      async consume(batch, signal) {
        if (itemCount(batch) > 0) await out.consume(batch, signal);
      },
      async shutdown(signal) {
        stopped.abort();
        await channels.close(signal);
      },
    };
  },
});

function checkEndpoint(endpoint: string, path: Problem['path'], tls: TlsConfig): Problem[] {
  try {
    const { secure } = parseEndpoint(endpoint);
    if (secure !== false || !usesMaterial(tls)) return [];
    return [{ path, message: 'An http:// endpoint is never encrypted, so tls has no files to use.' }];
  } catch (error) {
    return [{ path, message: describeError(error) }];
  }
}

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
