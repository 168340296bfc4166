import { PermanentError } from '@millrace/core';
import type { Server } from '../server/server.ts';

export const serverArgument = {
  type: 'string',
  minLength: 1,
  description:
    'The endpoint of the server as the config has it, and behind a blank its tenant where several have one endpoint.',
} as const;

/** Those that the argument means; all without it. */
export function serversFor(servers: readonly Server[], wanted: string | undefined): readonly Server[] {
  if (wanted === undefined) return servers;
  const plain = wanted.trim().replace(/\/+(?= |$)/, '');
  const found = servers.filter((server) => [server.id, endpointOf(server)].includes(plain));
  if (found.length > 0) return found;
  throw new PermanentError(`There is no server ${wanted}; there ${listed(servers)}.`);
}

/** The one that the argument means. */
export function serverFor(servers: readonly Server[], wanted: string | undefined): Server {
  const found = serversFor(servers, wanted);
  if (found.length === 1) return found[0]!;
  throw new PermanentError(`Which server is to be asked? There ${listed(found)}: name one as server.`);
}

const endpointOf = ({ config }: Server): string => config.endpoint.replace(/\/+$/, '');
const listed = (servers: readonly Server[]): string =>
  `${servers.length === 1 ? 'is' : 'are'} ${servers.map(({ id }) => id).join(', ')}`;
