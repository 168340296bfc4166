// Builds the collector and telemetrygen, once for each version. `node test/peers/otelcol/build.ts`
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import type { Binary } from './binaries.ts';
import { otelcol, telemetrygen } from './binaries.ts';

if (import.meta.main) buildAll([otelcol, telemetrygen]);

/** Builds what is not there yet, and says loudly what could not be built. */
export function buildAll(binaries: readonly Binary[]): void {
  for (const binary of binaries) {
    const shown = relative(process.cwd(), binary.path);
    if (existsSync(binary.path)) {
      console.log(`${binary.name}: is there: ${shown}`);
      continue;
    }
    const began = performance.now();
    const failure = build(binary);
    if (failure === undefined)
      console.log(`${binary.name}: built in ${Math.round((performance.now() - began) / 1000)} s: ${shown}`);
    else console.error(`\n!!! ${binary.name} was NOT built. What compares with it is skipped.\n!!! ${failure}\n`);
  }
}

/** What went wrong, if anything did. */
function build({ folder, goPackage, path }: Binary): string | undefined {
  mkdirSync(dirname(path), { recursive: true });
  // Under a name of its own, so that nobody starts half a program.
  const unfinished = `${path}.${process.pid}`;
  const flags = ['-mod=readonly', '-buildvcs=false', '-trimpath', '-ldflags=-s -w'];
  const { error, status, signal, stderr } = spawnSync('go', ['build', ...flags, '-o', unfinished, goPackage], {
    cwd: folder,
    env: { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' },
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
