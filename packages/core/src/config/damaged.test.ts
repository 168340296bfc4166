import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkConfig } from './check.ts';
import { ConfigError } from './diagnostics.ts';
import { loadConfig } from './load.ts';
import { plugins } from './testdata/definitions.ts';

const text = readFileSync(join(import.meta.dirname, 'testdata/example.yaml'), 'utf8');
const splinters = [
  '\t',
  '\n',
  ':',
  '- ',
  '[',
  ']',
  '{',
  '}',
  '"',
  "'",
  '&a ',
  '*procfs',
  '|',
  '#',
  '${',
  '!',
  '<<: ',
  '? ',
  '---\n',
  '\0',
  '~',
];
const rounds = 600;

/** Numerical Recipes' generator: the same damage at every run. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

function damage(sound: string, roll: (sides: number) => number): string {
  const at = roll(sound.length);
  switch (roll(3)) {
    case 0:
      return sound.slice(0, at) + sound.slice(at + 1 + roll(12));
    case 1:
      return sound.slice(0, at) + splinters[roll(splinters.length)] + sound.slice(at);
    default:
      return sound.slice(0, at) + sound.slice(at + roll(60), at + 120) + sound.slice(roll(sound.length));
  }
}

test('a damaged config is taken or refused with a place, never thrown over', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'millrace-damaged-'));
  const roll = dice(1);
  let refused = 0;
  for (let round = 0; round < rounds; round++) {
    const damaged = damage(text, roll);
    writeFileSync(join(cwd, 'config.yaml'), damaged);
    try {
      await checkConfig(await loadConfig(['config.yaml'], { cwd, env: { OTLP_PASSWORD: 'correct-horse' } }), plugins);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw new Error(`Thrown over:\n${damaged}`, { cause: error });
      refused++;
      for (const { location } of error.diagnostics)
        expect(location?.line).toBeLessThanOrEqual(damaged.split('\n').length);
    }
  }
  rmSync(cwd, { recursive: true });
  expect(refused).toBeGreaterThan(rounds / 2);
});
