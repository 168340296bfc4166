import { type ConfigOf, describeError } from '@millrace/core';
import { type Found, parseWindow } from '@millrace/pyroscope-client';
import type { Server } from '../server/server.ts';
import { asking, checked } from './asking.ts';
import { serverArgument, serversFor } from './which.ts';

export const applicationsArguments = {
  properties: {
    server: serverArgument,
    from: {
      type: 'string',
      default: 'now-1h',
      description: 'Since when there must be profiles, as `now-1d`. A legacy server tells all that it ever had.',
    },
  },
} as const;
export type ApplicationsArguments = ConfigOf<typeof applicationsArguments>;

interface Application {
  readonly server: string;
  readonly application: string;
  readonly profile_types: readonly string[];
}

/** A server that cannot be asked says so in a line of its own. */
export async function listApplications(
  servers: readonly Server[],
  { server: wanted, from }: ApplicationsArguments,
  signal: AbortSignal,
): Promise<readonly (Application | { readonly server: string; readonly error: string })[]> {
  const told = await Promise.all(
    serversFor(servers, wanted).map(async (server) => {
      const until = { name: 'until', text: 'now' };
      const window = checked(() => parseWindow({ name: 'from', text: from }, until, server.time.now()));
      try {
        const found = await asking(server, signal, (within) =>
          server.use(within, (source) => source.find(window, within)),
        );
        return byApplication(server.id, found);
      } catch (error) {
        signal.throwIfAborted();
        return [{ server: server.id, error: describeError(error) }];
      }
    }),
  );
  return told.flat();
}

const byApplication = (server: string, found: readonly Found[]): Application[] =>
  [...Map.groupBy(found, ({ application }) => application)]
    .map(([application, all]) => {
      const types = new Set(all.map(({ profileType }) => profileType));
      return { server, application, profile_types: [...types].sort() };
    })
    .sort((one, other) => (one.application < other.application ? -1 : 1));
