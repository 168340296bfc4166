// Builds a real CockroachDB, once; it takes a quarter of an hour, so CI does not. `node test/peers/cockroach/build.ts`
// Needs `go`, `g++` and Debian with `libncurses-dev`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join, relative } from 'node:path';

// The module of CockroachDB itself has no generated code in it; this fork of v22.2.6 does, and nothing else is changed.
const forkPath = 'github.com/alextalks/cockroach-gen';
const forkVersion = 'v0.22.2-6';
const forkSum = 'h1:jf//kY+dVcVUfY2DA7ISJajrOXPfs/p28SzzQrnOnsw=';

// A later Go does not compile it, and the proxy has toolchains only from 1.21 on. What Debian calls `golang-1.19`.
const goPackages = ['golang-1.19-go', 'golang-1.19-src'];

// PROJ is a submodule of theirs, and only for geography.
const noProj = `#include "proj.h"
static CR_PROJ_Status unavailable() {
  static char text[] = "PROJ is not built in";
  CR_PROJ_Status status;
  status.data = text;
  status.len = sizeof(text) - 1;
  return status;
}
CR_PROJ_Status CR_PROJ_Transform(char*, char*, long, double*, double*, double*) { return unavailable(); }
CR_PROJ_Status CR_PROJ_GetProjMetadata(char*, int*, double*, double*) { return unavailable(); }
`;

const cache = join(import.meta.dirname, '../../../node_modules/.cache/millrace-peers');

/** `cockroach` of v22.2.6, without its web interface and without PROJ and jemalloc (`sys.cgo.*` are 0). */
export const cockroachPath = join(cache, 'cockroach-v22.2.6');

/** Whether `build.ts` could build it here. */
export const hasCockroach = (): boolean => existsSync(cockroachPath);

if (import.meta.main) main();

function main(): void {
  const shown = relative(process.cwd(), cockroachPath);
  if (hasCockroach()) return console.log(`cockroach: is there: ${shown}`);
  const began = performance.now();
  const folder = join(cache, `cockroach-build.${process.pid}`);
  mkdirSync(folder, { recursive: true });
  try {
    build(folder);
    console.log(`cockroach: built in ${Math.round((performance.now() - began) / 1000)} s: ${shown}`);
  } catch (error) {
    const { message } = error as Error;
    console.error(`\n!!! cockroach was NOT built. What tests with it is skipped.\n!!! ${message}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function build(folder: string): void {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error('This is only known to work on Linux, x64.');
  const source = unpackFork(folder);
  const goRoot = unpackGo(folder);
  const info = 'github.com/cockroachdb/cockroach/pkg/build';
  const values = [`${info}.tag=v22.2.6`, `${info}.typ=release`, `${info}.cgoTargetTriple=x86_64-pc-linux-gnu`];
  const ldflags = ['-s', '-w', ...values.map((value) => `-X ${value}`)].join(' ');
  const flags = ['-mod=readonly', '-trimpath', '-p=2', '-tags=stdmalloc', `-ldflags=${ldflags}`];
  // Under a name of its own, so that nobody starts half a program.
  const unfinished = join(folder, 'cockroach');
  run('nice', ['-n', '19', 'go', 'build', ...flags, '-o', unfinished, './pkg/cmd/cockroach-short'], source, {
    GOROOT: goRoot,
    PATH: join(goRoot, 'bin') + delimiter + process.env['PATH'],
    CGO_ENABLED: '1',
  });
  renameSync(unfinished, cockroachPath);
}

/** The sources, in a folder where they can be changed, and changed so that a plain `go build` does. */
function unpackFork(folder: string): string {
  const { Dir, Sum } = JSON.parse(run('go', ['mod', 'download', '-json', `${forkPath}@${forkVersion}`], folder)) as {
    readonly Dir: string;
    readonly Sum: string;
  };
  if (Sum !== forkSum) throw new Error(`${forkPath}@${forkVersion} is ${Sum} and not ${forkSum}.`);
  const source = join(folder, 'src');
  run('cp', ['-r', '--no-preserve=mode', Dir, source], folder);
  // They point to libraries on the computer of whoever made the fork.
  for (const name of ['ccl/gssapiccl', 'cli', 'cli/clisqlshell', 'geo/geoproj', 'server/status'])
    for (const suffix of ['', '_x86_64_pc_linux_gnu']) rmSync(join(source, 'pkg', name, `zcgo_flags${suffix}.go`));
  const geoproj = join(source, 'pkg/geo/geoproj');
  const go = readFileSync(join(geoproj, 'geoproj.go'), 'utf8');
  const withoutProj = go.replace(
    /^\/\/ #cgo CPPFLAGS: .*proj\/src\n\/\/ #cgo !windows LDFLAGS: -lproj$/m,
    '// #cgo LDFLAGS: -lm',
  );
  writeFileSync(join(geoproj, 'geoproj.go'), withoutProj);
  writeFileSync(join(geoproj, 'proj.cc'), noProj);
  return source;
}

/** The GOROOT of a Go that is unpacked and not installed. */
function unpackGo(folder: string): string {
  run('apt-get', ['download', '-q', ...goPackages], folder);
  const root = join(folder, 'sys');
  run('sh', ['-c', 'for package in *.deb; do dpkg -x "$package" sys; done'], folder);
  return join(root, 'usr/lib/go-1.19');
}

/** What it said to stdout; throws what went wrong, in a few lines. */
function run(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv = {}): string {
  const { error, status, signal, stdout, stderr } = spawnSync(command, args, {
    cwd,
    env: { ...process.env, GOFLAGS: '', GOWORK: 'off', ...env },
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  if (error)
    throw 'code' in error && error.code === 'ENOENT' ? new Error(`There is no \`${command}\` on the PATH.`) : error;
  if (status === 0) return stdout;
  const said = (stderr || stdout).split('\n').filter((line) => line !== '' && !line.startsWith('go: downloading '));
  throw new Error([`${command} ${args[0]} ended with ${signal ?? status}:`, ...said.slice(-8)].join('\n!!! '));
}
