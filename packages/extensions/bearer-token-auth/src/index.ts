import { createHash, timingSafeEqual } from 'node:crypto';
import { changingFile } from '@millrace/changing-file';
import { defineExtension, type Headers, PermanentError } from '@millrace/core';
import { check, config, tokensIn } from './config.ts';

export default defineExtension({
  type: 'bearer_token_auth',
  aliases: ['bearertokenauth'],
  description: 'Asks clients for a bearer token, or shows one to servers.',
  provides: ['server_auth', 'client_auth'],
  config,
  check,
  create({ token, tokens, filename, scheme, header }, context) {
    const name = header.toLowerCase();
    const prefix = scheme === '' ? '' : `${scheme} `;
    const file = filename === undefined ? undefined : changingFile({ path: filename, parse: readTokens }, context);
    const written = file ? undefined : known((tokens ?? [token!]).map((one) => one.trim()));
    return {
      async start() {
        await file?.open();
      },
      async authenticate(headers) {
        const shown = tokenIn(headers, { name, prefix });
        const { digests } = written ?? (await file!.current());
        const digest = sha256(shown);
        // All are compared, so that the time tells nothing.
        let matches = 0;
        for (const one of digests) matches += Number(timingSafeEqual(one, digest));
        if (matches === 0) throw new PermanentError('The token is not valid.');
      },
      async credentials() {
        const { first } = written ?? (await file!.current());
        return { [name]: prefix + first };
      },
    };
  },
});

interface Known {
  readonly first: string;
  /** Of equal length whatever the tokens', as a comparison in constant time needs them. */
  readonly digests: readonly Buffer[];
}

const known = (tokens: readonly string[]): Known => ({ first: tokens[0]!, digests: tokens.map(sha256) });

const readTokens = (text: string): Known => known(tokensIn(text));

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

function tokenIn(headers: Headers, { name, prefix }: { name: string; prefix: string }): string {
  const given = headers[name];
  const value = typeof given === 'string' ? given : given?.[0];
  if (value === undefined || value === '') throw new PermanentError(`The request has no header ${name}.`);
  // The name of a scheme may be written in any case: RFC 9110, 11.1.
  if (value.slice(0, prefix.length).toLowerCase() !== prefix.toLowerCase())
    throw new PermanentError(`The header ${name} is not of the scheme ${prefix.trim()}.`);
  return value.slice(prefix.length).trim();
}
