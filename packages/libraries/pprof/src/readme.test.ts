import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { decode, formatTop, formatValue, top } from './index.ts';

it('the README shows what one sees', () => {
  const folder = join(import.meta.dirname, '..');
  const profile = decode(readFileSync(join(folder, 'testdata/go-cpu.pb.gz')));
  const lines = top(profile, { limit: 3 }).rows.map(({ name, self, total }) => `${name} ${self} ${total}`);
  const readme = readFileSync(join(folder, 'README.md'), 'utf8');
  const shown = [...readme.matchAll(/^\/\/ (.*)$/gm)].map(([, line]) => line);
  expect(shown).toEqual([...lines, ...formatTop(profile, { limit: 3 }).trimEnd().split('\n')]);
  expect(readme).toContain(`is \`${formatValue(1_500_000, 'nanoseconds')}\``);
});
