import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

// Debian's package prometheus has both. MILLRACE_PROMETHEUS_DIR is for one that is only unpacked.
const folders = [process.env['MILLRACE_PROMETHEUS_DIR'] ?? '', ...(process.env['PATH'] ?? '').split(delimiter)];

/** Where a program is; undefined, and that is said, where it is not. */
export function program(name: 'prometheus' | 'promtool'): string | undefined {
  const path = folders.map((folder) => join(folder, name)).find((one) => one.startsWith('/') && existsSync(one));
  if (path === undefined)
    console.warn(`SKIPPED: the tests with ${name}, which is neither on PATH nor in MILLRACE_PROMETHEUS_DIR.`);
  return path;
}
