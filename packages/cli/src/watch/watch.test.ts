import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { millrace, root } from '../../../../test/e2e/program.ts';
import { roachy, stateChange } from './testdata/cockroachdb.ts';
import { gauge, metricsJson, resource } from './testdata/metrics.ts';
import { type ReportJson, startService } from './testdata/service.ts';

async function serving(options: Parameters<typeof startService>[0] = {}) {
  const service = await startService(options);
  onTestFinished(() => service.close());
  return service;
}
function watch(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const program = millrace(['watch', ...args], { env });
  onTestFinished(async () => {
    if (program.child.exitCode === null && program.child.signalCode === null) await program.stop('SIGKILL');
  });
  return program;
}
const host = (used: number) => metricsJson(resource({ 'host.name': 'one' }, [gauge('memory', 'By', used)]));
const parsed = (stdout: string): ReportJson[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as ReportJson);

describe('millrace watch, not on a terminal', () => {
  it('--once shows the newest of each cluster and ends', async () => {
    const service = await serving();
    service.report('hosts', host(1024));
    service.report('hosts', host(2048));
    service.report('roachy', roachy());
    service.report('roachy', stateChange('Node 2 drains.', '2'), { signal: 'logs' });
    const program = watch(['--once', '--endpoint', service.endpoint]);
    expect(await program.ended).toBe(0);
    expect(program.stderr).toBe('');
    expect(program.stdout).toMatch(
      /^hosts · reported \ds ago\nhost.name: one\nseries +value\nmemory +2\.0 KiB\n\nroachy · /,
    );
    expect(program.stdout).toMatch(/\n +2 +draining +not ready .*[^]*Node 2 drains\.\n$/);
    expect(program.stdout).not.toContain('\x1b');
  });

  it('prints a table a report, of the clusters that are named, and ends after --count', async () => {
    const service = await serving();
    service.report('other', host(1));
    service.report('hosts', host(1024));
    const program = watch(['hosts', '--count', '3', '--endpoint', service.endpoint]);
    await expect.poll(service.subscribers, { timeout: 10_000 }).toBe(1);
    service.report('hosts', host(2048));
    service.report('other', host(2));
    service.report('hosts', { resourceMetrics: [3] });
    service.report('hosts', host(4096));
    expect(await program.ended).toBe(0);
    expect([...program.stdout.matchAll(/\d\.0 KiB/g)].map(String)).toEqual(['1.0 KiB', '2.0 KiB']);
    expect(program.stdout).toMatch(/^hosts · reported at 20\d\d-/);
    expect(program.stderr).toMatch(/^A report was left out: the report 5 cannot be read: .*resourceMetrics\[0\]/);
  });

  it('says what there is where there is nothing of a cluster', async () => {
    const service = await serving();
    service.report('eu', host(1));
    service.report('us', host(1));
    const program = watch(['asia', '--once', '--endpoint', service.endpoint]);
    expect(await program.ended).toBe(1);
    expect(program.stderr).toBe(`${service.endpoint} holds no report of asia. It holds: eu, us\n`);
  });

  it.each([
    [['--count', '0'], 2, /It must be a whole number from 1/],
    [['--after', 'x'], 2, /It must be a cursor/],
    [['--once', '--after', '3'], 2, /give one of them/],
    [['--endpoint', 'ftp://x'], 2, /--endpoint must be a URL/],
    [['--endpoint', 'http://127.0.0.1:1'], 3, /^Nothing listens at 127\.0\.0\.1:1\./],
  ])('%j ends with %i and a sentence', async (args, code, message) => {
    const program = watch(args);
    expect(await program.ended).toBe(code);
    expect(program.stderr).toMatch(message);
    expect(program.stdout).toBe('');
  });
});

describe('millrace watch --json', () => {
  it('is what the service gives, a line a report, from a cursor on, over a lost connection', async () => {
    const service = await serving({ token: 'secret' });
    const sent = [service.report('a', host(1)), service.report('b', host(2 ** 53)), service.report('a', host(3))];
    const program = watch(['--json', '--after', '1', '--endpoint', service.endpoint], { MILLRACE_TOKEN: 'secret' });
    await program.saw(/"cursor":"3"/);
    service.cut();
    await program.saw(/Trying again until it is back\./);
    sent.push(service.report('a', { resourceMetrics: [], note: 'evil \u009b31m' }));
    await program.saw(/"cursor":"4"/);
    expect(await program.stop('SIGINT')).toBe(0);
    expect(parsed(program.stdout)).toEqual(sent.slice(1));
    expect(program.stdout).not.toContain('\u009b');
    expect(program.stderr).toMatch(/^The connection was lost: .*\nConnected to http:\S+ again\.\n$/);
  });

  it('--once gives the newest', async () => {
    const service = await serving();
    service.report('a', host(1));
    const newest = service.report('a', host(2));
    const program = watch(['--json', '--once', '--endpoint', service.endpoint]);
    expect(await program.ended).toBe(0);
    expect(parsed(program.stdout)).toEqual([newest]);
  });

  it('ends with 0 when its reader has gone', async () => {
    const service = await serving();
    const program = watch(['--json', '--after', '0', '--endpoint', service.endpoint]);
    service.report('a', host(1));
    await program.saw(/"cursor":"1"/);
    program.child.stdout!.destroy();
    const timer = setInterval(() => service.report('a', host(2)), 20);
    onTestFinished(() => clearInterval(timer));
    expect(await once(program.child, 'exit')).toEqual([0, null]);
    expect(program.stderr).toBe('');
  });

  it('reads no faster than its reader, and keeps nothing meanwhile', async () => {
    const service = await serving({ keep: 3 });
    const program = watch(['--json', '--endpoint', service.endpoint]);
    await expect.poll(service.subscribers, { timeout: 10_000 }).toBe(1);
    program.child.stdout!.pause();
    const note = 'x'.repeat(1024 * 1024);
    for (let report = 0; report < 64; report++) service.report('a', { note });
    // What neither pipe nor program take stays with the service.
    await expect.poll(service.waiting, { timeout: 10_000 }).toBeGreaterThan(32 * 1024 * 1024);
    let lines = 0;
    program.child.stdout!.on('data', (text: string) => (lines += text.split('\n').length - 1));
    program.child.stdout!.resume();
    await expect.poll(() => lines, { timeout: 10_000 }).toBe(64);
  });
});

