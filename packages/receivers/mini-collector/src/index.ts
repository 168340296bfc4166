import type { Problem } from '@millrace/core';
import { defineReceiver, diagnoseListen, parseEndpoint } from '@millrace/core';
import type { RunningServer } from '@millrace/server';
import { checkEndpoint, createAdmission, grpcProperties, startGrpc } from '@millrace/server';
import { createPublish } from './publish.ts';

export default defineReceiver({
  type: 'mini_collector',
  description: 'Takes the points of mini-collector agents in, in the place of their aggregator.',
  signals: ['metrics'],
  parallel: true,
  config: {
    properties: {
      endpoint: {
        type: 'string',
        exclusive: 'address',
        minLength: 1,
        default: 'localhost:8000',
        description: 'Where to listen, `host:port`; `0.0.0.0:8000` for all addresses, port 0 for one that is free.',
      },
      unlimited: {
        type: 'string',
        enum: ['absent', 'as_sent'],
        default: 'absent',
        description:
          'A limit that there is not: left out, or the number that agents have for it (8796093022207 MiB of memory, 0 tasks).',
      },
      extra_tags: {
        type: 'array',
        default: [],
        description: 'Other keys of the metadata that become attributes of the resource.',
        items: { type: 'string', minLength: 1, description: 'A key, such as `user-agent`.' },
      },
      ...grpcProperties,
    },
  },

  check(config) {
    return [...checkEndpoint(config, []), ...config.extra_tags.flatMap(checkTag)];
  },

  async diagnose({ endpoint }) {
    return parseEndpoint(endpoint) ? [await diagnoseListen(endpoint)] : [];
  },

  create(config, context, next) {
    let server: RunningServer | undefined;

    return {
      async start() {
        // Copies share a port, but not a socket in the file system: the first one has that.
        if (config.transport === 'unix' && context.copy.index > 0) return;
        server = await startGrpc(config, {
          context,
          admission: createAdmission(config, context),
          methods: new Map([['/Aggregator/Publish', createPublish(config, { context, next })]]),
        });
        const fields = { endpoint: server.address, tls: Boolean(config.tls) };
        context.log.info(fields, 'Taking points of mini-collector agents.');
      },
      async reload() {
        server?.reload();
      },
      async shutdown(signal) {
        const closing = server;
        server = undefined;
        await closing?.close(signal);
      },
    };
  },
});

/** https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, Custom-Metadata. */
const checkTag = (name: string, index: number): Problem[] =>
  /^[\w.-]+$/.test(name)
    ? []
    : [
        {
          path: ['extra_tags', index],
          message: `${JSON.stringify(name)} is no key of metadata: letters, digits, "_", "-" and "." are allowed.`,
        },
      ];
