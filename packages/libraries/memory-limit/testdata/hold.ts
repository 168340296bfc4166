// Holds buffers until it is refused, lets them go, and prints what the limit did. Started by limit.test.ts.
import { setTimeout as sleep } from 'node:timers/promises';
import { hold, resolveConfig, systemClock } from '@millrace/core';
import { config, memoryLimit } from '../src/index.ts';

const [size, limit] = process.argv.slice(2).map(Number) as [number, number];
const logged: string[] = [];
const at = (_fields: object, message: string): void => void logged.push(message);
const settings = resolveConfig(config, {
  check_interval: '100ms',
  limit_mib: limit,
  spike_limit_mib: 50,
  min_gc_interval_when_soft_limited: '500ms',
});
const watched = memoryLimit(settings, { clock: systemClock, log: { debug: at, info: at, warn: at, error: at } });
watched.start();

const rss = (): number => Math.round(process.memoryUsage().rss / 1024 ** 2);
/** So much fits in again. */
const room = ((limit - 50) / 2) * 1024 ** 2;
const rounds: object[] = [];
for (let round = 0; round < 2; round++) {
  const held: { data: Buffer; release: () => void }[] = [];
  let refusal = '';
  while (refusal === '') {
    try {
      watched.admit(size);
      held.push({ data: Buffer.alloc(size, 1), release: hold(size) });
    } catch (error) {
      refusal = (error as Error).message;
    }
    if ((held.length * size) % 2 ** 22 < size) await sleep(1); // so that checks come between
  }
  const heldMib = Math.round((held.length * size) / 1024 ** 2);
  const rssFull = rss();
  await sleep(300);
  const stillRefused = isRefused(size);
  for (const { release } of held) release();
  held.length = 0;
  const released = Date.now();
  while (isRefused(room) && Date.now() - released < 10_000) await sleep(20);
  const recoveredMs = Date.now() - released;
  await sleep(800); // what was announced is forgotten, and the log says that it is over
  rounds.push({ heldMib, rssFull, stillRefused, recoveredMs, rssAfter: rss(), refusal });
}
watched.shutdown();
console.log(JSON.stringify({ rounds, logged }));

function isRefused(bytes: number): boolean {
  try {
    watched.admit(bytes);
    return false;
  } catch {
    return true;
  }
}
