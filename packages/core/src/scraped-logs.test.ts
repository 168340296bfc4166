import { expect, it } from 'vitest';
import type { LogsBatch, ResourceLogs } from './batch.ts';
import { itemCount } from './batch.ts';
import { NoPipelineError, PermanentError } from './errors.ts';
import { createBacklog } from './scraped-logs.ts';

const logs = (records: number, name = 'a'): ResourceLogs => ({
  resource: { attributes: { name } },
  scopeLogs: [
    {
      scope: { name: 'test' },
      logRecords: Array.from({ length: records }, () => ({ observedTime: [1, 0] as const, attributes: {} })),
    },
  ],
});

function backlog() {
  const drops: [number, string][] = [];
  const taken: LogsBatch[] = [];
  const one = createBacklog((items, reason) => void drops.push([items, reason]));
  return {
    drops,
    taken,
    add: one.add,
    take: () => one.handOver(async (batch) => void taken.push(batch)),
    refuse: (error: Error) =>
      one.handOver(async () => {
        throw error;
      }),
  };
}

it('hands over what it has once, and nothing where there is nothing', async () => {
  const { add, take, taken } = backlog();
  add([logs(2)]);
  await take();
  await take();
  expect(taken.map(itemCount)).toEqual([2]);
});

it('keeps what was refused for the next time, in its order', async () => {
  const { add, take, refuse, taken, drops } = backlog();
  add([logs(1, 'first')]);
  await expect(refuse(new Error('full'))).rejects.toThrow('full');
  add([logs(1, 'second')]);
  await take();
  expect(taken[0]!.resourceLogs.map(({ resource }) => resource.attributes['name'])).toEqual(['first', 'second']);
  expect(drops).toEqual([]);
});

it('drops and counts what is refused for good', async () => {
  const { add, take, refuse, taken, drops } = backlog();
  add([logs(3)]);
  await expect(refuse(new PermanentError('never'))).rejects.toThrow('never');
  await take();
  expect(taken).toEqual([]);
  expect(drops).toEqual([[3, 'pipeline_refused']]);
});

it('leaves out, without a word, what no pipeline asked for', async () => {
  const { add, take, refuse, taken, drops } = backlog();
  add([logs(3)]);
  await refuse(new NoPipelineError('metrics only'));
  await take();
  expect(taken).toEqual([]);
  expect(drops).toEqual([]);
});

it('is bounded: the oldest go, and are counted', async () => {
  const { add, take, refuse, taken, drops } = backlog();
  add([logs(6_000, 'old'), logs(6_000, 'new')]);
  await expect(refuse(new Error('full'))).rejects.toThrow('full');
  await take();
  expect(taken[0]!.resourceLogs.map(({ resource }) => resource.attributes['name'])).toEqual(['new']);
  expect(drops).toEqual([[6_000, 'pipeline_refused']]);
});
