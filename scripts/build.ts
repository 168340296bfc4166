// `npm run build`: every package's dist/, for publishing. Working on the repository needs no build.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, globSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const build = join(root, 'build');

rmSync(build, { recursive: true, force: true });
const tsc = join(root, 'node_modules/typescript/bin/tsc');
const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
if (status !== 0) process.exit(1);

for (const manifest of globSync('packages/{*,*/*}/package.json', { cwd: root })) {
  const folder = manifest.slice('packages/'.length, -'/package.json'.length);
  const compiled = join(build, folder, 'src');
  const dist = join(root, 'packages', folder, 'dist');
  rmSync(dist, { recursive: true, force: true });
  if (existsSync(compiled)) cpSync(compiled, dist, { recursive: true });
}
rmSync(build, { recursive: true, force: true });
