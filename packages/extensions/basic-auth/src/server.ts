import { createHmac, randomBytes } from 'node:crypto';
import { changingFile } from '@millrace/changing-file';
import { type Context, type Extension, type Headers, PermanentError } from '@millrace/core';
import type { Htpasswd } from './config.ts';
import { parseUsers, type Verify } from './htpasswd.ts';

interface Users {
  readonly verify: ReadonlyMap<string, Verify>;
  /** Digests of names with passwords that were right: an apr1 hash costs a millisecond, and clients show theirs at every request. */
  readonly right: Set<string>;
}

const rightKept = 1000;

export function serverAuth({ file, inline = '' }: Htpasswd, context: Context): Extension {
  const own = parseUsers(inline);
  const withOwn = (text: string): Users => {
    const verify = new Map([...parseUsers(text), ...own]);
    if (verify.size === 0) throw new Error('it has no user');
    return { verify, right: new Set() };
  };
  const users = file === undefined ? undefined : changingFile({ path: file, parse: withOwn }, context);
  const written = users ? undefined : { verify: own, right: new Set<string>() };
  const key = randomBytes(32);

  function check({ verify, right }: Users, { name, password }: Login): boolean {
    const digest = createHmac('sha256', key).update(`${name}:${password}`).digest('base64');
    if (right.has(digest)) return true;
    // A name that is not known costs what another costs, so that the time does not tell names.
    const [someone] = verify.values();
    const isRight = (verify.get(name) ?? someone)?.(password) === true && verify.has(name);
    if (!isRight) return false;
    if (right.size >= rightKept) right.clear();
    right.add(digest);
    return true;
  }

  return {
    async start() {
      await users?.open();
    },
    async authenticate(headers) {
      const login = loginIn(headers);
      if (!check(written ?? (await users!.current()), login))
        throw new PermanentError('The name or the password is not right.');
    },
    credentials() {
      throw new PermanentError(`The extension ${context.id} has no client_auth: it is for servers.`);
    },
  };
}

interface Login {
  readonly name: string;
  readonly password: string;
}

function loginIn({ authorization }: Headers): Login {
  const value = typeof authorization === 'string' ? authorization : authorization?.[0];
  if (!value) throw new PermanentError('The request has no header authorization.');
  const [, encoded] = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(value.trim()) ?? [];
  if (encoded === undefined) throw new PermanentError('The header authorization is not of the scheme Basic.');
  const decoded = Buffer.from(encoded, 'base64').toString();
  const colon = decoded.indexOf(':');
  if (colon < 0) throw new PermanentError('The header authorization has no name with a password.');
  return { name: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}
