import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A static busybox, as Debian's busybox-static installs it. */
export const busyboxPath = '/bin/busybox';

/** Compiles `work.c`, static: it runs where there is nothing else. Throws where there is no C compiler. */
export function compileWork(into: string): string {
  const program = join(into, 'work');
  execFileSync('cc', ['-O2', '-static', '-o', program, join(import.meta.dirname, 'work.c')], { stdio: 'pipe' });
  return program;
}

/** Why `imageOfBusybox` cannot be made here, if it cannot. */
export function imageMissing(): string | undefined {
  if (!existsSync(busyboxPath)) return `there is no ${busyboxPath} (busybox-static)`;
  try {
    execFileSync('cc', ['--version'], { stdio: 'pipe' });
    return undefined;
  } catch {
    return 'there is no C compiler (cc)';
  }
}

/** A root file system of busybox and `work`, as a tar archive: what `docker import` takes. */
export function imageOfBusybox(): Buffer {
  const place = mkdtempSync(join(tmpdir(), 'millrace-image-'));
  try {
    for (const folder of ['bin', 'tmp', 'etc', 'report']) mkdirSync(join(place, folder));
    copyFileSync(busyboxPath, join(place, 'bin/busybox'));
    execFileSync('chroot', [place, '/bin/busybox', '--install', '-s', '/bin'], { stdio: 'pipe' });
    compileWork(join(place, 'bin'));
    return execFileSync('tar', ['-C', place, '-c', '.'], { maxBuffer: 64 << 20 });
  } finally {
    rmSync(place, { recursive: true });
  }
}
