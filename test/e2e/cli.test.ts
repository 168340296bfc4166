import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { anyPort, millrace, quietly, type Program, root } from './program.ts';

let folder: string;
const started: Program[] = [];
const start = (args: readonly string[], options: Parameters<typeof millrace>[1] = {}): Program => {
  const program = millrace(args, { cwd: folder, ...options });
  started.push(program);
  return program;
};
const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return name;
};
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'millrace-'))));
afterEach(async () => {
  for (const { child, ended } of started.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await ended;
  }
  rmSync(folder, { recursive: true });
});

const host = (more = ''): string => `
receivers:
  procfs: { collection_interval: 200ms, initial_delay: 0s, include: { names: [node] } }
exporters:
  prometheus:
    endpoint: localhost:0
    resource_constant_labels: { included: [process.pid] }
${more}
service:
  telemetry: { metrics: { level: none } }
  pipelines:
    metrics: { receivers: [procfs], exporters: [prometheus] }
`;
const page = async (program: Program): Promise<string> => {
  const [, url] = await program.saw(/url=(\S+)/);
  return (await fetch(url!)).text();
};

/** A Node.js that is too old, where the machine has one. */
const tooOld = (() => {
  const { stdout } = spawnSync('/usr/bin/node', ['--version'], { encoding: 'utf8' });
  return /^v(?:18|20|21)\./.test(stdout ?? '') ? '/usr/bin/node' : undefined;
})();
if (!tooOld) console.warn('SKIPPED: /usr/bin/node is no old Node.js.');

it.skipIf(!tooOld)('a Node.js that is too old is told so, in a sentence', () => {
  const { status, stderr } = spawnSync(tooOld!, [join(root, 'packages/cli/bin/millrace.js')], { encoding: 'utf8' });
  expect(status).toBe(1);
  expect(stderr).toMatch(/^millrace needs Node\.js 22\.15 or newer; this is [\d.]+ \(.*\)\.\n$/);
});

describe('run', () => {
  it('serves, says where, and ends cleanly on SIGTERM', async () => {
    const program = start([write('host.yaml', host())]);
    await expect.poll(() => page(program), { timeout: 15_000 }).toContain('process_memory_usage_bytes{');
    expect(await program.stop()).toBe(0);
    expect(program.stderr).toContain('Shutting down');
  });

  it('--once prints one table and ends', async () => {
    const program = start(['run', join(import.meta.dirname, '../../pipelines/host.yaml'), '--once', ...anyPort]);
    expect(await program.ended).toBe(0);
    expect(program.stdout).toMatch(/^Groups\nGROUP +SUBGROUP +COUNT +PSS +USS +RSS +CPU\n/m);
    expect(program.stdout).toMatch(/^\d+ +node +\S+ +[\d.]+ MiB +[\d.]+ MiB +[\d.]+ MiB +[\d.]+%$/m);
  });

  it('a bad reload leaves the old pipeline scraping; a good one takes', async () => {
    const program = start([write('host.yaml', host())]);
    await expect.poll(() => page(program), { timeout: 15_000 }).toContain('process_memory_usage_bytes{');
    write('host.yaml', host().replace('include: { names: [node] }', 'inclued: {}'));
    program.child.kill('SIGHUP');
    await program.saw(/The new config was not taken; the old one goes on.*unknown key/);
    await expect.poll(() => page(program)).toContain('process_memory_usage_bytes{');
    write('host.yaml', host('    namespace: after'));
    program.child.kill('SIGHUP');
    await program.saw(/Reloaded the config/);
    const [, url] = [...program.stderr.matchAll(/url=(\S+)/g)].at(-1)!;
    await expect
      .poll(async () => (await fetch(url!)).text(), { timeout: 15_000 })
      .toContain('after_process_memory_usage_bytes{');
    expect(await program.stop()).toBe(0);
  });

  it('--watch reloads when the file changes', async () => {
    const program = start([write('host.yaml', host()), '--watch']);
    await program.saw(/Everything has started/);
    write('host.yaml', host('    namespace: after'));
    await program.saw(/Reloaded the config/);
    expect(await program.stop()).toBe(0);
  });

  it('a dead OTLP backend costs Prometheus nothing, and the shutdown keeps to its deadline', async () => {
    const text = host(`  otlp: { endpoint: 'localhost:1', tls: { insecure: true } }`)
      .replace('exporters: [prometheus]', 'exporters: [prometheus, otlp]')
      .replace('service:', 'service:\n  shutdown_timeout: 300ms');
    const program = start([write('host.yaml', text)]);
    await program.saw(/Could not deliver, trying again/);
    await expect.poll(() => page(program), { timeout: 15_000 }).toContain('process_memory_usage_bytes{');
    const began = Date.now();
    expect(await program.stop()).toBe(0);
    expect(Date.now() - began).toBeLessThan(5000);
  });

  it('where there is no /proc it says so and stops', async () => {
    const program = start([write('host.yaml', host()), '--set', `receivers.procfs.root_path=${folder}`]);
    expect(await program.ended).toBe(3);
    expect(program.stderr).toMatch(/procfs cannot start: .*\/proc/);
  });

  it('a port that is taken is named', async () => {
    const taken = createServer().listen(0, 'localhost');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as { port: number };
    const program = start([write('host.yaml', host()), '--set', `exporters.prometheus.endpoint=localhost:${port}`]);
    expect(await program.ended).toBe(3);
    expect(program.stderr).toContain(`localhost:${port}`);
    taken.close();
  });
});

