// Builds what reads profiles with the code of the collector, once for the same sources. `node test/peers/pprofile/build.ts`
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { readerPath } from './index.ts';

const shown = relative(process.cwd(), readerPath);
const failure = existsSync(readerPath) ? undefined : build();
if (failure === undefined) console.log(`reader of profiles: ${shown}`);
else console.error(`\n!!! The reader of profiles was NOT built. What needs it is skipped.\n!!! ${failure}\n`);

/** What went wrong, if anything did. */
function build(): string | undefined {
  mkdirSync(dirname(readerPath), { recursive: true });
  // Under a name of its own, so that nobody starts half a program.
  const unfinished = `${readerPath}.${process.pid}`;
  const { error, status, stderr } = spawnSync('go', ['build', '-mod=readonly', '-trimpath', '-o', unfinished, '.'], {
    cwd: import.meta.dirname,
    env: { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' },
    encoding: 'utf8',
  });
  if (error) return 'code' in error && error.code === 'ENOENT' ? 'There is no `go` on the PATH.' : error.message;
  if (status !== 0) return `go build ended with ${status}: ${stderr.slice(0, 500)}`;
  renameSync(unfinished, readerPath);
  return undefined;
}
