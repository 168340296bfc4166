// Builds the client of testdata/go-client, once for its sources.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';

const folder = join(import.meta.dirname, 'go-client');
const hash = createHash('sha256');
for (const source of ['go.mod', 'go.sum', 'main.go']) hash.update(readFileSync(join(folder, source)));

export const goClient = join(
  import.meta.dirname,
  '../../../../node_modules/.cache/millrace-peers',
  `report-cache-client-${hash.digest('hex').slice(0, 12)}`,
);

/** Whether it can be had here. The first time that takes up to a minute. Says why it cannot. */
export function hasGoClient(): boolean {
  if (existsSync(goClient)) return true;
  const go = ['go', '/usr/local/go/bin/go'].find((name) => spawnSync(name, ['version']).status === 0);
  if (go === undefined) {
    console.warn('There is no Go here: the tests with its gRPC client are skipped.');
    return false;
  }
  mkdirSync(dirname(goClient), { recursive: true });
  // Under a name of its own, so that nobody starts half a program.
  const unfinished = `${goClient}.${process.pid}`;
  const built = spawnSync(go, ['build', '-mod=readonly', '-buildvcs=false', '-o', unfinished, '.'], {
    cwd: folder,
    env: { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (built.status === 0) renameSync(unfinished, goClient);
  else console.warn('The Go client cannot be built: the tests with it are skipped.');
  return built.status === 0;
}
