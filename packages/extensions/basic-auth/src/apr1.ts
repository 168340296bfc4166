import { createHash } from 'node:crypto';

const digits = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** The order in which the digest's bytes become digits, three bytes four digits, and the last byte two. */
const order = [
  [0, 6, 12],
  [1, 7, 13],
  [2, 8, 14],
  [3, 9, 15],
  [4, 10, 5],
] as const;

/**
 * Apache's variant of MD5-crypt, without `$apr1$salt$` before it. The steps are those of `apr_md5_encode`, described at
 * https://httpd.apache.org/docs/2.4/misc/password_encryptions.html.
 */
export function apr1(password: string, salt: string): string {
  const secret = Buffer.from(password);
  const inner = md5(secret, salt, secret);
  const parts: (Buffer | string)[] = [secret, '$apr1$', salt];
  for (let left = secret.length; left > 0; left -= 16) parts.push(inner.subarray(0, Math.min(16, left)));
  for (let bits = secret.length; bits > 0; bits >>= 1) parts.push(bits & 1 ? Buffer.of(0) : secret.subarray(0, 1));
  let digest = md5(...parts);
  for (let round = 0; round < 1000; round++) {
    const odd = round % 2 === 1;
    digest = md5(
      odd ? secret : digest,
      round % 3 === 0 ? '' : salt,
      round % 7 === 0 ? '' : secret,
      odd ? digest : secret,
    );
  }
  const triples = order.map(([a, b, c]) => encode((digest[a]! << 16) | (digest[b]! << 8) | digest[c]!, 4));
  return triples.join('') + encode(digest[11]!, 2);
}

function md5(...parts: readonly (Buffer | string)[]): Buffer {
  const hash = createHash('md5');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function encode(value: number, length: number): string {
  let text = '';
  for (let at = 0; at < length; at++) text += digits[(value >> (6 * at)) & 63];
  return text;
}
