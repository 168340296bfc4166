import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ConfigError } from './diagnostics.ts';
import { type LoadOptions, loadConfig, rawConfig } from './load.ts';

const base = mkdtempSync(join(tmpdir(), 'millrace-load-'));
afterAll(() => rmSync(base, { recursive: true }));

/** A folder with these files. */
function folder(files: Readonly<Record<string, string>>): string {
  const path = mkdtempSync(join(base, 'config-'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return path;
}

const load = (files: Readonly<Record<string, string>>, paths: readonly string[], options: LoadOptions = {}) =>
  loadConfig(paths, { env: {}, cwd: folder(files), ...options });

const value = async (text: string, options: LoadOptions = {}) =>
  (await load({ 'config.yaml': text }, ['config.yaml'], options)).value;

const messages = async (loading: Promise<unknown>): Promise<readonly string[]> => {
  const error = await loading.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ConfigError)) throw new Error('It was expected to be refused.', { cause: error });
  return error.diagnostics.map(({ message }) => message);
};

describe('merging', () => {
  const cases = [
    { name: 'maps deeply', a: 'a: {b: 1, c: {d: 2}}', b: 'a: {c: {e: 3}}', want: { a: { b: 1, c: { d: 2, e: 3 } } } },
    { name: 'lists replaced', a: 'a: [1, 2]', b: 'a: [3]', want: { a: [3] } },
    { name: 'scalars replaced', a: 'a: 1\nb: 2', b: 'a: x', want: { a: 'x', b: 2 } },
    { name: 'a key without a value keeps a map', a: 'a: {b: 1}', b: 'a:', want: { a: { b: 1 } } },
    { name: 'an empty map keeps a map', a: 'a: {b: 1}', b: 'a: {}', want: { a: { b: 1 } } },
    { name: 'a map over a key without a value', a: 'a:', b: 'a: {b: 1}', want: { a: { b: 1 } } },
    { name: 'a key without a value over a scalar', a: 'a: 1', b: 'a:', want: { a: null } },
    { name: 'order kept', a: 'b: 1\na: 1', b: 'a: 2\nc: 3', want: { b: 1, a: 2, c: 3 } },
  ];
  for (const { name, a, b, want } of cases)
    test(name, async () => {
      const raw = await load({ 'a.yaml': a, 'b.yaml': b }, ['a.yaml', 'b.yaml']);
      expect(raw.value).toEqual(want);
      expect(Object.keys(raw.value as object)).toEqual(Object.keys(want));
    });

  test('globs in the order of their names, each file where it is named', async () => {
    const files = { 'conf.d/2.yaml': 'a: 2', 'conf.d/1.yaml': 'a: 1\nb: 1', 'last.yaml': 'c: 3' };
    const raw = await load(files, ['conf.d/*.yaml', 'last.yaml']);
    expect(raw.value).toEqual({ a: 2, b: 1, c: 3 });
    expect(raw.files.map((file) => file.split('/').slice(-2).join('/'))).toEqual([
      'conf.d/1.yaml',
      'conf.d/2.yaml',
      expect.stringMatching(/last\.yaml$/),
    ]);
  });

  test('a file whose name looks like a glob is read as it is', async () => {
    expect((await load({ 'a[1].yaml': 'a: 1' }, ['a[1].yaml'])).value).toEqual({ a: 1 });
  });
});

