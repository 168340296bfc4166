import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import glob from 'fast-glob';
import type { Diagnostic } from './diagnostics.ts';
import { closest, listed } from './suggest.ts';
import type { Source } from './tree.ts';
import { locationOf } from './tree.ts';

/** As short as it can be said from the working directory. */
export function displayName(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short === '' || short.startsWith('..') || isAbsolute(short) ? path : short;
}

/** The absolute paths of what a path or a glob names: those of a glob sorted. */
export async function expand(pattern: string, cwd: string): Promise<readonly string[] | Diagnostic> {
  const literal = resolve(cwd, pattern);
  const exists = await stat(literal).then(
    () => true,
    () => false,
  );
  if (exists || !glob.isDynamicPattern(pattern)) return [literal];
  const found = await glob(pattern, { cwd, absolute: true, dot: false, onlyFiles: true });
  return found.length > 0 ? found.sort() : { message: `no file matches ${pattern}` };
}

/** Says why a file cannot be read, and which was probably meant. */
export async function unreadable(path: string, error: unknown, cwd: string): Promise<Diagnostic> {
  const name = displayName(path, cwd);
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EISDIR') return { message: `${name} is a directory`, hint: `its files: ${name}/*.yaml` };
  if (code === 'EACCES' || code === 'EPERM') return { message: `${name} may not be read: permission denied` };
  if (code !== 'ENOENT' && code !== 'ENOTDIR')
    return { message: `${name} cannot be read: ${(error as Error).message}` };
  const message = `there is no file ${name}`;
  const folder = dirname(path);
  const beside = await readdir(folder).catch(() => undefined);
  if (!beside) return { message, hint: `there is no directory ${displayName(folder, cwd)} either` };
  const near = closest(basename(path), beside);
  if (near !== undefined) return { message, hint: `did you mean ${displayName(join(folder, near), cwd)}?` };
  const configs = beside.filter((file) => /\.ya?ml$/.test(file));
  return { message, ...(configs.length > 0 ? { hint: `beside it: ${listed(configs)}` } : {}) };
}

/** UTF-8, with or without a byte order mark. */
export function decode(
  file: { readonly name: string; readonly path: string },
  bytes: Uint8Array,
): Source | { readonly diagnostic: Diagnostic } {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return { ...file, text };
  } catch {
    // Said below.
  }
  const text = new TextDecoder('utf-8').decode(bytes);
  const at = Math.max(0, text.search(/\0|\ufffd/));
  const utf16 = bytes[0] === 0xff || bytes[0] === 0xfe || bytes.includes(0);
  return {
    diagnostic: {
      location: locationOf({ source: { ...file, text }, start: at, end: at + 1 }),
      message: 'this is not text in UTF-8',
      hint: utf16 ? 'it looks like UTF-16: save it as UTF-8' : 'save the file as UTF-8',
    },
  };
}
