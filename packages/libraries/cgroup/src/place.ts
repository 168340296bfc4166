import type { CgroupFile, CgroupFiles } from './files.ts';
import { cgroupFile } from './files.ts';
import type { Controller, Layout } from './layout.ts';
import type { KeyedParser } from './numbers.ts';
import { parseLimit, parseSingle } from './numbers.ts';
import type { Count } from './sample.ts';

/** A hierarchy that a file is in: that of a controller of version 1, or version 2. */
export type Tree = Controller | 'v2';

/** The files of one cgroup. All are undefined, or false, where there is no such file. */
export interface Place {
  readonly bytes: Buffer;
  /** Bytes of the file, which are in `bytes` now; -1 where there is none. */
  read(tree: Tree, name: string): number;
  single(tree: Tree, name: string): Count | undefined;
  /** A single number, or undefined where it stands for no limit. */
  limit(tree: Tree, name: string): Count | undefined;
  text(tree: Tree, name: string): string | undefined;
  keyed(tree: Tree, name: string, to: Keyed): boolean;
  /** Whether anything could be read since it was set to false. */
  found: boolean;
  close(): void;
}

export interface Keyed {
  readonly parse: KeyedParser;
  readonly into: (Count | undefined)[];
}

export const folderOf = ({ v1, v2 }: Layout, tree: Tree, path: string): string | undefined => {
  const folder = tree === 'v2' ? v2 : v1.get(tree);
  return folder === undefined ? undefined : path === '/' ? folder : folder + path;
};

export function openPlace(layout: Layout, path: string, files: CgroupFiles): Place {
  // By name: it says the controller too.
  const opened = new Map<string, CgroupFile | undefined>();

  function fileOf(tree: Tree, name: string): CgroupFile | undefined {
    const folder = folderOf(layout, tree, path);
    const file = folder === undefined ? undefined : cgroupFile(`${folder}/${name}`);
    opened.set(name, file);
    return file;
  }

  const place: Place = {
    get bytes() {
      return files.buffer;
    },
    found: false,
    read(tree, name) {
      const known = opened.get(name);
      const file = known ?? (opened.has(name) ? undefined : fileOf(tree, name));
      if (file === undefined) return -1;
      const length = files.read(file);
      if (length >= 0) place.found = true;
      return length;
    },
    single(tree, name) {
      const length = place.read(tree, name);
      return length < 0 ? undefined : parseSingle(files.buffer, length);
    },
    limit(tree, name) {
      const length = place.read(tree, name);
      return length < 0 ? undefined : parseLimit(files.buffer, length);
    },
    text(tree, name) {
      const length = place.read(tree, name);
      return length < 0 ? undefined : files.buffer.toString('latin1', 0, length);
    },
    keyed(tree, name, { parse, into }) {
      const length = place.read(tree, name);
      if (length < 0) return false;
      parse(files.buffer, length, into);
      return true;
    },
    close() {
      for (const file of opened.values()) if (file) files.close(file);
      opened.clear();
    },
  };
  return place;
}
