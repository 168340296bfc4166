import { readFileSync, statSync } from 'node:fs';

/** passwd(5): names by user id. The first entry of an id is the one that counts, as in getpwuid(3). */
export function parsePasswd(text: string): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const line of text.split('\n')) {
    const [name, , id] = line.split(':');
    if (!name || !id || !/^\d+$/.test(id)) continue;
    if (!names.has(Number(id))) names.set(Number(id), name);
  }
  return names;
}

/** Names a user by the file at `path`, which is read again when it has changed; the number stands for who is not in it. */
export function userNames(path: string): { name(id: number): string; refresh(): void } {
  let names: ReadonlyMap<number, string> = new Map();
  let changedAt = Number.NaN;
  return {
    name: (id) => names.get(id) ?? String(id),
    refresh() {
      try {
        const { mtimeMs } = statSync(path);
        if (mtimeMs === changedAt) return;
        names = parsePasswd(readFileSync(path, 'utf8'));
        changedAt = mtimeMs;
      } catch {
        names = new Map();
        changedAt = Number.NaN;
      }
    },
  };
}
