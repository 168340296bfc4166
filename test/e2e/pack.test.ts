import { execFile } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const execute = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'millrace-pack-'));
const project = join(folder, 'project');

/** As a user's shell would, on the Node.js of this test. */
const run = (command: string, args: readonly string[], cwd: string) =>
  execute(command, args, { cwd, timeout: 240_000, maxBuffer: 2 ** 26, env: { ...process.env, NODE_OPTIONS: '' } });

describe('packed and installed into an empty project', () => {
  beforeAll(async () => {
    await run(process.execPath, ['scripts/build.ts'], root);
    const packages = globSync('packages/{*,*/*}/package.json', { cwd: root }).map((file) => join(root, dirname(file)));
    await run('npm', ['pack', '--silent', '--pack-destination', folder, ...packages], root);
    mkdirSync(project);
    writeFileSync(join(project, 'package.json'), '{ "name": "empty", "private": true, "type": "module" }');
    const tarballs = globSync('*.tgz', { cwd: folder }).map((file) => join(folder, file));
    await run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', ...tarballs], project);
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('npx millrace runs a config', async () => {
    await run('npx', ['millrace', 'init'], project);
    const { stdout } = await run(
      'npx',
      ['millrace', 'millrace.yaml', '--once', '--set', 'exporters.prometheus.endpoint=localhost:0'],
      project,
    );
    expect(stdout).toMatch(/^PID +NAME +OWNER +PSS +USS +RSS +CPU$/m);
  });

  it('npx millrace components finds all of them', async () => {
    const { stdout } = await run('npx', ['millrace', 'components'], project);
    for (const type of [
      'procfs',
      'subgroup',
      'topn',
      'batch',
      'filter',
      'rename',
      'prometheus',
      'otlp',
      'otlp_http',
      'debug',
      'sdk',
    ])
      expect(stdout).toMatch(new RegExp(`^ {2}${type} +\\S`, 'm'));
  });

  it('the receiver imports as JavaScript, and works in an SDK', async () => {
    writeFileSync(
      join(project, 'app.js'),
      `import { metricProducer } from '@millrace/core';
       import procfs from '@millrace/receiver-procfs';
       await using producer = metricProducer(procfs, { include: { names: ['node'] } });
       const { resourceMetrics, errors } = await producer.collect();
       console.log(resourceMetrics.scopeMetrics[0].metrics.map(({ descriptor }) => descriptor.name).join(' '), errors.length);`,
    );
    const { stdout } = await run(process.execPath, ['app.js'], project);
    expect(stdout).toContain('process.memory.pss');
  });

  it('its types are right: what is good compiles, what is wrong does not', async () => {
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const check = async (text: string) => {
      writeFileSync(join(project, 'app.ts'), text);
      const flags = [
        '--noEmit',
        '--strict',
        '--module',
        'nodenext',
        '--target',
        'es2024',
        '--lib',
        'es2025,esnext.disposable',
        '--skipLibCheck',
      ];
      return run(process.execPath, [tsc, ...flags, 'app.ts'], project).then(
        () => '',
        (error: { stdout: string }) => error.stdout,
      );
    };
    const program = (config: string) => `import { metricProducer } from '@millrace/core';
      import procfs from '@millrace/receiver-procfs';
      export const producer = metricProducer(procfs, ${config});`;
    expect(await check(program(`{ include: { names: ['node'] }, kernel_threads: true }`))).toBe('');
    expect(await check(program(`{ kernel_threads: 'yes' }`))).toMatch(
      /Type 'string' is not assignable to type 'boolean/,
    );
  });
});
