import { createHash } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isEnded } from '@millrace/core';
import { expect, it } from 'vitest';
import { scraperOf, tree } from './testdata/scraper.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const wave = 500;
const waves = 20;

it('ends every series of 10,000 containers that come and go, and keeps nothing of them', {
  timeout: 60_000,
}, async () => {
  const root = tree({ 'cgroup.controllers': 'cpu memory pids io\n', 'docker/cgroup.procs': '' });
  const { scrape, clock } = scraperOf({ cgroup_path: root });
  const heap: number[] = [];
  let [began, ended] = [0, 0];
  const count = async (): Promise<void> => {
    for (const { scopeMetrics } of (await scrape()).resourceMetrics)
      for (const { metrics } of scopeMetrics)
        for (const { dataPoints } of metrics)
          for (const point of dataPoints)
            if (isEnded(point)) ended++;
            else began++;
    await clock.advance(10_000);
  };

  const folderOf = (round: number, at: number): string =>
    join(root, 'docker', createHash('sha256').update(`${round}/${at}`).digest('hex'));
  for (let at = 0; at < wave; at++) {
    const folder = folderOf(0, at);
    mkdirSync(folder);
    writeFileSync(join(folder, 'cpu.stat'), 'usage_usec 10\nuser_usec 6\nsystem_usec 4\n');
    writeFileSync(join(folder, 'memory.current'), '4096\n');
    writeFileSync(join(folder, 'pids.current'), '1\n');
  }
  for (let round = 0; round < waves; round++) {
    if (round > 0) for (let at = 0; at < wave; at++) renameSync(folderOf(round - 1, at), folderOf(round, at));
    await count();
    collectGarbage();
    heap.push(process.memoryUsage().heapUsed);
  }
  rmSync(join(root, 'docker'), { recursive: true });
  await count();
  expect(began).toBe(wave * waves * 4);
  expect(ended).toBe(began);
  await count();
  expect(ended).toBe(began);
  // To keep one of 500 containers in every round would be megabytes by now.
  expect(heap.at(-1)! - heap[4]!).toBeLessThan(3e6);
});
