import { execFile } from 'node:child_process';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..');
const state = mkdtempSync(join(tmpdir(), 'millrace-examples-'));
afterAll(() => rmSync(state, { recursive: true }));
const env = { ...process.env, PORT: '0', MILLRACE_METRICS: 'localhost:0', MILLRACE_STATE: state };
const node = (...args: string[]) =>
  run(process.execPath, ['-C', 'source', ...args], { cwd: root, env, timeout: 60_000 });

/** What each example shows; an example that is not here fails the last test. */
const shows: Readonly<Record<string, readonly [() => Promise<{ stdout: string; stderr: string }>, RegExp]>> = {
  'embed.ts': [() => node('examples/embed.ts'), /^points: 1$/m],
  'sdk-meter-provider.ts': [
    () => node('examples/sdk-meter-provider.ts'),
    /process\.memory\.pss[^]*orders|orders[^]*process\.memory\.pss/,
  ],
  'two-tier/main.ts': [() => node('examples/two-tier/main.ts'), /^It arrived\.$/m],
  'cockroachdb/demo.ts': [() => node('examples/cockroachdb/demo.ts', '--once'), /Node 3 is dead/],
  'cockroachdb/simulator.ts': [() => node('examples/cockroachdb/simulator.ts', '--once'), /^Nodes: http/m],
  'postgresql/demo.ts': [
    () => node('examples/postgresql/demo.ts', '--once'),
    /^postgresql_connection_max\{[^}]*server_address="127\.0\.0\.1"[^}]*\} 100$/m,
  ],
  'reslens/demo.ts': [
    () => node('examples/reslens/demo.ts', '--once'),
    /^profileSummary: 200$[^]*^explainFlamegraph: 200$[^]*^getProfile: 200$[^]*"status":"UP"[^]*groupname="kv_service"\} 4$/m,
  ],
  'reslens/api.ts': [() => node('examples/reslens/api.ts', '--once'), /^The API: http:\/\/localhost:\d+\/api\/v1$/m],
  'reslens/simulator.ts': [() => node('examples/reslens/simulator.ts', '--once'), /^PYROSCOPE_SERVER_ADDRESS=http/m],
  'my-receiver.ts': [
    () => node('packages/cli/bin/millrace.js', 'examples/my-receiver.yaml', '--once'),
    /system\.cpu\.load_average\.15m/,
  ],
};

describe('examples', () => {
  it.each(Object.entries(shows))(
    '%s',
    async (_name, [start, expected]) => {
      const { stdout, stderr } = await start();
      expect(stdout + stderr).toMatch(expected);
    },
    60_000,
  );

  it('are all run', () => {
    expect(Object.keys(shows).sort()).toEqual(globSync('**/*.ts', { cwd: join(root, 'examples') }).sort());
  });
});
