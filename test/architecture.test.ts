import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

interface Package {
  readonly folder: string;
  readonly name: string;
  readonly layer: 'core' | 'cli' | 'library' | 'component';
  readonly dependencies: ReadonlySet<string>;
}

const packages: Package[] = globSync('packages/{*,*/*}/package.json', { cwd: root }).map((file) => {
  const manifest = JSON.parse(readFileSync(join(root, file), 'utf8')) as {
    name: string;
    dependencies?: Record<string, string>;
    peerDependencies?: Record<string, string>;
  };
  const folder = dirname(file);
  const layer =
    folder === 'packages/core'
      ? 'core'
      : folder === 'packages/cli'
        ? 'cli'
        : folder.startsWith('packages/libraries/')
          ? 'library'
          : 'component';
  const dependencies = new Set(Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }));
  return { folder, name: manifest.name, layer, dependencies };
});
const byName = new Map(packages.map((one) => [one.name, one]));

/** Which layers of ours each layer may import. */
const allowed = {
  core: [],
  library: ['core', 'library'],
  component: ['core', 'library'],
  cli: ['core', 'library', 'component'],
} as const;

const importPattern = /(?:\bfrom\s+|\bimport\s*\(?\s*)'([\w@./:-]+)'/g;

interface Import {
  readonly file: string;
  readonly specifier: string;
}

function imports(one: Package): Import[] {
  return globSync('src/**/*.ts', { cwd: join(root, one.folder) })
    .filter((file) => !file.includes('testdata') && !file.endsWith('.test.ts'))
    .flatMap((file) => {
      const text = readFileSync(join(root, one.folder, file), 'utf8').replace(/^\s*(?:\*|\/\/).*$/gm, '');
      return [...text.matchAll(importPattern)].map(([, specifier]) => ({
        file: join(one.folder, file),
        specifier: specifier!,
      }));
    });
}

const packageOf = (specifier: string): string =>
  specifier.startsWith('@') ? specifier.split('/', 2).join('/') : specifier.split('/', 1)[0]!;

it('has no circle of packages', () => {
  const done = new Set<string>();
  const circle = (name: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(name)) return [...path, name];
    const one = byName.get(name);
    if (!one || done.has(name)) return undefined;
    for (const other of one.dependencies) {
      const found = circle(other, [...path, name]);
      if (found) return found;
    }
    done.add(name);
    return undefined;
  };
  expect(packages.flatMap(({ name }) => circle(name, []) ?? [])).toEqual([]);
});

describe.each(packages.map((one) => [one.name, one] as const))('%s', (_name, one) => {
  const found = imports(one);

  it('imports only the layers below it', () => {
    const wrong = found.filter(({ specifier }) => {
      const other = byName.get(packageOf(specifier));
      return other && other !== one && !(allowed[one.layer] as readonly string[]).includes(other.layer);
    });
    expect(wrong).toEqual([]);
  });

  it('imports only what its package.json names', () => {
    const wrong = found.filter(
      ({ specifier }) =>
        !specifier.startsWith('.') &&
        !specifier.startsWith('node:') &&
        packageOf(specifier) !== one.name &&
        !one.dependencies.has(packageOf(specifier)),
    );
    expect(wrong).toEqual([]);
  });

  it('reaches no file outside its own src/', () => {
    const wrong = found.filter(
      ({ file, specifier }) =>
        specifier.startsWith('.') && !normalize(join(dirname(file), specifier)).startsWith(join(one.folder, 'src')),
    );
    expect(wrong).toEqual([]);
  });

  it('names no dependency that it does not use', () => {
    const used = new Set(found.map(({ specifier }) => packageOf(specifier)));
    // The program's components are looked up by name when a config asks for them.
    const loaded = (name: string): boolean => one.layer === 'cli' && byName.get(name)?.layer === 'component';
    expect([...one.dependencies].filter((name) => !used.has(name) && !loaded(name))).toEqual([]);
  });
});
