// Runs a script of this repository on the Node.js that package.json pins, installing the packages first where they are
// missing. Plain JavaScript, because it may be started by a Node.js too old for the rest.
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const oldest = [20, 0];
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const pinned = join(root, 'node_modules', 'node', 'bin', 'node');
const stamp = join(root, 'node_modules', '.millrace-lock');

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
  console.error(
    `Millrace's scripts need Node.js ${oldest.join('.')} or newer to install; this is ${process.versions.node}.`,
  );
  process.exit(1);
}

const lock = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');
if (!existsSync(pinned) || !existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  console.error('Installing packages (npm ci) …');
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root, stdio: ['ignore', 2, 2] });
  if (!existsSync(pinned)) {
    console.error(
      'npm did not install the Node.js that this repository pins: install scripts seem to be off. Try: npm rebuild node',
    );
    process.exit(1);
  }
  writeFileSync(stamp, lock);
}

const child = spawn(pinned, ['-C', 'source', ...process.argv.slice(2)], {
  stdio: 'inherit',
  cwd: root,
  env: { ...process.env, PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH}` },
});
process.on('SIGINT', () => {}); // Ctrl-C reaches the child by itself
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(signal ? 128 : code));
