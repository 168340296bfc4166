import { unlinkSync } from 'node:fs';
import type { AddressInfo, ListenOptions, Server } from 'node:net';
import { connect } from 'node:net';
import type { Problem } from '@millrace/core';
import { listen, parseEndpoint } from '@millrace/core';

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

/**
 * Resolves with where it listens, as a text. `shared`: others listen there too, and connections spread. Rejects with a
 * PermanentError that says why it cannot.
 */
export async function listenAt(server: Server, at: Endpoint & { readonly shared: boolean }): Promise<string> {
  const options = listenOptions(at);
  const failed = `Cannot listen on ${at.endpoint}`;
  try {
    await listen(server, options, failed);
  } catch (error) {
    if (options.path === undefined || !(await isAbandoned(options.path))) throw error;
    unlinkSync(options.path);
    await listen(server, options, failed);
  }
  if (at.transport === 'unix') return `unix:${at.endpoint}`;
  return `${at.endpoint.replace(/:\d+$/, '')}:${(server.address() as AddressInfo).port}`;
}

function listenOptions({ endpoint, transport, shared }: Endpoint & { readonly shared: boolean }): ListenOptions {
  if (transport === 'unix') return { path: endpoint.replace(/^unix:(?:\/\/(?=\/))?/, '') };
  const { host, port } = parseEndpoint(endpoint)!; // checked with the config
  return {
    host,
    port,
    ...(transport === 'tcp6' && { ipv6Only: true }),
    ...(shared && { reusePort: true }),
  };
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
