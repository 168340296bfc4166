import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { millrace, root } from '../../../../test/e2e/program.ts';
import type { CommandAction } from '../commands/index.ts';
import type { ProfileOptions } from './options.ts';
import { diffOf, flamegraph, report, top, tree } from './profile.ts';
import { isBehind, readMergeRequest } from './testdata/merge-request.ts';

const pprof = join(root, 'packages/libraries/pprof/testdata');
const file = (name: string): string => join(pprof, name);
const folder = mkdtempSync(join(tmpdir(), 'millrace-profile-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a command in this process: its exit code, what it wrote to its file, and what it said. */
async function run(command: CommandAction, sources: readonly string[], options: ProfileOptions = {}) {
  const said = vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  const output = options.output ?? join(folder, 'output');
  rmSync(output, { force: true });
  const code = await command(sources, { ...options, output } as object as Parameters<CommandAction>[1]);
  const stderr = said.mock.calls.map(([text]) => String(text)).join('');
  said.mockRestore();
  return { code, stderr, text: existsSync(output) ? readFileSync(output, 'utf8') : '' };
}

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void (server.closeAllConnections(), server.close()));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const go = findGo();
if (go === undefined) console.warn('Skipped: nothing is compared with go tool pprof, because there is no Go.');

function findGo(): string | undefined {
  try {
    return execFileSync('go', ['tool', '-n', 'pprof'], { stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim();
  } catch {
    return undefined;
  }
}

const env = { ...process.env, TZ: 'UTC', PPROF_BINARY_PATH: '/nonexistent' };
const goOutput = (...words: readonly string[]): string =>
  execFileSync(go!, ['-symbolize=none', ...words], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 2 ** 28,
  }).toString();

describe.skipIf(go === undefined)('as go tool pprof', () => {
  it.each<[string, ProfileOptions, readonly string[]]>([
    ['go-cpu.pb.gz', {}, []],
    ['go-cpu.pb.gz', { cum: true, limit: 7 }, ['-cum', '-nodecount=7']],
    ['go-cpu.pb.gz', { granularity: 'lines', focus: 'main' }, ['-lines', '-focus=main']],
    ['go-cpu.pb.gz', { unit: 'us' }, ['-unit=us']],
    [
      'go-heap.pb.gz',
      { sampleType: 'alloc_objects', hide: 'runtime' },
      ['-sample_index=alloc_objects', '-hide=runtime'],
    ],
    ['python-cpu.pb.gz', { show: 'f', ignore: 'zzz' }, ['-show=f', '-ignore=zzz']],
    ['node-wall.pb.gz', { cum: true }, ['-cum']],
    ['rust-cpu.pb', {}, []],
  ])('%s %j', async (name, options, words) => {
    expect(await run(top, [file(name)], options)).toMatchObject({
      code: 0,
      text: goOutput('-top', ...words, file(name)),
    });
    expect((await run(tree, [file(name)], options)).text).toBe(goOutput('-tree', ...words, file(name)));
  });

  it('compares', async () => {
    const [before, after] = [file('go-heap.pb.gz'), file('go-heap-later.pb.gz')];
    const { text } = await run(diffOf, [before, after], { cum: true });
    expect(text).toBe(goOutput('-top', '-cum', `-diff_base=${before}`, after));
    const { text: normalized } = await run(diffOf, [before, after], { normalize: true });
    const table = (printed: string): string => printed.slice(printed.indexOf('      flat'));
    expect(table(normalized)).toBe(table(goOutput('-top', '-normalize', `-diff_base=${before}`, after)));
  });

  it('adds up', async () => {
    const both = [file('go-heap.pb.gz'), file('go-heap-later.pb.gz')];
    expect((await run(top, both)).text).toBe(goOutput('-top', ...both));
  });
});

it('sums up by file, where Go has a row for each function of it', async () => {
  const { text } = await run(top, [file('go-cpu.pb.gz')], { granularity: 'files' });
  expect(text.match(/^.*main\.go$/gm)).toEqual([expect.stringMatching(/^ +110ms 11\.11% .* 990ms +100% /)]);
});

it('a comparison with itself is empty', async () => {
  const same = await run(diffOf, [file('go-heap.pb.gz'), file('go-heap.pb.gz')]);
  expect([same.code, same.stderr, same.text]).toEqual([0, '', expect.stringContaining('accounting for 0')]);
  expect((await run(flamegraph, [file('go-heap.pb.gz'), file('go-heap.pb.gz')], { diff: true })).code).toBe(0);
});

describe('JSON', () => {
  it('of each view', async () => {
    const cpu = [file('go-cpu.pb.gz')];
    const parsed = async (command: CommandAction, options: ProfileOptions = {}) =>
      JSON.parse((await run(command, cpu, { json: true, ...options })).text) as Record<string, unknown>;
    expect(await parsed(top, { limit: 1 })).toEqual({
      sampleType: { type: 'cpu', unit: 'nanoseconds' },
      total: 990_000_000,
      rows: [expect.objectContaining({ name: 'runtime.asyncPreempt', self: 220_000_000, total: 220_000_000 })],
      omitted: 73,
    });
    const { nodes } = (await parsed(tree)) as { nodes: { name: string; callers: unknown[] }[] };
    expect(nodes.find(({ name }) => name === 'cmpbody')!.callers).toContainEqual({
      name: 'cmp.Less[go.shape.string]',
      value: 140_000_000,
      inlined: false,
    });
    expect(await parsed(flamegraph)).toMatchObject({ version: 1, flamebearer: { numTicks: 990_000_000 } });
    const said = await parsed(report);
    expect(said).toMatchObject({
      title: 'cpu of go-cpu.pb.gz',
      total: 990_000_000,
      time: '2026-11-21 14:42:12 UTC, 1.50s',
    });
    expect([said['topBySelf'], said['topByCumulative']]).toEqual([expect.any(Array), expect.any(Array)]);
  });
});

describe('a report', () => {
  it.each(['go-cpu.pb.gz', 'go-heap.pb.gz', 'python-thread.pb.gz'])('of %s', async (name) => {
    const { text, code } = await run(report, [file(name)], { limit: 8 });
    expect(code).toBe(0);
    expect(text).toBe(readFileSync(file(`report-${name.replace('.pb.gz', '')}.md`), 'utf8'));
  });

  it('is Markdown whatever names say', async () => {
    const stacks = join(folder, 'evil.folded');
    writeFileSync(stacks, 'a|b;`c``d`\x1b[2J 3\n<img src=x> 2\n');
    const { text } = await run(report, [stacks], { title: '# <b> `x` a_b _c_' });
    expect(text).toContain('# \\# \\<b\\> \\`x\\` a_b \\_c\\_\n');
    expect(text).toContain('| 3 | 60.00% | 60.00% | 3 | 60.00% | ``` `c``d` [2J ``` |');
    expect(text).toContain('| `a\\|b` |');
  });
});

describe('a flame graph', () => {
  it('is a page, or by the name of the file a picture', async () => {
    expect((await run(flamegraph, [file('go-cpu.pb.gz')])).text).toMatch(/^<!doctype html>/);
    const svg = await run(flamegraph, [file('go-cpu.pb.gz')], { output: join(folder, 'cpu.svg'), title: 'mine' });
    expect(svg.text).toMatch(/^<svg [^]*<title>mine<\/title>/);
    const diff = await run(flamegraph, [file('go-heap.pb.gz'), file('go-heap-later.pb.gz')], { diff: true });
    expect(diff.text).toContain('inuse_space of go-heap.pb.gz → go-heap-later.pb.gz');
    expect(diff.text).toContain('"base":[');
    expect(diff.text).toContain('<p>Before: 2026-11-21 14:42:14 UTC</p>\n<p>After: 2026-11-21 14:42:1');
  });
});

describe('what cannot be', () => {
  const cpu = file('go-cpu.pb.gz');
  it.each<[string, CommandAction, readonly string[], ProfileOptions, number, string]>([
    ['no source', top, [], {}, 2, 'Of which profile?'],
    ['no file', top, ['nowhere.pb.gz'], {}, 1, 'nowhere.pb.gz cannot be read: ENOENT'],
    [
      'a URL without its scheme',
      top,
      ['localhost:6060/debug/pprof/heap'],
      {},
      1,
      'Is it a URL? http://localhost:6060/',
    ],
    ['a directory', top, [folder], {}, 1, 'EISDIR'],
    ['another file', top, [join(root, 'package.json')], {}, 1, 'It is JSON (with name, private'],
    ['a sample type', top, [cpu], { sampleType: 'x' }, 2, 'it has "samples", "cpu"'],
    ['a sample type by number', top, [cpu], { sampleType: '7' }, 2, 'it has "samples", "cpu"'],
    ['a pattern', tree, [cpu], { focus: '(' }, 2, 'The pattern "(" is wrong'],
    ['what filters leave', report, [cpu], { focus: 'nowhere' }, 1, 'The filters leave nothing'],
    ['seconds of a file', top, [cpu], { seconds: 3 }, 2, '--seconds is for a URL'],
    ['one of two', diffOf, [cpu], {}, 2, 'two profiles: before and after'],
    ['three of two', diffOf, [cpu, cpu, cpu], {}, 2, 'two profiles: before and after'],
    ['profiles of another kind', diffOf, [cpu, file('go-heap.pb.gz')], {}, 1, 'do not belong together'],
    ['a folder as output', top, [cpu], { output: '/proc/nowhere/x' }, 1, 'cannot be written'],
    ['a query of nobody', top, [], { query: 'a.cpu{}' }, 2, 'Which Pyroscope server is asked?'],
    ['a certificate', top, [cpu], { ca: 'nowhere.pem' }, 2, 'The certificates do not work'],
    ['half a certificate', top, [cpu], { cert: 'x' }, 2, '--cert and --key go together'],
    ['nobody there', top, ['http://127.0.0.1:1/x'], {}, 3, 'Nothing listens at 127.0.0.1:1.'],
  ])('%s', async (_, command, sources, options, code, message) => {
    const result = await run(command, sources, options);
    expect(result).toMatchObject({ code, text: '' });
    expect(result.stderr).toContain(message);
    expect(result.stderr.trim().split('\n')).toHaveLength(1);
  });

  it('an empty profile', async () => {
    const result = await run(top, [join(import.meta.dirname, 'testdata/v1/empty.pprof')]);
    expect(result).toMatchObject({ code: 1, text: '' });
    expect(result.stderr).toContain('empty.pprof has no samples.');
  });
});

describe('of a URL', () => {
  it('asks the application, for as long as it is told, with credentials', async () => {
    const asked: string[] = [];
    const base = await serve((request, response) => {
      asked.push(`${request.url} ${request.headers.authorization}`);
      response.end(readFileSync(file('go-cpu.pb.gz')));
    });
    const { code, text } = await run(top, [`${base}/debug/pprof`], { seconds: 7, token: 'secret', limit: 1 });
    expect([code, text.includes('runtime.asyncPreempt')]).toEqual([0, true]);
    await run(top, [`${base.replace('//', '//ann:pass@')}/x?debug=0`]);
    expect(asked).toEqual(['/debug/pprof/profile?seconds=7 Bearer secret', `/x?debug=0 Basic ${btoa('ann:pass')}`]);
  });

  it.each<[number, string, string]>([
    [
      404,
      '404 page not found\n',
      'answered with status 404: 404 page not found. Does the application serve its profiles',
    ],
    [401, '<html>', 'answered with status 401. Who may ask?'],
    [500, '{"error":"Could not enable CPU profiling."}', 'answered with status 500: Could not enable CPU profiling.'],
    [200, '<html><title>Sign in</title>', 'It is a web page: "Sign in".'],
    [200, 'goroutine profile: total 3', 'without debug=1'],
    [200, '', 'is empty.'],
  ])('says what it answered: %d %j', async (status, body, message) => {
    const base = await serve((_, response) => void response.writeHead(status).end(body));
    const result = await run(top, [`${base}/debug/pprof/heap`]);
    expect(result).toMatchObject({ code: status === 200 ? 1 : 3, text: '' });
    expect(result.stderr).toContain(message);
  });

  it('says when the connection is lost', async () => {
    const base = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 1000 }).write('half');
      setImmediate(() => response.destroy());
    });
    const result = await run(top, [`${base}/x`]);
    expect(result).toMatchObject({ code: 3 });
    expect(result.stderr).toContain('/x gave no whole answer');
  });

  it('says whose certificate is not trusted, and trusts what it is told to', async () => {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', ...subject];
    execFileSync('openssl', [...words, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    const server = createHttps({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) =>
      response.end(readFileSync(file('go-cpu.pb.gz'))),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void (server.closeAllConnections(), server.close()));
    const { port } = server.address() as AddressInfo;
    const refused = await run(top, [`https://127.0.0.1:${port}/x`]);
    expect([refused.code, refused.stderr]).toEqual([
      3,
      expect.stringContaining('an authority that is not trusted here'),
    ]);
    expect((await run(top, [`https://127.0.0.1:${port}/x`], { ca: cert })).code).toBe(0);
    expect((await run(top, [`https://127.0.0.1:${port}/x`], { insecure: true })).code).toBe(0);
    const plain = await run(top, [`https://127.0.0.1:${new URL(await serve((_, response) => response.end())).port}/x`]);
    expect(plain.stderr).toContain('does not speak TLS. Without: http://127.0.0.1');
  });
});

