import { describe, expect, it } from 'vitest';
import { batch, collector, pipelines, soon, world } from './graph/testdata/world.ts';

describe('status', () => {
  it('says what has not started, and since when an exporter fails', async () => {
    const { components, place } = world();
    place('out').startError = new Error('no database');
    const retry_on_failure = { initial_interval: '10ms' };
    const one = await collector(pipelines({}, { exporters: { out: { retry_on_failure } } }), { components });
    await one.start();
    expect(one.status()).toMatchObject({ ready: false, starting: new Map([['exporter/out', 'no database']]) });
    delete place('out').startError;
    await soon(() => one.status().ready);
    expect(one.status().starting.size).toBe(0);

    const exporter = () => one.status().exporters.get('exporter/out')!;
    expect(exporter()).toMatchObject({ lastSuccess: undefined, failingSince: undefined });
    place('out').failures.push(...Array.from({ length: 3 }, () => new Error('no route')));
    await one.push(batch());
    await soon(() => exporter().lastError === 'no route');
    expect(exporter().queue).toEqual({ size: 1, capacity: 1000 });
    await soon(() => exporter().lastSuccess !== undefined);
    expect(exporter()).toMatchObject({ failingSince: undefined, queue: { size: 0 } });
  });
});

describe('several collectors in one process', () => {
  it('know nothing of each other', async () => {
    const worlds = [world(), world()];
    const both = await Promise.all(worlds.map(({ components }) => collector(pipelines({}), { components })));
    await Promise.all(both.map((one) => one.start()));
    await both[0]!.push(batch());
    await soon(() => worlds[0]!.place('out').batches.length === 1);
    expect(worlds[1]!.place('out').batches).toEqual([]);
    await both[0]!.shutdown();
    await both[1]!.push(batch());
    await soon(() => worlds[1]!.place('out').batches.length === 1);
  });
});

describe('push', () => {
  it('says what is missing', async () => {
    const one = await collector(pipelines({}), { components: world().components });
    await one.start();
    await expect(one.push(batch(), 'push/other')).rejects.toThrow('no receiver "push/other" of type push is running');
  });
});
