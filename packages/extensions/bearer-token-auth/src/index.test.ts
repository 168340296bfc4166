import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CollectorStatus, Headers, InputOf } from '@millrace/core';
import { PermanentError, resolveConfig } from '@millrace/core';
import { checkDefinition, manualClock, testContext } from '@millrace/core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import bearer from './index.ts';

type Input = InputOf<typeof bearer.config>;

describe('the contract', () => {
  for (const { name, run } of checkDefinition(bearer, { config: { token: 'secret' } })) it(name, run);
});

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'bearer-'))));
afterEach(() => rm(folder, { recursive: true }));

const status = (): CollectorStatus => ({ ready: true, starting: new Map(), exporters: new Map() });

function extension(input: Input, clock = manualClock()) {
  return bearer.create(resolveConfig(bearer.config, input), { ...testContext({ clock }), status });
}

const tokens = ['first-token', 'second token'];

describe('a server', () => {
  it.each<[string, Input, Headers]>([
    ['the token', { token: 'secret' }, { authorization: 'Bearer secret' }],
    ['the scheme in any case', { token: 'secret' }, { authorization: 'bearer secret' }],
    ['a token with white space around it', { token: 'secret\n' }, { authorization: 'Bearer  secret' }],
    ['the first of several', { tokens }, { authorization: 'Bearer first-token' }],
    ['another of several', { tokens }, { authorization: 'Bearer second token' }],
    ['another scheme', { token: 'secret', scheme: 'Token' }, { authorization: 'Token secret' }],
    ['no scheme', { token: 'secret', scheme: '' }, { authorization: 'secret' }],
    ['another header', { token: 'secret', header: 'X-Api-Key', scheme: '' }, { 'x-api-key': 'secret' }],
    ['the first of a header given twice', { token: 'secret' }, { authorization: ['Bearer secret', 'x'] }],
  ])('takes %s', async (_, input, headers) => {
    await extension(input).authenticate!(headers);
  });

  it.each<[string, Headers, string]>([
    ['nothing', {}, 'The request has no header authorization.'],
    ['an empty header', { authorization: '' }, 'The request has no header authorization.'],
    ['another scheme', { authorization: 'Basic secret' }, 'The header authorization is not of the scheme Bearer.'],
    ['another token', { authorization: 'Bearer Secret' }, 'The token is not valid.'],
    ['a longer token', { authorization: 'Bearer secrets' }, 'The token is not valid.'],
    ['no token', { authorization: 'Bearer ' }, 'The token is not valid.'],
  ])('refuses %s', async (_, headers, message) => {
    await expect(extension({ token: 'secret' }).authenticate!(headers)).rejects.toThrow(new PermanentError(message));
  });
});

describe('a client', () => {
  it.each<[Input, Record<string, string>]>([
    [{ token: 'secret' }, { authorization: 'Bearer secret' }],
    [{ tokens }, { authorization: 'Bearer first-token' }],
    [{ token: 'secret', scheme: '', header: 'X-Key' }, { 'x-key': 'secret' }],
  ])('with %j shows %j', async (input, want) => {
    expect(await extension(input).credentials!()).toEqual(want);
  });
});

describe('a file', () => {
  it('has a token a line, and is read again when it has changed', async () => {
    const filename = join(folder, 'tokens');
    await writeFile(filename, 'one\n\n two \n');
    const clock = manualClock();
    const auth = extension({ filename, token: 'ignored' }, clock);
    await auth.start!();
    for (const token of ['one', 'two']) await auth.authenticate!({ authorization: `Bearer ${token}` });
    for (const token of ['ignored', '', 'three'])
      await expect(auth.authenticate!({ authorization: `Bearer ${token}` })).rejects.toThrow(PermanentError);
    expect(await auth.credentials!()).toEqual({ authorization: 'Bearer one' });

    await writeFile(filename, 'three');
    await clock.advance(1000);
    await auth.authenticate!({ authorization: 'Bearer three' });
    await expect(auth.authenticate!({ authorization: 'Bearer one' })).rejects.toThrow(PermanentError);
    expect(await auth.credentials!()).toEqual({ authorization: 'Bearer three' });

    await writeFile(filename, '\n');
    await clock.advance(1000);
    await auth.authenticate!({ authorization: 'Bearer three' });
  });

  it.each([
    ['\n \n', 'it has no token'],
    ['fine\nsch\u00f6n\n', 'the token in line 2 has a character that a header cannot have'],
  ])('with %j ends the start', async (text, reason) => {
    const filename = join(folder, 'tokens');
    await writeFile(filename, text);
    await expect(extension({ filename }).start!()).rejects.toThrow(
      new PermanentError(`${filename} cannot be used: ${reason}.`),
    );
  });
});

it.each<[Input, (string | number)[], string]>([
  [{}, [], 'There is no token: give token, tokens or filename.'],
  [{ token: 'a', tokens: ['b'] }, ['token'], 'Give token or tokens, not both.'],
  [{ token: ' ' }, ['token'], 'The token is empty.'],
  [{ tokens: ['a', 'b\nc'] }, ['tokens', 1], 'The token has a character that a header cannot have.'],
])('the config %j is refused', (input, path, message) => {
  expect(bearer.check!(resolveConfig(bearer.config, input))).toEqual([{ path, message }]);
});