describe('the program', { timeout: 60_000 }, () => {
  it('reads standard input, and ends when nobody reads what it writes', async () => {
    const script = `printf 'main;a 3\\nmain;b 1\\n' | "$0" -C source "$1" profile top - | head -n 1`;
    const child = spawn('bash', [
      '-o',
      'pipefail',
      '-c',
      script,
      process.execPath,
      join(root, 'packages/cli/bin/millrace.js'),
    ]);
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (out += chunk));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk));
    const [code] = await once(child, 'close');
    expect({ code, out, err }).toEqual({ code: 0, out: 'Type: samples\n', err: '' });
  });

  it('ends at once when it is told to', async () => {
    const asked = Promise.withResolvers<void>();
    const base = await serve(() => asked.resolve());
    const program = millrace(['profile', 'top', `${base}/debug/pprof/profile`]);
    await asked.promise;
    expect([await program.stop('SIGINT'), program.stderr]).toEqual([1, '']);
  });

  it('does not wait for standard input then', async () => {
    const asked = Promise.withResolvers<void>();
    const base = await serve(() => asked.resolve());
    const command = ['-C', 'source', join(root, 'packages/cli/bin/millrace.js'), 'profile', 'top', '-', `${base}/cpu`];
    const child = spawn(process.execPath, command, { stdio: ['pipe', 'ignore', 'ignore'] });
    onTestFinished(() => void child.kill('SIGKILL'));
    await asked.promise;
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([1, null]);
  });

  it('refuses flags that cannot be', async () => {
    const program = millrace(['profile', 'top', 'x', '--granularity', 'words']);
    expect(await program.ended).toBe(2);
    expect(program.stderr).toContain('Allowed choices are functions, files, lines.');
  });
});

