import type { Problem } from '@millrace/core';
import { defineReceiver, diagnoseListen, parseEndpoint } from '@millrace/core';
import type { Endpoint, RunningServer } from '@millrace/server';
import { checkEndpoint } from '@millrace/server';
import { grpcSchema } from './grpc/config.ts';
import { startOtlpGrpc } from './grpc/server.ts';
import { checkHttp, httpSchema } from './http/config.ts';
import { startHttp } from './http/server.ts';

export default defineReceiver({
  type: 'otlp',
  description: 'Takes metrics, logs, traces and profiles in, as OTLP over gRPC and HTTP.',
  signals: ['metrics', 'logs', 'traces', 'profiles'],
  parallel: true,
  config: {
    properties: {
      protocols: {
        type: 'object',
        description: 'What to listen for: `grpc`, `http`, or both.',
        properties: { grpc: grpcSchema, http: httpSchema },
      },
    },
    required: ['protocols'],
  },

  check({ protocols: { grpc, http } }) {
    const problems: Problem[] = [];
    if (!grpc && !http)
      problems.push({ path: ['protocols'], message: 'There is no protocol: name grpc, http, or both.' });
    if (grpc) problems.push(...checkEndpoint(grpc, ['protocols', 'grpc']));
    if (http) problems.push(...checkHttp(http, ['protocols', 'http']));
    return problems;
  },

  async diagnose({ protocols: { grpc, http } }) {
    const endpoints = [grpc, http].flatMap((one) => (one && parseEndpoint(one.endpoint) ? [one.endpoint] : []));
    return Promise.all(endpoints.map((endpoint) => diagnoseListen(endpoint)));
  },

  create({ protocols }, context, next) {
    // Copies share a port, but not a socket in the file system: the first one has that.
    const here = <P extends Endpoint>(protocol: P | undefined): P | undefined =>
      protocol?.transport === 'unix' && context.copy.index > 0 ? undefined : protocol;
    const [grpc, http] = [here(protocols.grpc), here(protocols.http)];
    const servers: RunningServer[] = [];
    const closeAll = async (signal: AbortSignal): Promise<void> => {
      await Promise.all(servers.splice(0).map((server) => server.close(signal)));
    };

    return {
      async start() {
        try {
          if (grpc) {
            servers.push(await startOtlpGrpc(grpc, { context, next }));
            context.log.info({ endpoint: servers.at(-1)!.address, tls: Boolean(grpc.tls) }, 'Taking OTLP over gRPC.');
          }
          if (http) {
            servers.push(await startHttp(http, { context, next }));
            context.log.info({ endpoint: servers.at(-1)!.address, tls: Boolean(http.tls) }, 'Taking OTLP over HTTP.');
          }
        } catch (error) {
          await closeAll(AbortSignal.abort());
          throw error;
        }
      },
      async reload() {
        for (const server of servers) server.reload();
      },
      shutdown: closeAll,
    };
  },
});
