import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..');
const node = (...args: string[]) => run(process.execPath, ['-C', 'source', ...args], { cwd: root, timeout: 60_000 });

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