describe('every command of the README', { timeout: 60_000 }, () => {
  const readme = readFileSync(join(root, 'packages/cli/README.md'), 'utf8');
  const section = readme.slice(readme.indexOf('## Profiles'), readme.indexOf('## Watching'));
  const commands = [...section.matchAll(/^millrace (.*?)(?: +#.*)?$/gm)].map(([, line]) => line!);
  const [, sample] = /```text\n([^]*?)```/.exec(section)!;
  it('there are some', () => expect(commands).toHaveLength(11));

  it.each(commands)('millrace %s', async (command) => {
    copyFileSync(file('go-cpu.pb.gz'), join(folder, 'cpu.pb.gz'));
    copyFileSync(file('go-heap.pb.gz'), join(folder, 'before.pb.gz'));
    copyFileSync(file('go-heap-later.pb.gz'), join(folder, 'after.pb.gz'));
    const application = await serve((request, response) =>
      response.end(readFileSync(file(request.url!.includes('heap') ? 'go-heap.pb.gz' : 'go-cpu.pb.gz'))),
    );
    const pyroscope = await serve(async (request, response) => {
      const isTypes = request.url!.endsWith('/ProfileTypes');
      const body = await buffer(request);
      const merge = !isTypes && isBehind(readMergeRequest(body)) ? 'empty.pprof' : 'cpu.pprof';
      response.setHeader('content-type', isTypes ? 'application/json' : 'application/proto');
      response.end(readFileSync(join(import.meta.dirname, 'testdata/v1', isTypes ? 'profile-types.json' : merge)));
    });
    const words = command
      .replace('http://localhost:6060', application)
      .replace('http://localhost:4040', pyroscope)
      .split(' ')
      .map((word) => word.replaceAll("'", ''));
    const program = millrace(words, { cwd: folder });
    expect({ code: await program.ended, stderr: program.stderr }).toEqual({ code: 0, stderr: '' });
    const at = words.indexOf('-o');
    const written = at === -1 ? program.stdout : readFileSync(join(folder, words[at + 1]!), 'utf8');
    if (words.includes('--json')) expect(JSON.parse(written)).toMatchObject({ total: 420_000_000 });
    else expect(written).toMatch(/^(?:File: |Type: |# |<!doctype html>|<svg )/);
  });

  it('and what it shows', async () => {
    const { text } = await run(top, [file('go-cpu.pb.gz')], { limit: 3 });
    expect(text).toContain(sample);
  });
});
