import { readdir, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import type { Config } from './config.ts';

export type Rotation = NonNullable<Config['rotation']>;

const dayMs = 86_400_000;
const two = (number: number): string => String(number).padStart(2, '0');

/** `2022-09-14T05-02-14.173`, as the collector writes it. */
export function timeText(time: Date, zone: 'local' | 'utc'): string {
  if (zone === 'utc') return time.toISOString().slice(0, -1).replaceAll(':', '-');
  const date = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join('-');
  const clock = [two(time.getHours()), two(time.getMinutes()), two(time.getSeconds())].join('-');
  return `${date}T${clock}.${String(time.getMilliseconds()).padStart(3, '0')}`;
}

const stamp = /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d)(\.\d{3})$/;

function nameParts(path: string): { readonly prefix: string; readonly extension: string } {
  const extension = extname(path);
  return { prefix: `${basename(path, extension)}-`, extension };
}

/** Renames the file, under a name that none has. */
export async function moveAway(path: string, { localtime }: Rotation, now: number): Promise<void> {
  const { prefix, extension } = nameParts(path);
  for (let time = now; ; time++) {
    const name = `${prefix}${timeText(new Date(time), localtime ? 'local' : 'utc')}${extension}`;
    const target = join(dirname(path), name);
    if (await stat(target).catch(() => undefined)) continue;
    return rename(path, target);
  }
}

/** Deletes renamed files that are too many or too old. */
export async function deleteOld(path: string, rotation: Rotation, now: number): Promise<void> {
  const { max_days: days, max_backups: most, localtime } = rotation;
  const { prefix, extension } = nameParts(path);
  const directory = dirname(path);
  const old = (await readdir(directory))
    .filter((name) => name.startsWith(prefix) && name.endsWith(extension))
    .map((name) => ({ name, match: stamp.exec(name.slice(prefix.length, name.length - extension.length)) }))
    .filter(({ match }) => match !== null)
    .sort((a, b) => (a.name < b.name ? 1 : -1));
  for (const [index, { name, match }] of old.entries()) {
    const [, date, hours, minutes, seconds, rest] = match!;
    const time = Date.parse(`${date}T${hours}:${minutes}:${seconds}${rest}${localtime ? '' : 'Z'}`);
    const isOld = days > 0 && now - time > days * dayMs;
    if (isOld || (most > 0 && index >= most)) await unlink(join(directory, name));
  }
}
