import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const here = import.meta.dirname;
const cache = join(here, '../../../node_modules/.cache/millrace-peers');

export interface Binary {
  readonly name: string;
  /** The go.mod that says which gRPC it is built with. */
  readonly modfile: string;
  /** Of exactly these sources: another version is another path. */
  readonly path: string;
}

/** With the gRPC of today. */
export const agent = binary('mini-collector-agent', 'go.mod');
/** With a gRPC of 2018, as agents have that nobody has built since. */
export const oldAgent = binary('mini-collector-agent-old', 'go.old.mod');

function binary(name: string, modfile: string): Binary {
  const hash = createHash('sha256');
  for (const source of [modfile, modfile.replace(/mod$/, 'sum'), 'main.go', 'messages.go'])
    hash.update(readFileSync(join(here, source)));
  return { name, modfile, path: join(cache, `${name}-${hash.digest('hex').slice(0, 12)}`) };
}

export const isBuilt = ({ path }: Binary): boolean => existsSync(path);
