import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Batch, type Consumer, memoryStorage, resolveConfig, systemClock } from '@millrace/core';
import { testContext } from '@millrace/core/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import definition from './index.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-file-log-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const random = (seed: number) => () => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
};

const bodiesOf = (batch: Batch): string[] =>
  batch.signal === 'logs'
    ? batch.resourceLogs.flatMap(({ scopeLogs }) =>
        scopeLogs.flatMap(({ logRecords }) => logRecords.map(({ body }) => String(body))),
      )
    : [];

test.each([1, 2, 3])(
  'every line comes exactly once, whatever the rotations, stops and refusals (seed %i)',
  { timeout: 120_000 },
  async (seed) => {
    const chance = random(seed);
    const storage = memoryStorage();
    const got: string[] = [];
    const next: Consumer = {
      async consume(batch) {
        if (chance() < 0.2) throw new Error('made up');
        await sleep(chance() * 5);
        if (chance() < 0.1) throw new Error('made up');
        got.push(...bodiesOf(batch));
      },
    };
    const config = resolveConfig(definition.config, {
      include: [join(directory, 'app.log*')],
      start_at: 'beginning',
      poll_interval: '10ms',
      force_flush_period: '0',
      storage: 'file_storage',
      retry_on_failure: { initial_interval: '5ms', max_interval: '20ms' },
    } as never);
    const lines = 8000;
    const script = join(import.meta.dirname, '../testdata/writer.mjs');
    const writing = promisify(execFile)(process.execPath, [script, directory, String(seed), String(lines)]);
    let isWritten = false;
    void writing.finally(() => (isWritten = true)).catch(() => {});
    let runs = 0;
    for (let last = false; !last; runs++) {
      last = isWritten;
      const receiver = definition.create(config as never, testContext({ clock: systemClock, storage }), next);
      await receiver.start!();
      if (last) {
        for (const until = Date.now() + 60_000; got.length < lines && Date.now() < until; ) await sleep(30);
        // What would come twice comes now.
        await sleep(300);
      } else await sleep(chance() * 300);
      await receiver.shutdown!(AbortSignal.timeout(5000));
      if (!last) await sleep(chance() * 150);
    }
    const rotations = JSON.parse((await writing).stdout) as { rename: number; copy: number };
    expect(rotations.rename).toBeGreaterThan(3);
    expect(rotations.copy).toBeGreaterThan(3);
    expect(runs).toBeGreaterThan(3);
    const numbers = got.map((body) => Number(body.slice(0, 7)));
    const seen = new Set(numbers);
    const runsOf = (list: number[]): string => list.join(',').slice(0, 300);
    expect({
      missing: runsOf(Array.from({ length: lines }, (_, index) => index).filter((index) => !seen.has(index))),
      twice: runsOf(numbers.filter((number, index) => numbers.indexOf(number) !== index)),
    }).toEqual({ missing: '', twice: '' });
  },
);