describe('substitution', () => {
  const env = {
    PORT: '4317',
    HOST: 'h',
    EMPTY: '',
    NO: 'false',
    NULL: 'null',
    MAP: '{a: 1}',
    LINES: 'a: 1\nb: 2',
    ALIAS: '*x',
    NESTED: '${env:HOST}',
    BIG: '12345678901234567890',
    HEX: '0x1f',
    NAN: '.nan',
    SPACED: ' 7 ',
  };
  const cases: readonly { readonly text: string; readonly want: unknown }[] = [
    { text: '${env:PORT}', want: 4317 },
    { text: '"${env:PORT}"', want: 4317 },
    { text: '${PORT}', want: 4317 },
    { text: '${env:HOST}:${env:PORT}', want: 'h:4317' },
    { text: 'x${PORT}', want: 'x4317' },
    { text: '${env:NO}', want: false },
    { text: '${env:NULL}', want: null },
    { text: '${env:EMPTY}', want: null },
    { text: '${env:HEX}', want: 31 },
    { text: '${env:NAN}', want: '.nan' },
    { text: '${env:SPACED}', want: 7 },
    { text: '${env:BIG}', want: '12345678901234567890' },
    { text: '${env:MAP}', want: '{a: 1}' },
    { text: '${env:LINES}', want: 'a: 1\nb: 2' },
    { text: '${env:ALIAS}', want: '*x' },
    { text: '${env:NESTED}', want: '${env:HOST}' },
    { text: '${env:GONE:-5}', want: 5 },
    { text: '${env:EMPTY:-5}', want: null },
    { text: '${GONE:-a:b-c}', want: 'a:b-c' },
    { text: '${env:GONE:-}', want: null },
    { text: '${env:GONE:-${env:PORT}}', want: 4317 },
    { text: '${env:GONE:-${env:GONE:-x}}y', want: 'xy' },
    { text: '$$', want: '$' },
    { text: '$${env:PORT}', want: '${env:PORT}' },
    { text: '$$$$', want: '$$' },
    { text: '^a$', want: '^a$' },
    { text: '$1', want: '$1' },
    { text: '$HOST', want: '$HOST' },
    { text: '|\n  a\n  ${env:HOST}\n', want: 'a\nh\n' },
    { text: '[1, "${env:PORT}"]', want: [1, 4317] },
    { text: '[1, "${env:GONE:-}", null, 2]', want: [1, null, 2] },
  ];
  for (const { text, want } of cases)
    test(`${JSON.stringify(text)} is ${JSON.stringify(want)}`, async () => {
      expect(await value(`a: ${text}`, { env })).toEqual({ a: want });
    });

  test('what came from the environment is known by its text and as written', async () => {
    const raw = await load({ 'c.yaml': 'a: ${env:PORT}\nb: 4317\n' }, ['c.yaml'], { env });
    expect(raw.origin(['a'])).toEqual({ text: '4317', written: '${env:PORT}' });
    expect(raw.origin(['b'])).toBeUndefined();
    expect(raw.origin(['c'])).toBeUndefined();
  });

  test('names of Object.prototype are no variables', async () => {
    expect(await messages(value('a: ${constructor}'))).toEqual(['the environment variable constructor is not set']);
  });
});

describe('files in a config', () => {
  test('a whole value may be a map or a list, and is placed in its file', async () => {
    const files = {
      'config.yaml': 'a: ${file:parts/map.yaml}\nb: ${file:parts/list}\n',
      'parts/map.yaml': 'x: 1\ny: ${file:deeper.yaml}\n',
      'parts/deeper.yaml': '{z: "${env:Z}"}',
      'parts/list': '- 1\n- two\n',
    };
    const raw = await load(files, ['config.yaml'], { env: { Z: '3' } });
    expect(raw.value).toEqual({ a: { x: 1, y: { z: 3 } }, b: [1, 'two'] });
    expect(raw.locate(['b', 1])).toMatchObject({ file: 'parts/list', line: 2, column: 3, length: 3 });
    expect(raw.locate(['a', 'y', 'z'], 'key')).toMatchObject({ file: 'parts/deeper.yaml', line: 1, column: 2 });
    expect(raw.files).toHaveLength(4);
  });

  test('text stays text, without its last line break', async () => {
    const files = {
      'config.yaml':
        'a: ${file:password}\nb: "x-${file:password}"\nc: ${file:key.pem}\nd: ${file:map}\ne: ${file:port}',
      password: '*s3cr$$t: "x\n',
      'key.pem': '-----BEGIN KEY-----\nabc\n-----END KEY-----\n',
      map: 'user: x\n',
      port: '80\n',
    };
    const raw = await load(files, ['config.yaml']);
    expect(raw.value).toEqual({
      a: '*s3cr$$t: "x',
      b: 'x-*s3cr$$t: "x',
      c: '-----BEGIN KEY-----\nabc\n-----END KEY-----',
      d: { user: 'x' },
      e: 80,
    });
    expect(raw.origin(['d'])).toEqual({ text: 'user: x', written: '${file:map}' });
  });

  test('mistakes in an included file are shown there', async () => {
    const files = { 'config.yaml': 'a: ${file:b.yaml}', 'b.yaml': 'x: [1\n' };
    const error = await load(files, ['config.yaml']).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ diagnostics: [{ location: { file: 'b.yaml' } }] });
  });

  test('a chain of files has an end', async () => {
    const links = Array.from({ length: 40 }, (_, index) => [`${index}.yaml`, `a: \${file:${index + 1}.yaml}`]);
    expect(await messages(load(Object.fromEntries(links), ['0.yaml']))).toEqual([
      'files include files more than 16 deep',
    ]);
  });

  test('a tree of files has an end', async () => {
    const wide = Array.from({ length: 12 }, (_, index) => [
      `${index}.yaml`,
      `a: \${file:${index + 1}.yaml}\nb: \${file:${index + 1}.yaml}`,
    ]);
    const said = await messages(load({ ...Object.fromEntries(wide), '12.yaml': 'a: 1' }, ['0.yaml']));
    expect(new Set(said)).toEqual(new Set(['more than 1000 files are included']));
  });
});

