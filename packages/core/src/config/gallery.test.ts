import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkConfig } from './check.ts';
import { ConfigError } from './diagnostics.ts';
import { loadConfig } from './load.ts';
import { plugins } from './testdata/definitions.ts';

const gallery = join(import.meta.dirname, 'testdata/gallery');

const env = {
  NUMBER: '10',
  TEXT: 'confidential',
  LIST: 'a,b',
  MAP: '{share: 0.1}',
  HOST: 'localhost',
  GRPC_PORT: '4317',
  ENDPOINT: 'localhost:4317',
  PASSWORD: 'correct-horse',
};

const wordsOf = (file: string, separator: string | RegExp): string[] | undefined => {
  try {
    return readFileSync(file, 'utf8').split(separator).filter(Boolean);
  } catch {
    return undefined;
  }
};

/** A case's `paths` and `set`, where it has them, say what stands on the command line. */
async function errorsOf(name: string): Promise<string> {
  const cwd = join(gallery, name);
  const paths = wordsOf(join(cwd, 'paths'), /\s+/) ?? ['config.yaml'];
  const set = wordsOf(join(cwd, 'set'), '\n') ?? [];
  try {
    await checkConfig(await loadConfig(paths, { cwd, env, set }), plugins);
  } catch (error) {
    if (error instanceof ConfigError) return `${error.message}\n`;
    throw error;
  }
  throw new Error(`Nothing is wrong with ${name}.`);
}

describe('what is wrong with a config', () => {
  for (const name of globSync('*', { cwd: gallery }).sort())
    test(name, async () => {
      const text = await errorsOf(name);
      expect(text).not.toMatch(/hunter2|confidential|correct-horse|Bearer abc/);
      await expect(text).toMatchFileSnapshot(join(gallery, name, 'expected.txt'));
    });
});
