import type { CommandCall, CommandDeclarations } from '@millrace/core';
import { PermanentError } from '@millrace/core';
import type { Server } from '../server/server.ts';
import { type ApplicationsArguments, applicationsArguments, listApplications } from './applications.ts';
import { askProfile, type ProfileArguments, profileArguments } from './profile.ts';

export const commands = {
  applications: {
    description: 'What the servers have: applications and their profile types.',
    arguments: applicationsArguments,
  },
  profile: {
    description: 'A profile of any time, as a report, a table, stacks, a flame graph or a file.',
    arguments: profileArguments,
  },
} as const satisfies CommandDeclarations;

/** Rejects with a PermanentError where the same call would fail again. */
export function answer(servers: readonly Server[], { name, arguments: given, signal }: CommandCall): Promise<unknown> {
  if (servers.length === 0) throw new PermanentError('There is no server to ask: give some under servers.');
  return name === 'applications'
    ? listApplications(servers, given as ApplicationsArguments, signal)
    : askProfile(servers, given as ProfileArguments, signal);
}
