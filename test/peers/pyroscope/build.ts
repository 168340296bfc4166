// Builds Grafana Pyroscope and Pyroscope 0.37.1, once for each version; it takes a quarter of an hour.
// `node test/peers/pyroscope/build.ts`
import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { isBuilt, pyroscope, pyroscopeLegacy } from './index.ts';

for (const binary of [pyroscope, pyroscopeLegacy]) {
  const shown = relative(process.cwd(), binary.path);
  if (isBuilt(binary)) {
    console.log(`${binary.name}: is there: ${shown}`);
    continue;
  }
  const began = performance.now();
  const failure = build(binary);
  if (failure === undefined)
    console.log(`${binary.name}: built in ${Math.round((performance.now() - began) / 1000)} s: ${shown}`);
  else console.error(`\n!!! ${binary.name} was NOT built. What tests with it is skipped.\n!!! ${failure}\n`);
}

/** What went wrong, if anything did. */
function build({ folder, goPackage, path, cgo }: typeof pyroscope): string | undefined {
  mkdirSync(dirname(path), { recursive: true });
  // Under a name of its own, so that nobody starts half a program.
  const unfinished = `${path}.${process.pid}`;
  const flags = ['-mod=readonly', '-buildvcs=false', '-trimpath', '-ldflags=-s -w'];
  const { error, status, signal, stderr } = spawnSync('go', ['build', ...flags, '-o', unfinished, goPackage], {
    cwd: folder,
    env: { ...process.env, CGO_ENABLED: cgo ? '1' : '0', GOWORK: 'off' },
    stdio: ['ignore', 'inherit', 'pipe'],
    encoding: 'utf8',
  });
  if (error) return 'code' in error && error.code === 'ENOENT' ? 'There is no `go` on the PATH.' : error.message;
  if (status === 0) {
    renameSync(unfinished, path);
    return undefined;
  }
  rmSync(unfinished, { force: true });
  const said = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('go: downloading '));
  return [`go build ended with ${signal ?? status}:`, ...said.slice(0, 5)].join('\n!!! ');
}
