import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';

/** A collector that tails into a file, with its positions on disk. */
const child = `
import { createCollector } from '@millrace/core';
const [directory, root] = process.argv.slice(1);
const collector = await createCollector({
  extensions: { file_storage: { directory: directory + '/state' } },
  receivers: {
    file_log: {
      include: [directory + '/app.log*'],
      start_at: 'beginning',
      poll_interval: '10ms',
      force_flush_period: '0',
      storage: 'file_storage',
    },
  },
  exporters: { file: { path: directory + '/out.jsonl', append: true } },
  service: { extensions: ['file_storage'], pipelines: { logs: { receivers: ['file_log'], exporters: ['file'] } } },
}, { folders: [root] });
await collector.start();
console.log('started');
`;

const lines = 12_000;
const mostInBatch = 2000;

/** Those of the lines, as often as they came. */
async function numbersIn(file: string): Promise<number[]> {
  const numbers: number[] = [];
  if (!existsSync(file)) return numbers;
  for await (const line of createInterface({ input: createReadStream(file) }))
    for (const [, number] of line.matchAll(/"body":\{"stringValue":"(\d{7})[ "]/g)) numbers.push(Number(number));
  return numbers;
}

function missingIn(numbers: readonly number[]): number[] {
  const seen = new Set(numbers);
  return Array.from({ length: lines }, (_, index) => index).filter((index) => !seen.has(index));
}

test('kill -9: every line comes, and twice at most those that were not acknowledged', {
  timeout: 120_000,
}, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-file-log-crash-'));
  const root = join(import.meta.dirname, '../../../..');
  const script = join(import.meta.dirname, '../testdata/writer.mjs');
  const writer = spawn(process.execPath, [script, directory, '7', String(lines)], { stdio: 'ignore' });
  let isWritten = false;
  const written = once(writer, 'exit').then(() => (isWritten = true));
  const out = join(directory, 'out.jsonl');
  let kills = 0;
  try {
    for (let last = false; !last; ) {
      last = isWritten && kills > 3;
      const args = ['-C', 'source', '--input-type=module', '-e', child, directory, root];
      const collector = spawn(process.execPath, args, {
        stdio: ['ignore', 'pipe', 'inherit'],
        cwd: import.meta.dirname,
      });
      const exit = once(collector, 'exit');
      await once(collector.stdout, 'data');
      if (last)
        for (const until = Date.now() + 60_000; Date.now() < until && missingIn(await numbersIn(out)).length > 0; )
          await sleep(100);
      else await sleep(Math.random() * 300);
      collector.kill('SIGKILL');
      kills++;
      await exit;
    }
    await written;
    const numbers = await numbersIn(out);
    expect(missingIn(numbers).slice(0, 10)).toEqual([]);
    expect(kills).toBeGreaterThan(3);
    expect(numbers.length - lines).toBeLessThanOrEqual(kills * mostInBatch);
  } finally {
    writer.kill('SIGKILL');
    await rm(directory, { recursive: true, force: true });
  }
});
