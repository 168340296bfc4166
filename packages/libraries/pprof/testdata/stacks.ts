import { fromStacks } from '../src/index.ts';
import type { Profile } from '../src/index.ts';

export const cpu = { type: 'cpu', unit: 'nanoseconds' } as const;

/** `main;a;b 5` and so on. */
export function stacks(text: string, more: Partial<Profile> = {}): Profile {
  const lines = text.trim().split('\n');
  const parsed = lines.map((line) => {
    const [, path = '', value] = /^(.*) (-?\d+)$/.exec(line.trim())!;
    return { frames: path.split(';'), values: [Number(value)] };
  });
  return { ...fromStacks(parsed, { sampleTypes: [cpu] }), ...more };
}

export const example = stacks(`
  main;parse;read 5
  main;parse 2
  main;parse;parse;read 1
  main;write 4
`);
