import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { batchFromJson } from '@millrace/otlp';
import { expect, test } from 'vitest';
import { at, deadline, exporter } from '../testdata/writing.ts';

test('what was acknowledged is in the file after SIGKILL', { timeout: 60_000 }, async () => {
  const acknowledged: string[] = [];
  for (let round = 0; round < 3; round++) {
    const script = join(import.meta.dirname, '../testdata/unending.ts');
    const args = ['-C', 'source', script, at('out.jsonl'), String(round)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout });
    let seen = 0;
    lines.on('line', (line) => {
      acknowledged.push(line);
      if (++seen === 50 + round * 40) child.kill('SIGKILL');
    });
    await once(lines, 'close');
  }
  const last = await exporter({ append: true });
  await last.shutdown!(deadline());
  const text = await readFile(at('out.jsonl'), 'utf8');
  const found = new Set([...text.matchAll(/"stringValue":"(\d+-\d+-\d+)"/g)].map(([, body]) => body!));
  expect(acknowledged.length).toBeGreaterThan(200);
  expect(acknowledged.filter((body) => !found.has(body))).toEqual([]);
  for (const line of text.split('\n').slice(0, -1)) batchFromJson('logs', Buffer.from(line));
});