describe('a wrong config', () => {
  it('is shown as a compiler would, and nothing is started', async () => {
    const program = start([
      write('host.yaml', host().replace('collection_interval: 200ms', 'colection_interval: 200ms')),
    ]);
    expect(await program.ended).toBe(1);
    expect(program.stderr).toContain('host.yaml:3:13: error: unknown key "colection_interval" in receivers.procfs');
    expect(program.stderr).toContain('^^^^^^^^^^^^^^^^^^');
    expect(program.stderr).toContain('did you mean "collection_interval"?');
    expect(program.stderr).toContain('1 error; nothing was started.');
  });

  it.each([
    [['run'], /missing required argument 'config'/],
    [['serve', '--nope'], /unknown option '--nope'/],
    [['explain'], /missing required argument/],
  ])('a wrong command line: %j', async (args, message) => {
    const program = start(args);
    expect(await program.ended).toBe(2);
    expect(program.stderr).toMatch(message);
  });
});

describe('commands', () => {
  it('validate', async () => {
    const program = start(['validate', write('host.yaml', host())]);
    expect(await program.ended).toBe(0);
    expect(program.stdout).toBe('host.yaml: 1 pipeline, nothing wrong.\n');
  });

  it('print-config redacts secrets, and knows those from the environment', async () => {
    const text = host(
      `  otlp_http:\n    endpoint: http://localhost:1\n    headers: { authorization: '\${env:TOKEN}' }`,
    );
    const config = write('host.yaml', text.replace('[prometheus]', '[prometheus, otlp_http]'));
    const redacted = start(['print-config', config], { env: { TOKEN: 'hunter2' } });
    expect(await redacted.ended).toBe(0);
    expect(redacted.stdout).toContain('authorization: "[REDACTED]"');
    expect(redacted.stdout + redacted.stderr).not.toContain('hunter2');
    const open = start(['print-config', config, '--mode', 'unredacted'], { env: { TOKEN: 'hunter2' } });
    expect(await open.ended).toBe(0);
    expect(open.stdout).toContain('hunter2');
  });

  it('components and schema know what is installed', async () => {
    const components = start(['components']);
    const schema = start(['schema']);
    expect(await components.ended).toBe(0);
    expect(components.stdout).toMatch(/^ {2}procfs +\S/m);
    expect(components.stdout).toMatch(/^ {2}terminal +\S/m);
    expect(await schema.ended).toBe(0);
    expect(JSON.parse(schema.stdout)).toMatchObject({ properties: { receivers: {}, exporters: {} } });
  });

  it('init writes a config that is valid and runs; it does not overwrite', async () => {
    expect(await start(['init']).ended).toBe(0);
    const written = readFileSync(join(folder, 'millrace.yaml'), 'utf8');
    expect(await start(['validate', 'millrace.yaml']).ended).toBe(0);
    const once = start(['millrace.yaml', '--once', ...anyPort, ...quietly]);
    expect(await once.ended).toBe(0);
    expect(once.stdout).toContain('Processes');
    const again = start(['init']);
    expect(await again.ended).toBe(2);
    expect(again.stderr).toContain('--force');
    expect(readFileSync(join(folder, 'millrace.yaml'), 'utf8')).toBe(written);
  });

  it('doctor looks at ports and backends, and says what to do', async () => {
    const taken = createServer().listen(0, 'localhost');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as { port: number };
    const text = host(`  otlp_http: { endpoint: 'http://localhost:1' }`)
      .replace('exporters: [prometheus]', 'exporters: [prometheus, otlp_http]')
      .replace('endpoint: localhost:0', `endpoint: localhost:${port}`);
    const program = start(['doctor', write('host.yaml', text)]);
    expect(await program.ended).toBe(1);
    expect(program.stdout).toMatch(new RegExp(`error +localhost:${port} cannot be listened on`));
    expect(program.stdout).toContain('choose another port');
    expect(program.stdout).toMatch(/warning +Nothing answers at localhost:1/);
    expect(program.stdout).toMatch(/receivers\.procfs\n +ok /);
    taken.close();
  });

  it('explain says which rule matched and why', async () => {
    const program = start(['explain', 'java', '-jar', '/opt/jetty/start.jar', 'org.eclipse.jetty.start.Main']);
    expect(await program.ended).toBe(0);
    expect(program.stdout).toContain('web/jetty');
    expect(program.stdout).toMatch(/because .*command line contains org\.eclipse\.jetty\.start\.Main/);
    expect(program.stdout).toContain('instead of runtime/java');
  });

  it('help shows examples', async () => {
    const program = start(['--help']);
    expect(await program.ended).toBe(0);
    expect(program.stdout).toContain('millrace validate millrace.yaml');
    expect(program.stdout).toContain('Exit codes');
  });
});

