import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkConfig, loadConfig, pluginsFor } from '@millrace/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ownFolder } from '../environment.ts';
import { main } from '../program.ts';
import { parseMonitorInput } from './monitor-input.ts';

const input = join(import.meta.dirname, 'testdata', 'monitor_input.json');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'import-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  process.exitCode = undefined;
});

/** Runs `millrace import sqream …`. */
async function run(...args: string[]) {
  const written = { out: '', err: '' };
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((written.out += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((written.err += String(text)), true));
  await main(['import', 'sqream', ...args]);
  vi.restoreAllMocks();
  return { ...written, code: process.exitCode };
}

const cluster = ['--host', '10.0.0.1', '--port', '3108', '--database', '1$x', '--username', 'monitor', '--clustered'];
const elsewhere = ['--service', 'other', '--loki_host', '::1', '--loki_port', '3200'];

describe('millrace import sqream', () => {
  it.each([
    ['defaults', []],
    ['everything', [input, ...cluster, ...elsewhere, '--password', 'hunter2', '--log_file_path', '/var/log/m.log']],
  ])('%s', async (name, args) => {
    const { out, err, code } = await run(...args);
    expect(code).toBe(0);
    await expect(out).toMatchFileSnapshot(`testdata/${name}.yaml`);
    expect(out + err).not.toContain('hunter2');
    expect(err).toContain(
      'The password is not written: the config takes it from the environment variable SQREAM_PASSWORD.',
    );
  });

  it.each([
    ['defaults', []],
    ['everything', [input, ...cluster, ...elsewhere]],
  ])('writes a config with which nothing is wrong: %s', async (_name, args) => {
    const file = join(folder, 'sqream.yaml');
    expect((await run(...args, '-o', file)).code).toBe(0);
    vi.stubEnv('SQREAM_PASSWORD', 'pa$$"w: ord');
    const raw = await loadConfig([file], {});
    const checked = await checkConfig(raw, await pluginsFor(raw, { folders: [ownFolder] }));
    expect(checked.warnings).toEqual([]);
    expect([...checked.pipelines.keys()]).toEqual(['logs']);
  });

  it('never writes over a file', async () => {
    const file = join(folder, 'sqream.yaml');
    writeFileSync(file, 'mine');
    const { out, err, code } = await run('-o', file);
    expect([out, err, code]).toEqual(['', `${file} is there already: name another file.\n`, 2]);
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });

  it.each([
    [['--port', '0'], 2, '--port must be a port from 1 to 65535, not 0.'],
    [['--loki_port', 'x'], 2, '--loki_port must be a port from 1 to 65535, not x.'],
    [['no-such-file.json'], 1, 'no-such-file.json: It cannot be read: ENOENT'],
    [['--nonsense'], 2, "unknown option '--nonsense'"],
  ])('%j is refused', async (args, code, message) => {
    const file = join(folder, 'sqream.yaml');
    const result = await run(...args, '-o', file);
    expect(result.err).toContain(message);
    expect([result.out, result.code, existsSync(file)]).toEqual(['', code, false]);
  });

  it('says all that is wrong with the file', async () => {
    const file = join(folder, 'input.json');
    writeFileSync(file, '{"show_locks": 0, "show_all": 1, "get_license_info": "5"}');
    expect(await run(file)).toEqual({
      code: 1,
      out: '',
      err: `${file}: show_locks must be a number of seconds above 0, not 0.
${file}: "show_all" is none of the monitor's metrics: there are show_server_status, show_locks, get_leveldb_stats, show_cluster_nodes, get_license_info, reset_leveldb_stats.
${file}: get_license_info must be a number of seconds above 0, not "5".
`,
    });
  });
});

it.each([
  ['[]', 'It must be a JSON object of seconds by metric: {"show_locks": 2}.'],
  ['{}', 'It names no metric: there are show_server_status'],
  ['{"show_locks": -1}', 'show_locks must be a number of seconds above 0, not -1.'],
  ['{"show_locks": true}', 'show_locks must be a number of seconds above 0, not true.'],
  ['{show_locks: 1}', 'It is no JSON: '],
])('%s is no input', (text, message) => {
  expect(parseMonitorInput(text).problems.join('\n')).toContain(message);
});
