import type { ConfigOf, ConfigSchema, Problem } from '@millrace/core';
import { parseUsers } from './htpasswd.ts';

export const config = {
  properties: {
    htpasswd: {
      type: 'object',
      description:
        'For a server: who may come in. A line a user, `name:password`, as the program htpasswd writes them.',
      properties: {
        file: {
          type: 'string',
          minLength: 1,
          description: 'A file with such lines, which is read again when it has changed.',
        },
        inline: {
          type: 'string',
          format: 'secret',
          description: 'Such lines. They win over those of the file.',
        },
      },
    },
    client_auth: {
      type: 'object',
      description: 'For a client: who it is.',
      properties: {
        username: { type: 'string', description: 'The name of the user.' },
        password: { type: 'string', format: 'secret', description: 'The password.' },
        username_file: {
          type: 'string',
          minLength: 1,
          description: 'A file with the name, which is read again when it has changed. It wins over `username`.',
        },
        password_file: {
          type: 'string',
          minLength: 1,
          description: 'A file with the password, which is read again when it has changed. It wins over `password`.',
        },
      },
    },
  },
} as const satisfies ConfigSchema;

export type Config = ConfigOf<typeof config>;
export type Htpasswd = NonNullable<Config['htpasswd']>;
export type ClientAuth = NonNullable<Config['client_auth']>;

export function check({ htpasswd, client_auth: client }: Config): readonly Problem[] {
  if (htpasswd && client)
    return [{ path: ['client_auth'], message: 'One extension is for a server or for a client: declare two.' }];
  if (htpasswd) return checkServer(htpasswd);
  if (client) return checkClient(client);
  return [{ path: [], message: 'Give htpasswd for a server, or client_auth for a client.' }];
}

function checkServer({ file, inline }: Htpasswd): readonly Problem[] {
  if (inline === undefined)
    return file === undefined ? [{ path: ['htpasswd'], message: 'There are no users: give file or inline.' }] : [];
  try {
    const none = parseUsers(inline).size === 0 && file === undefined;
    return none ? [{ path: ['htpasswd', 'inline'], message: 'There are no users.' }] : [];
  } catch (error) {
    return [{ path: ['htpasswd', 'inline'], message: `The users cannot be read: ${(error as Error).message}.` }];
  }
}

function checkClient({ username, username_file, password, password_file }: ClientAuth): readonly Problem[] {
  const problems: Problem[] = [];
  if (username === undefined && username_file === undefined)
    problems.push({ path: ['client_auth'], message: 'There is no name: give username or username_file.' });
  if (password === undefined && password_file === undefined)
    problems.push({ path: ['client_auth'], message: 'There is no password: give password or password_file.' });
  if (username?.includes(':'))
    problems.push({
      path: ['client_auth', 'username'],
      message: 'The name has a colon, which basic authentication cannot send.',
    });
  return problems;
}
