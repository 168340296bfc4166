import type { MetricsBatch } from '@millrace/core';
import { isEnded } from '@millrace/core';
import { describe, expect, test } from 'vitest';
import { pids, points, start } from '../testdata/run.ts';
import { decoded, type Seen, scrape } from '../testdata/scrape.ts';

/** Numerical Recipes' linear congruential generator: the same numbers in every run. */
function sequence(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

interface Process {
  readonly pid: number;
  readonly group: string;
  readonly born: number;
  pss: number;
  read: number;
  write: number;
  readonly huge: bigint;
}

/** A host whose processes grow, shrink, come and go; nothing of it is known but the seed. */
function host(seed: number) {
  const below = sequence(seed);
  let running: Process[] = [];
  let lastPid = 0;
  const born = (second: number): Process => ({
    pid: ++lastPid,
    group: `g${below(3)}`,
    born: second,
    pss: below(1000),
    read: 0,
    write: 0,
    huge: 2n ** 60n + BigInt(below(1000)),
  });
  const seen = ({ pid, group, born: since, ...values }: Process): Seen => ({
    pid,
    group,
    born: since,
    values: {
      'process.memory.pss': values.pss,
      // Some cannot be read.
      ...(pid % 7 === 0 ? {} : { 'process.disk.io': { read: values.read, write: values.write } }),
      'process.memory.usage': values.huge,
      'process.uptime': 1,
    },
  });
  const gone = (process: Process): Seen => {
    const { values, ...rest } = seen(process);
    const ends = Object.entries(values).map(([name, value]) => [
      name,
      typeof value === 'object' ? { read: 'ended', write: 'ended' } : 'ended',
    ]);
    return { ...rest, values: Object.fromEntries(ends) as Seen['values'] };
  };
  return (second: number): { batch: MetricsBatch; running: readonly Process[] } => {
    const leaving = running.filter(() => below(12) === 0);
    running = running.filter((process) => !leaving.includes(process));
    for (const process of running) {
      process.pss = Math.max(0, process.pss + below(201) - 100);
      process.read += below(50);
      process.write += below(3);
    }
    for (let more = below(6); more > 0; more--) running.push(born(second - below(2)));
    return { batch: scrape(second, [...running.map(seen), ...leaving.map(gone)]), running: structuredClone(running) };
  };
}

/** The sum of every additive metric, by group, metric and attributes. */
function sums(batch: MetricsBatch, names: readonly string[]): Map<string, bigint> {
  const found = new Map<string, bigint>();
  for (const { resource, metric, point } of batch.resourceMetrics.flatMap(points)) {
    if (isEnded(point) || !names.includes(metric.descriptor.name)) continue;
    const key = `${resource.attributes['process.group']} ${metric.descriptor.name} ${JSON.stringify(point.attributes)}`;
    found.set(key, (found.get(key) ?? 0n) + BigInt(point.value!));
  }
  return found;
}

const levels = ['process.memory.pss', 'process.memory.usage'];
const settings = { group_by: ['process.group'], n: 4, metric_expiration: '1h' };

describe.each([1, 2, 3, 4, 5, 6, 7, 8])('a host of seed %d', (seed) => {
  test('has the same totals before and after, in every batch', async () => {
    const next = host(seed);
    const { pass } = start(settings);
    for (let second = 1; second <= 60; second++) {
      const { batch } = next(second);
      const input = seed % 2 ? batch : decoded(batch);
      expect(sums(await pass(input), levels)).toEqual(sums(batch, levels));
    }
  });

  test('shows at most n of a group, and nobody out of it by more than the margin', async () => {
    const next = host(seed);
    const { pass } = start(settings);
    for (let second = 1; second <= 60; second++) {
      const { batch, running } = next(second);
      const kept = new Set(pids(await pass(batch)));
      for (const group of ['g0', 'g1', 'g2']) {
        const members = running.filter((process) => process.group === group);
        const inside = members.filter(({ pid }) => kept.has(pid)).map(({ pss }) => pss);
        const outside = members.filter(({ pid }) => !kept.has(pid)).map(({ pss }) => pss);
        expect(inside).toHaveLength(Math.min(4, members.length));
        if (outside.length > 0) expect(Math.max(...outside)).toBeLessThanOrEqual(Math.min(...inside) * 1.1 + 1e-6);
      }
    }
  });

  test('begins and ends every series once, and no counter goes down', async () => {
    const next = host(seed);
    const { pass } = start({
      ...settings,
      rank: seed % 2 ? 'attribute' : 'metric',
      percent_of_group: ['process.disk.io'],
    });
    const live = new Map<string, { value: number | bigint; start: string }>();
    let ends = 0;
    for (let second = 1; second <= 60; second++) {
      const out = await pass(next(second).batch);
      const now = new Set<string>();
      for (const { resource, metric, point } of out.resourceMetrics.flatMap(points)) {
        const key = JSON.stringify([resource.attributes, metric.descriptor.name, point.attributes]);
        expect(now.has(key), `${key} is there once`).toBe(false);
        now.add(key);
        const before = live.get(key);
        if (isEnded(point)) {
          expect(before, `${key} ends after it began`).toBeDefined();
          live.delete(key);
          ends++;
          continue;
        }
        const start = String(point.startTime);
        if (metric.descriptor.name === 'process.disk.io' && before?.start === start)
          expect(point.value! >= before.value, key).toBe(true);
        live.set(key, { value: point.value!, start });
      }
      for (const key of live.keys()) expect(now.has(key), `${key} goes on or ends`).toBe(true);
    }
    expect(ends).toBeGreaterThan(100);
  });

  test('has the same increase before and after', async () => {
    const next = host(seed);
    const { pass } = start(settings);
    const name = 'process.disk.io';
    let before: { input: Map<string, bigint>; output: Map<string, bigint> } | undefined;
    let compared = 0;
    for (let second = 1; second <= 60; second++) {
      const { batch } = next(second);
      const { input, output } = { input: series(batch, name), output: series(await pass(batch), name) };
      if (before) {
        const others = [...output.keys()].filter((key) => key.includes('topn.other'));
        // What is new since the last batch has increased by its whole value: in the remainder that is part of the
        // increase, a series of its own says it by where it begins.
        const fresh = [...input.keys()].filter((key) => !before!.input.has(key) && !output.has(key));
        const ended = [...before.output.keys()].some((key) => key.includes('topn.other') && !output.has(key));
        if (!ended && others.every((key) => before!.output.has(key))) {
          compared++;
          expect(increase(before.output, output), `at ${second}`).toBe(
            increase(before.input, input) + fresh.reduce((sum, key) => sum + input.get(key)!, 0n),
          );
        }
      }
      before = { input, output };
    }
    expect(compared).toBeGreaterThan(30);
  });
});

function series(batch: MetricsBatch, name: string): Map<string, bigint> {
  const found = new Map<string, bigint>();
  for (const { resource, metric, point } of batch.resourceMetrics.flatMap(points))
    if (metric.descriptor.name === name && !isEnded(point))
      found.set(JSON.stringify([resource.attributes, point.attributes]), BigInt(point.value!));
  return found;
}

/** Of the series that both have. */
function increase(before: ReadonlyMap<string, bigint>, now: ReadonlyMap<string, bigint>): bigint {
  let sum = 0n;
  for (const [key, value] of now) if (before.has(key)) sum += value - before.get(key)!;
  return sum;
}
