import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '../../..');
const ours = { core: 'core', cgroup: 'libraries/cgroup', 'receiver-cgroup': 'receivers/cgroup' } as const;

/** Makes a root file system of this Node.js, what it is linked with, and Millrace's cgroup receiver as it is in this workspace. */
export function makeGuestDisk(folder: string): void {
  for (const name of ['bin', 'proc', 'sys', 'dev', 'tmp', 'app/node_modules/@millrace'])
    mkdirSync(join(folder, name), { recursive: true });
  copyFileSync(process.execPath, join(folder, 'bin/node'));
  const linked = execFileSync('ldd', [process.execPath], { encoding: 'utf8' });
  for (const [path] of linked.matchAll(/\/\S+/g)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    copyFileSync(path, join(folder, path));
  }
  const app = join(folder, 'app');
  copyFileSync(join(import.meta.dirname, 'guest.ts'), join(app, 'guest.ts'));
  // As in the workspace: Node.js runs TypeScript, but not below node_modules.
  for (const [name, place] of Object.entries(ours)) {
    for (const part of ['package.json', 'src'])
      cpSync(join(root, 'packages', place, part), join(app, 'packages', place, part), { recursive: true });
    symlinkSync(`../../packages/${place}`, join(app, 'node_modules/@millrace', name));
  }
  const copied = new Set<string>();
  const copy = (name: string): void => {
    if (copied.has(name) || name.startsWith('@millrace/')) return;
    copied.add(name);
    const from = join(root, 'node_modules', name);
    cpSync(from, join(app, 'node_modules', name), { recursive: true });
    dependenciesOf(from).forEach(copy);
  };
  for (const place of Object.values(ours)) dependenciesOf(join(root, 'packages', place)).forEach(copy);
}

function dependenciesOf(folder: string): readonly string[] {
  const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    dependencies?: Record<string, string>;
  };
  return Object.keys(dependencies);
}
