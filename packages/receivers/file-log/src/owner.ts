import { readFileSync } from 'node:fs';

/** Names by number, from `/etc/passwd` or `/etc/group`; the number itself if it has none. Read again for one that is not known. */
export function namesOf(path: string): (id: number) => string {
  let names = new Map<number, string>();
  return (id) => {
    let name = names.get(id);
    if (name === undefined) {
      names = readNames(path);
      names.set(id, (name = names.get(id) ?? String(id)));
    }
    return name;
  };
}

function readNames(path: string): Map<number, string> {
  try {
    const lines = readFileSync(path, 'utf8').split('\n');
    return new Map(
      lines.flatMap((line): [number, string][] => {
        const [name = '', , id = ''] = line.split(':');
        return /^\d+$/.test(id) ? [[Number(id), name]] : [];
      }),
    );
  } catch {
    return new Map();
  }
}