describe('YAML', () => {
  test('aliases and merge keys', async () => {
    const text = 'a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  y: 3\nc:\n  <<: [*a, {z: 4, x: 5}]\nd: *a\n';
    expect(await value(text)).toEqual({
      a: { x: 1, y: 2 },
      b: { y: 3, x: 1 },
      c: { x: 1, y: 2, z: 4 },
      d: { x: 1, y: 2 },
    });
  });

  test('aliases of aliases do not grow without bound', async () => {
    const levels = Array.from(
      { length: 9 },
      (_, index) => `a${index + 1}: &a${index + 1} [${Array(9).fill(`*a${index}`).join(', ')}]`,
    );
    expect(await messages(value(`a0: &a0 [x]\n${levels.join('\n')}`))).toEqual([
      'the aliases of this document grow too large',
    ]);
  });

  test('__proto__ is a key like any other', async () => {
    const parsed = (await value('__proto__: {polluted: true}')) as object;
    expect(Object.keys(parsed)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('keys are text, and yes is no boolean', async () => {
    expect(await value('1: a\ntrue: b\nc: yes\n0x1F: d')).toEqual({ '1': 'a', true: 'b', c: 'yes', '0x1F': 'd' });
  });
});

describe('--set', () => {
  const base = 'receivers:\n  procfs:\n    budget: {share: 1}\n    list: [1, 2]\n';
  const cases = [
    { set: 'receivers.procfs.budget.share=0.5', path: ['receivers', 'procfs', 'budget', 'share'], want: 0.5 },
    { set: 'receivers::procfs::list=[3]', path: ['receivers', 'procfs', 'list'], want: [3] },
    { set: 'receivers.procfs/eu.x="1"', path: ['receivers', 'procfs/eu', 'x'], want: '1' },
    { set: 'receivers."procfs/a.b".x=a=b', path: ['receivers', 'procfs/a.b', 'x'], want: 'a=b' },
    { set: 'm::process.cpu.time::enabled=false', path: ['m', 'process.cpu.time', 'enabled'], want: false },
    { set: 'receivers.procfs={budget: {per: 3}}', path: ['receivers', 'procfs', 'budget'], want: { share: 1, per: 3 } },
    { set: 'receivers.procfs=', path: ['receivers', 'procfs', 'list'], want: [1, 2] },
    { set: 'a.b=${env:X}', path: ['a', 'b'], want: 7 },
    { set: 'a.b=http://h:1/', path: ['a', 'b'], want: 'http://h:1/' },
  ];
  for (const { set, path, want } of cases)
    test(set, async () => {
      let at = await value(base, { set: [set], env: { X: '7' } });
      for (const step of path) at = (at as Record<string, unknown>)[step];
      expect(at).toEqual(want);
    });

  test('the last wins, and is where a mistake is shown', async () => {
    const raw = await load({ 'c.yaml': base }, ['c.yaml'], { set: ['a.b=1', 'a.b=c'] });
    expect(raw.value).toMatchObject({ a: { b: 'c' } });
    expect(raw.locate(['a', 'b'])).toEqual({ file: '--set a.b=c', line: 1, column: 5, length: 1, source: 'a.b=c' });
    expect(raw.locate(['a', 'b'], 'key')).toMatchObject({ column: 3, length: 1 });
  });
});

describe('locate', () => {
  const text = 'a:\n  b: [x, {c: "d"}]\n  e:\nf: |\n  g\n';
  const cases = [
    { path: ['a'], what: 'key', want: [1, 1, 1] },
    { path: ['a'], what: 'value', want: [2, 3, 16] },
    { path: ['a', 'b', 0], what: 'value', want: [2, 7, 1] },
    { path: ['a', 'b', 1, 'c'], what: 'key', want: [2, 11, 1] },
    { path: ['a', 'b', 1, 'c'], what: 'value', want: [2, 14, 3] },
    { path: ['a', 'e'], what: 'value', want: [3, 3, 1] },
    { path: ['f'], what: 'value', want: [4, 4, 1] },
  ] as const;
  for (const { path, what, want } of cases)
    test(`the ${what} of ${path.join('.')}`, async () => {
      const raw = await load({ 'c.yaml': text }, ['c.yaml']);
      const { line, column, length } = raw.locate(path, what)!;
      expect([line, column, length]).toEqual(want);
    });

  test('what is not there is nowhere', async () => {
    const raw = await load({ 'c.yaml': text }, ['c.yaml']);
    for (const path of [['x'], ['a', 'b', 2], ['a', 'b', 0, 'x'], ['a', 'e', 'x']])
      expect(raw.locate(path)).toBeUndefined();
    expect(rawConfig({ a: 1 }).locate(['a'])).toBeUndefined();
  });
});
