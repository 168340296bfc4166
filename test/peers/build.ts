import { spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { type GoProgram, isBuilt } from './go-program.ts';

/** Builds what is not there yet, and says loudly what could not be built. */
export function build(...programs: readonly GoProgram[]): void {
  for (const program of programs) {
    const { name, path } = program;
    const shown = relative(process.cwd(), path);
    if (isBuilt(program)) {
      console.log(`${name}: is there: ${shown}`);
      continue;
    }
    const began = performance.now();
    const failure = goBuild(program);
    if (failure === undefined)
      console.log(`${name}: built in ${Math.round((performance.now() - began) / 1000)} s: ${shown}`);
    else console.error(`\n!!! ${name} was NOT built. What tests with it is skipped.\n!!! ${failure}\n`);
  }
}

/** Whether it can be had here: builds it if it is not there yet. For small programs, that a test builds by itself. */
export function hasBuilt(program: GoProgram): boolean {
  if (!isBuilt(program)) build(program);
  return isBuilt(program);
}

/** What went wrong, if anything did. */
function goBuild({ folder, goPackage, modfile, cgo, path }: GoProgram): string | undefined {
  mkdirSync(dirname(path), { recursive: true });
  // Under a name of its own, so that nobody starts half a program.
  const unfinished = `${path}.${process.pid}`;
  const flags = [`-modfile=${modfile}`, '-mod=readonly', '-buildvcs=false', '-trimpath', '-ldflags=-s -w'];
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