describe.skipIf(process.getuid?.() !== 0 || !existsSync('/proc/self/smaps_rollup'))('as an ordinary user', () => {
  it('shows what may be read and says what may not', async () => {
    // The repository may be in a folder that only root may enter: then this cannot be tried.
    const program = start(['run', join(import.meta.dirname, '../../pipelines/host.yaml'), '--once', ...anyPort], {
      uid: 65534,
      cwd: '/tmp',
    });
    expect(await program.ended).toBe(0);
    expect(program.stdout).toContain('Processes');
    expect(program.stderr).toMatch(/Permission denied.*Run as root, or grant CAP_SYS_PTRACE/);
  });
});

describe('when nobody reads the log any more', () => {
  it('the pipeline goes on, without spinning, and ends when told', async () => {
    // It once logged that it could not log, for ever.
    const program = start([write('host.yaml', host())]);
    await expect.poll(() => page(program), { timeout: 15_000 }).toContain('process_memory_usage_bytes{');
    program.child.stderr!.destroy();
    program.child.kill('SIGHUP'); // says so in the log
    await new Promise((resolve) => setTimeout(resolve, 300));
    const cpuTicks = (): number =>
      readFileSync(`/proc/${program.child.pid}/stat`, 'latin1')
        .split(') ')[1]!
        .split(' ')
        .slice(11, 13)
        .map(Number)
        .reduce((a, b) => a + b);
    const before = cpuTicks();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(cpuTicks() - before).toBeLessThan(70); // of 100 in a second, were it spinning
    expect(await page(program)).toContain('process_memory_usage_bytes{');
    expect(await program.stop()).toBe(0);
  });
});
