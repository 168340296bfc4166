import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const cache = join(import.meta.dirname, '../../node_modules/.cache/millrace-peers');

/** A program in Go that tests compare with. `build.ts` beside this file builds it. */
export interface GoProgram {
  readonly name: string;
  /** Where it is built: where its go.mod is. */
  readonly folder: string;
  readonly goPackage: string;
  readonly modfile: string;
  readonly cgo: boolean;
  /** Of exactly these sources: another version is another path. */
  readonly path: string;
}

interface Source extends Partial<Omit<GoProgram, 'path'>> {
  readonly name: string;
  readonly folder: string;
  /** What it is made of, in its folder. */
  readonly sources?: readonly string[];
}

export function goProgram({ sources = ['go.mod', 'go.sum', 'main.go'], ...program }: Source): GoProgram {
  const hash = createHash('sha256');
  for (const source of sources) hash.update(readFileSync(join(program.folder, source)));
  const path = join(cache, `${program.name}-${hash.digest('hex').slice(0, 12)}`);
  return { goPackage: '.', modfile: 'go.mod', cgo: false, ...program, path };
}

/** Whether it could be built here. */
export const isBuilt = ({ path }: GoProgram): boolean => existsSync(path);

/** Where it is, if it could be built here. */
export const builtPath = (program: GoProgram): string | undefined => (isBuilt(program) ? program.path : undefined);