/** Runs it on a terminal of 80 × 12, and gives the shell's word on the terminal when it has ended. */
function onTerminal(args: readonly string[], { env = {} }: { env?: NodeJS.ProcessEnv } = {}) {
  const program = [process.execPath, '-C', 'source', join(root, 'packages/cli/bin/millrace.js'), 'watch', ...args];
  const shell = `stty cols 80 rows 12; ${program.map((part) => `'${part}'`).join(' ')}; echo "code=$?"; stty -a; echo end`;
  const child = spawn(
    'script',
    ['-qec', `sh -c "${shell.replaceAll('"', '\\"').replaceAll('$', '\\$')}"`, '/dev/null'],
    {
      cwd: root,
      env: { ...process.env, TERM: 'xterm', NO_COLOR: '', ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const ended = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return {
    type: (keys: string) => void child.stdin.write(keys),
    text: () => text,
    saw: (pattern: RegExp) => expect.poll(() => text, { timeout: 15_000 }).toMatch(pattern),
  };
}
const entered = '\x1b[?1049h\x1b[?25l';
const left = '\x1b[?25h\x1b[?1049l';

describe('millrace watch on a terminal', () => {
  it.each([
    ['q', 'q'],
    ['Ctrl-C', '\x03'],
  ])('draws, follows, scrolls, and gives the terminal back at %s', async (_name, key) => {
    const service = await serving();
    service.report('roachy', roachy());
    const terminal = onTerminal(['--endpoint', service.endpoint]);
    await terminal.saw(/connected {2}http.*lines 1–11 of 12, ↑ ↓ scroll, q ends/);
    service.report('roachy', metricsJson());
    terminal.type('j');
    await terminal.saw(/lines 2–12 of 12/);
    terminal.type(key);
    await terminal.saw(/end\r\n$/);
    const text = terminal.text();
    expect(text.indexOf(entered)).toBeGreaterThanOrEqual(0);
    expect(text.indexOf(left)).toBeGreaterThan(text.indexOf(entered));
    const after = text.slice(text.indexOf(left));
    expect(after).toMatch(/code=0/);
    expect(after).toMatch(/[ ;]icanon/);
    expect(after).toMatch(/[ ;]echo[ ;]/);
    expect(text).toContain('\x1b[33mdraining\x1b[0m');
  });

  it('gives the terminal back before it shows why it crashed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'watch-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const crash = join(folder, 'crash.mjs');
    writeFileSync(
      crash,
      `const { write } = process.stdout;
       process.stdout.write = function (text, ...rest) {
         if (String(text).includes('connected')) setTimeout(() => { throw new Error('a bug'); }, 10);
         return write.call(this, text, ...rest);
       };`,
    );
    const service = await serving();
    service.report('roachy', roachy());
    const terminal = onTerminal(['--endpoint', service.endpoint], { env: { NODE_OPTIONS: `--import=${crash}` } });
    await terminal.saw(/end\r\n$/);
    const text = terminal.text();
    expect(text.indexOf(entered)).toBeGreaterThanOrEqual(0);
    expect(text.indexOf('a bug')).toBeGreaterThan(text.indexOf(left));
    expect(text.slice(text.indexOf(left))).toMatch(/[ ;]icanon[^]*[ ;]echo[ ;]/);
  });

  it('says that the service has gone, and goes on when it is back; no colours with NO_COLOR', async () => {
    const first = await startService();
    first.report('hosts', host(512));
    first.report('hosts', host(1024));
    const terminal = onTerminal(['--endpoint', first.endpoint], { env: { NO_COLOR: '1' } });
    await terminal.saw(/1\.0 KiB[^]*connected/);
    await first.close();
    await terminal.saw(/Nothing listens at 127[^]*not connected, trying again in/);
    const second = await serving({ port: first.port });
    second.report('hosts', host(2048));
    await terminal.saw(/2\.0 KiB/);
    terminal.type('q');
    await terminal.saw(/code=0/);
    for (const code of [1, 2, 7, 31, 36]) expect(terminal.text()).not.toContain(`\x1b[${code}m`);
  });
});
