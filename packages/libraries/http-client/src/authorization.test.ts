import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { authorizationOf, checkAuthorization } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-authorization-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'secret');

test('headers', async () => {
  writeFileSync(file, 'from a file\n');
  const basic = `Basic ${Buffer.from('me:from a file').toString('base64')}`;
  expect(await authorizationOf({})()).toEqual({});
  expect(await authorizationOf({ basic_auth: { username: 'me', password_file: file } })()).toEqual({
    authorization: basic,
  });
  expect(await authorizationOf({ authorization: { credentials: 'x' } })()).toEqual({ authorization: 'Bearer x' });
  const read = authorizationOf({ authorization: { type: 'Token', credentials_file: file } });
  expect(await read()).toEqual({ authorization: 'Token from a file' });
  writeFileSync(file, 'another');
  expect(await read()).toEqual({ authorization: 'Token another' });
  await expect(authorizationOf({ authorization: { credentials_file: '/nowhere' } })()).rejects.toThrow(
    'authorization.credentials_file cannot be read',
  );
});

test('what does not go together', () => {
  expect(checkAuthorization({ basic_auth: { username: 'a', password: 'b' } })).toEqual([]);
  expect(
    checkAuthorization({
      basic_auth: { username: 'a', password: 'b', password_file: 'c' },
      authorization: { type: 'basic', credentials: 'd', credentials_file: 'e' },
    }).map(({ message }) => message),
  ).toEqual([
    'basic_auth and authorization exclude each other: give one.',
    'password and password_file say the same: give one of them.',
    'credentials and credentials_file say the same: give one of them.',
    'Basic is what basic_auth is for.',
  ]);
});
