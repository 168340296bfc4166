import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CollectorStatus, Headers, InputOf } from '@millrace/core';
import { PermanentError, resolveConfig } from '@millrace/core';
import { checkDefinition, manualClock, testContext } from '@millrace/core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { apr1 } from './apr1.ts';
import basic from './index.ts';

type Input = InputOf<typeof basic.config>;

describe.each<[string, Input]>([
  ['server', { htpasswd: { inline: 'ada:secret' } }],
  ['client', { client_auth: { username: 'ada', password: 'secret' } }],
])('the contract of a %s', (_, config) => {
  for (const { name, run } of checkDefinition(basic, { config: { ...config } })) it(name, run);
});

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'basic-'))));
afterEach(() => rm(folder, { recursive: true }));

const status = (): CollectorStatus => ({ ready: true, starting: new Map(), exporters: new Map() });

const extension = (input: Input, clock = manualClock()) =>
  basic.create(resolveConfig(basic.config, input), { ...testContext({ clock }), status });

const login = (name: string, password: string): Headers => ({
  authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
});

// Made with `openssl passwd -apr1 -salt …`.
it.each([
  ['a', '12345678', '68ZQVfPkWX/wcXr/41VxQ.'],
  ['a', 'ab', 'MW8Wizufu9hz465GKNNrn.'],
  ['ümlaut', '12345678', '1WsxHOUnaDdfrubAOmtgy.'],
  ['ümlaut', 'ab', 'ogvWFF8.QXLRWgEBoxEm2/'],
  ['longer than sixteen characters', '12345678', 'VjiAuxUp.MkiCziaTlLfl0'],
  ['longer than sixteen characters', 'ab', 'VEqejrp20/cD./q/y16wx0'],
  ['', '12345678', 'sHuPAw7VA9xjRbJz7zKV7/'],
  ['', 'ab', 'S8K6Sgp3W8c9Jb6LxgywZ.'],
  ['x2345678901234567', '12345678', 'ViAQ/V89t0JUq8ubPT.hh/'],
  ['x2345678901234567', 'ab', '16zwcY1GlDZaCTh0Sa5s40'],
])('the apr1 hash of %j with the salt %s', (password, salt, want) => expect(apr1(password, salt)).toBe(want));

describe('a server', () => {
  const inline = [
    '# users',
    'plain:with:colons',
    'apache:$apr1$ab$MW8Wizufu9hz465GKNNrn.',
    ' sha:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ= ',
    'ssha:{SSHA}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx0',
    'twice:old',
    'twice:new',
    '',
  ].join('\n');

  it.each([
    ['plain', 'with:colons'],
    ['apache', 'a'],
    ['sha', 'secret'],
    ['ssha', 'secret'],
    ['twice', 'new'],
  ])('lets %s in', async (name, password) => {
    const auth = extension({ htpasswd: { inline } });
    for (let times = 0; times < 2; times++) await auth.authenticate!(login(name, password));
    await auth.authenticate!({ authorization: `basic  ${Buffer.from(`${name}:${password}`).toString('base64')}` });
  });

  const wrong = 'The name or the password is not right.';
  it.each<[string, Headers, string]>([
    ['a wrong password', login('apache', 'b'), wrong],
    ['the password of another', login('apache', 'secret'), wrong],
    ['the hash as a password', login('apache', '$apr1$ab$MW8Wizufu9hz465GKNNrn.'), wrong],
    ['a name that is not there', login('nobody', 'with:colons'), wrong],
    ['an earlier line', login('twice', 'old'), wrong],
    ['nothing', {}, 'The request has no header authorization.'],
    ['another scheme', { authorization: 'Bearer x' }, 'The header authorization is not of the scheme Basic.'],
    ['what is not base64', { authorization: 'Basic ***' }, 'The header authorization is not of the scheme Basic.'],
    ['no colon', { authorization: 'Basic YWRh' }, 'The header authorization has no name with a password.'],
  ])('refuses %s', async (_, headers, message) => {
    const auth = extension({ htpasswd: { inline } });
    for (let times = 0; times < 2; times++)
      await expect(auth.authenticate!(headers)).rejects.toThrow(new PermanentError(message));
  });

  it('reads its file again when it has changed, and forgets who was let in', async () => {
    const file = join(folder, 'users');
    await writeFile(file, 'ada:one\nbob:two\n');
    const clock = manualClock();
    const auth = extension({ htpasswd: { file, inline: 'bob:mine' } }, clock);
    await auth.start!();
    await auth.authenticate!(login('ada', 'one'));
    await auth.authenticate!(login('bob', 'mine'));
    await expect(auth.authenticate!(login('bob', 'two'))).rejects.toThrow(wrong);
    await writeFile(file, 'ada:changed\n');
    await clock.advance(1000);
    await auth.authenticate!(login('ada', 'changed'));
    await expect(auth.authenticate!(login('ada', 'one'))).rejects.toThrow(wrong);
  });

  it.each([
    ['ada:$2y$05$abc', 'the hash in line 1 is bcrypt, which cannot be read here: make it with htpasswd -m'],
    ['a:b\nada', 'line 2 is not name:password'],
    ['ada:$apr1$salt', 'the hash in line 1 is not whole'],
    ['', 'it has no user'],
  ])('does not start with the file %j', async (text, reason) => {
    const file = join(folder, 'users');
    await writeFile(file, text);
    await expect(extension({ htpasswd: { file } }).start!()).rejects.toThrow(
      new PermanentError(`${file} cannot be used: ${reason}.`),
    );
  });
});

