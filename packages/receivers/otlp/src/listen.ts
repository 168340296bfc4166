import { unlinkSync } from 'node:fs';
import type { AddressInfo, ListenOptions, Server } from 'node:net';
import { connect } from 'node:net';
import type { Problem } from '@millrace/core';
import { describeError, parseEndpoint, PermanentError } from '@millrace/core';

export interface Endpoint {
  readonly endpoint: string;
  readonly transport: 'tcp' | 'tcp4' | 'tcp6' | 'unix';
}

export const transportSchema = {
  type: 'string',
  enum: ['tcp', 'tcp4', 'tcp6', 'unix'],
  default: 'tcp',
  description: 'What `endpoint` is: `host:port` with `tcp`, the path of a socket with `unix`.',
} as const;

export const checkEndpoint = ({ endpoint, transport }: Endpoint, path: Problem['path']): Problem[] =>
  transport === 'unix' || parseEndpoint(endpoint)
    ? []
    : [
        {
          path: [...path, 'endpoint'],
          message: `${JSON.stringify(endpoint)} is not host:port, such as localhost:4317.`,
        },
      ];

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'something else listens there. Stop it, or set endpoint to another port; port 0 takes one that is free',
  EACCES: 'this user may not listen there. Set endpoint to a port above 1023',
  EADDRNOTAVAIL: 'this machine has no such address. Set endpoint to one that it has, or to 0.0.0.0 for all',
  ENOTFOUND: 'the host is not known. Set endpoint to an address of this machine',
};

/** Resolves with where it listens, as a text; `shared`, others listen there too, and connections spread. Rejects with a PermanentError that says why it cannot. */
export async function listen(server: Server, at: Endpoint & { readonly shared: boolean }): Promise<string> {
  const options = listenOptions(at);
  try {
    await tryListen(server, options);
  } catch (error) {
    if (options.path !== undefined && (await isAbandoned(options.path))) {
      unlinkSync(options.path);
      await tryListen(server, options);
    } else {
      const reason = reasons[(error as NodeJS.ErrnoException).code ?? ''] ?? describeError(error);
      throw new PermanentError(`Cannot listen on ${at.endpoint}: ${reason}.`, { cause: error });
    }
  }
  if (at.transport === 'unix') return `unix:${at.endpoint}`;
  return `${at.endpoint.replace(/:\d+$/, '')}:${(server.address() as AddressInfo).port}`;
}

function listenOptions({ endpoint, transport, shared }: Endpoint & { readonly shared: boolean }): ListenOptions {
  if (transport === 'unix') return { path: endpoint.replace(/^unix:(?:\/\/(?=\/))?/, '') };
  const { host, port } = parseEndpoint(endpoint)!; // checked with the config
  return {
    port,
    ...(host !== '' && { host }),
    ...(transport === 'tcp6' && { ipv6Only: true }),
    ...(shared && { reusePort: true }),
  };
}

function tryListen(server: Server, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** A socket file that a process left behind when it was killed. */
function isAbandoned(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
}
