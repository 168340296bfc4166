import { createHash, timingSafeEqual } from 'node:crypto';
import { apr1 } from './apr1.ts';

/** Says whether a password is the right one. */
export type Verify = (password: string) => boolean;

/** What a line of an htpasswd file says after the name, by how it begins. */
const schemes: readonly { readonly prefix: RegExp; verify(stored: string): Verify | undefined }[] = [
  {
    prefix: /^\$apr1\$/,
    verify(stored) {
      const [, , salt, hash] = stored.split('$');
      if (!salt || hash?.length !== 22) return undefined;
      return (password) => isEqual(apr1(password, salt), hash);
    },
  },
  {
    prefix: /^\{SHA\}/,
    verify(stored) {
      const hash = stored.slice('{SHA}'.length);
      if (Buffer.from(hash, 'base64').length !== 20) return undefined;
      return (password) => isEqual(sha1(Buffer.from(password)).toString('base64'), hash);
    },
  },
  {
    prefix: /^\{SSHA\}/,
    verify(stored) {
      const decoded = Buffer.from(stored.slice('{SSHA}'.length), 'base64');
      if (decoded.length <= 20) return undefined;
      const [hash, salt] = [decoded.subarray(0, 20), decoded.subarray(20)];
      return (password) => timingSafeEqual(sha1(Buffer.from(password), salt), hash);
    },
  },
];

/** What htpasswd can write, and this cannot read. */
const unknown: readonly { readonly prefix: RegExp; readonly name: string }[] = [
  { prefix: /^\$2[abxy]?\$/, name: 'bcrypt' },
  { prefix: /^\$5\$/, name: 'SHA-256 crypt' },
  { prefix: /^\$6\$/, name: 'SHA-512 crypt' },
  { prefix: /^\$1\$/, name: 'MD5 crypt' },
];

/**
 * The users of an htpasswd file, by name; of lines for the same name the last holds. Throws what is wrong, without what the
 * lines hold.
 */
export function parseUsers(text: string): ReadonlyMap<string, Verify> {
  const users = new Map<string, Verify>();
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const colon = line.indexOf(':');
    if (colon < 1) throw new Error(`line ${index + 1} is not name:password`);
    users.set(line.slice(0, colon), verifier(line.slice(colon + 1), index + 1));
  }
  return users;
}

function verifier(stored: string, line: number): Verify {
  const scheme = schemes.find(({ prefix }) => prefix.test(stored));
  if (scheme) {
    const verify = scheme.verify(stored);
    if (!verify) throw new Error(`the hash in line ${line} is not whole`);
    return verify;
  }
  const other = unknown.find(({ prefix }) => prefix.test(stored));
  if (other)
    throw new Error(`the hash in line ${line} is ${other.name}, which cannot be read here: make it with htpasswd -m`);
  return (password) => isEqual(password, stored);
}

const sha1 = (...parts: readonly Buffer[]): Buffer => createHash('sha1').update(Buffer.concat(parts)).digest();

/** In a time that depends on neither text. */
function isEqual(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
