import { setTimeout as sleep } from 'node:timers/promises';
import { PermanentError, RefusedError, ThrottleError } from '@millrace/core';
import { seeded } from '@millrace/core/testing';
import { afterEach, expect, test } from 'vitest';
import type { Agent } from '../testdata/agent.ts';
import { closeAgents, createAgent, encode, tags } from '../testdata/agent.ts';
import { startReceiver, stopAll } from '../testdata/receiver.ts';

afterEach(async () => {
  closeAgents();
  await stopAll();
});

test('what was acknowledged was taken, whatever the next owner does', { timeout: 60_000 }, async () => {
  const random = seeded(20_260_101);
  const never = new Promise<void>(() => {});
  const moods = [
    async () => {},
    async () => sleep(random.below(20)),
    async () => Promise.reject(new Error('down')),
    async () => Promise.reject(new RefusedError('full')),
    async () => Promise.reject(new ThrottleError('slower', 10)),
    async () => Promise.reject(new PermanentError('never')),
    () => never,
  ];
  const { port, batches } = await startReceiver({ next: () => random.pick(moods)() });
  const codes = new Map<number, number>();
  const acknowledged: string[] = [];

  async function run(agent: Agent, container: string): Promise<void> {
    for (let time = 1; time <= 20; time++) {
      for (let answered = -1; answered !== 0; ) {
        const call = { tags: { ...tags, container }, deadlineMs: 250 };
        answered = (await agent.publish({ unix_time: time, running: true }, call)).code;
        codes.set(answered, (codes.get(answered) ?? 0) + 1);
      }
      acknowledged.push(`${container}:${time}`);
    }
  }
  await Promise.all(Array.from({ length: 10 }, (_, index) => run(createAgent(port), `container-${index}`)));

  const taken = new Set(
    batches.map(({ resourceMetrics: [one] }) => {
      const [time] = one!.scopeMetrics[0]!.metrics[0]!.dataPoints[0]!.endTime;
      return `${one!.resource.attributes['container'] as string}:${time}`;
    }),
  );
  expect(acknowledged).toHaveLength(200);
  expect(acknowledged.filter((point) => !taken.has(point))).toEqual([]);
  // Every mood was met: OK, deadline exceeded, resource exhausted, internal, unavailable.
  expect([...codes.keys()].sort((a, b) => a - b)).toEqual([0, 4, 8, 13, 14]);
});

test('an owner that hangs is told when the agent has given up', async () => {
  const reasons: unknown[] = [];
  const { port } = await startReceiver({
    next: (_batch, signal) =>
      new Promise((_resolve, reject) =>
        signal!.addEventListener('abort', () => {
          reasons.push(signal!.reason);
          reject(signal!.reason as Error);
        }),
      ),
  });
  const began = performance.now();
  expect((await createAgent(port).publish({ unix_time: 1 }, { deadlineMs: 200 })).code).toBe(4);
  expect(performance.now() - began).toBeLessThan(2000);
  await expect.poll(() => reasons.length).toBe(1);
});

test('shutdown lets calls under way end, and takes no more', async () => {
  const taken = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const running = await startReceiver({
    next: () => {
      asked.resolve();
      return taken.promise;
    },
  });
  const answer = createAgent(running.port).publish({ unix_time: 1 });
  await asked.promise;
  const stopped = running.stop();
  taken.resolve();
  expect((await answer).code).toBe(0);
  await stopped;
  expect(running.batches).toHaveLength(1);
  expect((await createAgent(running.port).publish({ unix_time: 1 })).code).toBe(14);
});

test('whatever bytes come, each call has a status, and the next one works', { timeout: 60_000 }, async () => {
  const random = seeded(4242);
  const { port, batches } = await startReceiver();
  const agents = Array.from({ length: 4 }, () => createAgent(port));
  const garbage = (): Buffer => Buffer.from(Array.from({ length: random.below(80) }, () => random.below(256)));
  const valid = (): Buffer =>
    encode({
      unix_time: 1 + random.below(2 ** 31),
      running: random.next() < 0.5,
      milli_cpu_usage: random.below(5000),
      memory_limit_mb: random.below(2 ** 40),
      disk_usage_mb: random.below(2000) - 1000,
      pids_limit: random.below(3),
    });
  const damaged = (): Buffer => {
    const bytes = valid();
    for (let times = 1 + random.below(3); times > 0; times--) bytes[random.below(bytes.length)] = random.below(256);
    return random.next() < 0.3 ? bytes.subarray(0, random.below(bytes.length)) : bytes;
  };
  const anyTags = (): Record<string, string> =>
    Object.fromEntries(Object.entries(tags).filter(() => random.next() < 0.95));

  const counts: Record<number, number> = {};
  async function run(agent: Agent): Promise<void> {
    for (let times = 0; times < 750; times++) {
      const { code } = await agent.publish(random.pick([garbage, valid, damaged])(), { tags: anyTags() });
      counts[code] = (counts[code] ?? 0) + 1;
    }
  }
  await Promise.all(agents.map(run));

  expect(Object.keys(counts)).toEqual(['0', '3']);
  expect(counts[0]).toBe(batches.length);
  expect(counts[0]).toBeGreaterThan(800);
  expect(counts[3]).toBeGreaterThan(800);
  expect((await agents[0]!.publish(valid())).code).toBe(0);
});
