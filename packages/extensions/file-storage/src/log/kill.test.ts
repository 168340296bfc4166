import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { openRecordLog } from './log.ts';

/** Appends numbers, eight at a time, and prints each after it is stored; reads and acknowledges behind, and prints that before. */
const writer = `
import { writeSync } from 'node:fs';
const { openRecordLog } = await import(process.argv[1]);
const log = await openRecordLog({ directory: process.argv[2], segmentBytes: 64 * 1024 });
let number = Number(process.argv[3]);
for (let lane = 0; lane < 8; lane++) void (async () => {
  for (;;) {
    const own = number++;
    const text = Buffer.from(String(own).padEnd(10 + (own * 7919) % 5000, '.'));
    await log.append([text.subarray(0, 5), text.subarray(5)], { items: 1 });
    writeSync(1, '+' + own + '\\n');
  }
})();
for (;;) {
  const record = await log.read();
  if (record === undefined) { await log.readable(); continue; }
  const own = parseInt(record.bytes.toString());
  if (own % 5 === 0) continue;
  writeSync(1, '-' + own + '\\n');
  log.ack(record.entry);
}
`;

test('what append resolved for survives SIGKILL at any moment', { timeout: 240_000 }, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-kill-'));
  const stored = new Set<number>();
  const acknowledged = new Set<number>();
  for (let round = 0; round < 10; round++) {
    const script = new URL('./log.ts', import.meta.url).href;
    const args = ['-C', 'source', '--input-type=module', '-e', writer, script, directory, String(round * 100_000)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout });
    let seen = 0;
    const enough = 1 + Math.floor(Math.random() * 400);
    lines.on('line', (line) => {
      const own = Number(line.slice(1));
      (line.startsWith('+') ? stored : acknowledged).add(own);
      if (++seen === enough) child.kill('SIGKILL');
    });
    await once(lines, 'close');
    expect(seen).toBeGreaterThanOrEqual(enough);
  }

  const corrupt: object[] = [];
  const torn: object[] = [];
  const log = await openRecordLog({
    directory,
    events: { corrupt: (bad) => corrupt.push(bad), torn: (cut) => torn.push(cut) },
  });
  const delivered: number[] = [];
  for (let record = await log.read(); record !== undefined; record = await log.read())
    delivered.push(Number.parseInt(record.bytes.toString(), 10));
  await log.close();
  await rm(directory, { recursive: true });

  const found = new Set(delivered);
  expect([...stored].filter((number) => !found.has(number) && !acknowledged.has(number))).toEqual([]);
  expect(delivered).toEqual([...found].sort((a, b) => a - b));
  expect(corrupt).toEqual([]);
  expect(stored.size).toBeGreaterThan(200);
});