describe('a client', () => {
  it('shows its name and password', async () => {
    const auth = extension({ client_auth: { username: 'ada', password: 's:ü' } });
    expect(await auth.credentials!()).toEqual(login('ada', 's:ü'));
  });

  it('reads them from files, again when they have changed', async () => {
    const [name, password] = [join(folder, 'name'), join(folder, 'password')];
    await writeFile(name, 'ada\n');
    await writeFile(password, ' one \n');
    const clock = manualClock();
    const auth = extension({ client_auth: { username_file: name, password_file: password, password: 'x' } }, clock);
    await auth.start!();
    expect(await auth.credentials!()).toEqual(login('ada', ' one '));
    await writeFile(password, 'two');
    await clock.advance(1000);
    expect(await auth.credentials!()).toEqual(login('ada', 'two'));
  });
});

it('on the wrong side lets nobody in, and shows nothing', () => {
  const [client, server] = [
    extension({ client_auth: { username: 'ada', password: 's' } }),
    extension({ htpasswd: { inline: 'ada:s' } }),
  ];
  expect(() => client.authenticate!(login('ada', 's'))).toThrow(PermanentError);
  expect(() => server.credentials!()).toThrow(PermanentError);
});

describe('the config', () => {
  it.each<[Input, string[], RegExp]>([
    [{}, [], /^Give htpasswd for a server, or client_auth for a client\.$/],
    [{ htpasswd: { inline: 'a:b' }, client_auth: { username: 'a', password: 'b' } }, ['client_auth'], /declare two/],
    [{ htpasswd: {} }, ['htpasswd'], /There are no users/],
    [{ htpasswd: { inline: '# none' } }, ['htpasswd', 'inline'], /There are no users/],
    [
      { htpasswd: { inline: 'secret' } },
      ['htpasswd', 'inline'],
      /^The users cannot be read: line 1 is not name:password\.$/,
    ],
    [{ client_auth: { password: 'b' } }, ['client_auth'], /There is no name/],
    [{ client_auth: { username: 'a' } }, ['client_auth'], /There is no password/],
    [{ client_auth: { username: 'a:b', password: 'c' } }, ['client_auth', 'username'], /has a colon/],
  ])('%j is refused', (input, path, message) => {
    expect(basic.check!(resolveConfig(basic.config, input))).toEqual([
      { path, message: expect.stringMatching(message) as string },
    ]);
  });

  it('of the example lets its client into its server', async () => {
    const { extensions } = parse(readFileSync(new URL('../example.yaml', import.meta.url), 'utf8')) as {
      extensions: Record<string, Input>;
    };
    const inline = extensions['basic_auth/server']!.htpasswd!.inline!.replaceAll('$$', '$');
    await extension({ htpasswd: { inline } }).authenticate!(login('agent', 'only-for-trying-out'));
  });
});
