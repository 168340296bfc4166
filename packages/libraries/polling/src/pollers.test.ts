import { expect, it } from 'vitest';
import { createPollers } from './pollers.ts';

function watched() {
  const seen: string[] = [];
  const ends = new Map<string, () => void>();
  const pollers = createPollers((name: string, after) => {
    seen.push(`${name} begins${after ? ' later' : ''}`);
    void after?.then(() => seen.push(`${name} may begin`));
    return {
      async stop(why) {
        seen.push(`${name} ${why}`);
        if (why === 'gone') await new Promise<void>((resolve) => void ends.set(name, resolve));
      },
    };
  });
  const update = (...names: string[]): void => pollers.update(new Map(names.map((name) => [name, name])));
  return { seen, ends, pollers, update };
}

it('begins what is new, ends what is gone, and leaves the rest alone', async () => {
  const { seen, pollers, update } = watched();
  update('a', 'b');
  update('b', 'c');
  expect(seen).toEqual(['a begins', 'b begins', 'a gone', 'c begins']);
  expect(pollers.all()).toHaveLength(2);
});

it('what comes back begins when its end is told', async () => {
  const { seen, ends, update } = watched();
  update('a');
  update();
  update('a');
  expect(seen.at(-1)).toBe('a begins later');
  ends.get('a')!();
  await expect.poll(() => seen.at(-1)).toBe('a may begin');
  update();
  ends.get('a')!();
  await new Promise((resolve) => setImmediate(resolve));
  update('a');
  expect(seen.at(-1)).toBe('a begins');
});

it('stops all, waits for ends that are under way, and begins nothing more', async () => {
  const { seen, ends, pollers, update } = watched();
  update('a', 'b');
  update('b');
  let isOver = false;
  const stopping = pollers.stop().then(() => (isOver = true));
  update('c');
  await new Promise((resolve) => setImmediate(resolve));
  expect(isOver).toBe(false);
  ends.get('a')!();
  await stopping;
  expect(seen).toEqual(['a begins', 'b begins', 'a gone', 'b shutdown']);
});
