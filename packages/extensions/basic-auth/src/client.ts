import { changingFile } from '@millrace/changing-file';
import { type Context, type Extension, PermanentError } from '@millrace/core';
import type { ClientAuth } from './config.ts';

export function clientAuth(
  { username = '', password = '', username_file, password_file }: ClientAuth,
  context: Context,
): Extension {
  const fileOf = (path: string | undefined, parse: (text: string) => string) =>
    path === undefined ? undefined : changingFile({ path, parse }, context);
  const names = fileOf(username_file, nameIn);
  const passwords = fileOf(password_file, withoutLineEnd);
  return {
    async start() {
      await Promise.all([names?.open(), passwords?.open()]);
    },
    async credentials() {
      const name = (await names?.current()) ?? username;
      const secret = (await passwords?.current()) ?? password;
      return { authorization: `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}` };
    },
    authenticate() {
      throw new PermanentError(`The extension ${context.id} has no htpasswd: it is for clients, and lets nobody in.`);
    },
  };
}

function nameIn(text: string): string {
  const name = text.trim();
  if (name === '') throw new Error('it has no name');
  if (name.includes(':')) throw new Error('the name in it has a colon, which basic authentication cannot send');
  return name;
}

/** Editors end files with one; a password may begin or end with a space. */
const withoutLineEnd = (text: string): string => text.replace(/\r?\n$/, '');
