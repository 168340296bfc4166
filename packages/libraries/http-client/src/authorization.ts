import { readFile } from 'node:fs/promises';
import type { Problem } from '@millrace/core';
import type { Headers } from './headers.ts';

/** The keys by which a scraper shows who it is, in Prometheus' words. At most one of them: see `checkAuthorization`. */
export const authorizationSchema = {
  basic_auth: {
    type: 'object',
    description: 'A user and a password to send with every request.',
    properties: {
      username: { type: 'string', description: 'The name of the user.' },
      username_file: { type: 'string', description: 'A file that has it. Read at every request.' },
      password: { type: 'string', format: 'secret', description: 'The password of the user.' },
      password_file: { type: 'string', description: 'A file that has it. Read at every request.' },
    },
  },
  authorization: {
    type: 'object',
    description: 'The header `authorization` to send with every request.',
    properties: {
      type: { type: 'string', default: 'Bearer', description: 'Its first word.' },
      credentials: { type: 'string', format: 'secret', description: 'What follows the first word.' },
      credentials_file: { type: 'string', description: 'A file that has it. Read at every request.' },
    },
  },
} as const;

export interface AuthorizationConfig {
  readonly basic_auth?:
    | {
        readonly username?: string | undefined;
        readonly username_file?: string | undefined;
        readonly password?: string | undefined;
        readonly password_file?: string | undefined;
      }
    | undefined;
  readonly authorization?:
    | {
        readonly type?: string | undefined;
        readonly credentials?: string | undefined;
        readonly credentials_file?: string | undefined;
      }
    | undefined;
}

/** Gives the headers of a request. Rejects with an error that names the file that cannot be read. */
export function authorizationOf({ basic_auth: basic, authorization }: AuthorizationConfig): () => Promise<Headers> {
  if (basic)
    return async () => {
      const user = await valueOf('basic_auth.username_file', basic.username_file, basic.username);
      const password = await valueOf('basic_auth.password_file', basic.password_file, basic.password);
      return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
    };
  if (authorization) {
    const { type = 'Bearer', credentials, credentials_file: file } = authorization;
    return async () => ({
      authorization: `${type} ${await valueOf('authorization.credentials_file', file, credentials)}`.trim(),
    });
  }
  return async () => ({});
}

async function valueOf(key: string, file: string | undefined, value = ''): Promise<string> {
  if (file === undefined) return value;
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    throw new Error(`${key} cannot be read`, { cause: error });
  }
}

export function checkAuthorization({ basic_auth: basic, authorization }: AuthorizationConfig): Problem[] {
  const problems: Problem[] = [];
  const twice = (path: string, of: Readonly<Record<string, string | undefined>>, key: string): void => {
    if (of[key] !== undefined && of[`${key}_file`] !== undefined)
      problems.push({ path: [path], message: `${key} and ${key}_file say the same: give one of them.` });
  };
  if (basic && authorization)
    problems.push({ path: ['authorization'], message: 'basic_auth and authorization exclude each other: give one.' });
  if (basic) {
    twice('basic_auth', { ...basic }, 'username');
    twice('basic_auth', { ...basic }, 'password');
  }
  if (authorization) {
    twice('authorization', { ...authorization }, 'credentials');
    if (authorization.type?.trim().toLowerCase() === 'basic')
      problems.push({ path: ['authorization', 'type'], message: 'Basic is what basic_auth is for.' });
  }
  return problems;
}
