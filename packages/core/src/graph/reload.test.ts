import { describe, expect, it } from 'vitest';
import { PermanentError } from '../errors.ts';
import { batch, collector, pipelines, soon, world } from './testdata/world.ts';

describe('reload', () => {
  it('leaves alone what did not change', async () => {
    const { components, events, place } = world();
    const config = (flavor: string) => ({
      receivers: { push: {} },
      exporters: { 'out/kept': {}, 'out/changed': { flavor } },
      service: { pipelines: { metrics: { receivers: ['push'], exporters: ['out/kept', 'out/changed'] } } },
    });
    const one = await collector(config('sweet'), { components });
    await one.start();
    events.length = 0;
    await one.reload(config('sour'));
    expect(events).toEqual(['create out/changed sour', 'stop out/changed', 'start out/changed']);
    await one.push(batch());
    await soon(() => place('out/kept').batches.length === 1 && place('out/changed').batches.length === 1);
  });

  it('hands the backlog of an exporter to its successor', async () => {
    const { components, events, place } = world();
    const hang = Promise.withResolvers<void>();
    place('out').hang = hang.promise;
    const config = (flavor: string) =>
      pipelines({}, { exporters: { out: { flavor, sending_queue: { num_consumers: 1 } } } });
    const one = await collector(config('a'), { components });
    await one.start();
    const sent = [batch(), batch(), batch()];
    for (const each of sent) await one.push(each);
    const reloading = one.reload(config('b'));
    await soon(() => events.includes('create out b'));
    delete place('out').hang;
    hang.resolve();
    await reloading;
    await soon(() => place('out').batches.length === 3);
    expect(place('out').batches).toEqual(sent);
  });

  it('a config that cannot start is undone: the old one goes on', async () => {
    const { components, events, place } = world();
    const one = await collector(pipelines({}), { components });
    await one.start();
    place('out/new').startError = new PermanentError('no such thing');
    events.length = 0;
    const bad = {
      receivers: { push: {} },
      exporters: { 'out/new': {} },
      service: { pipelines: { metrics: { receivers: ['push'], exporters: ['out/new'] } } },
    };
    await expect(one.reload(bad)).rejects.toThrow('exporter/out/new cannot start: no such thing');
    expect(events).toEqual(['create out/new plain', 'stop out/new']);
    await one.push(batch());
    await soon(() => place('out').batches.length === 1);
    expect([...one.config.exporters.keys()]).toEqual(['out']);
  });

  it('a config that is wrong changes nothing', async () => {
    const { components, events, place } = world();
    const one = await collector(pipelines({}), { components });
    await one.start();
    events.length = 0;
    await expect(one.reload(pipelines({ exporters: ['nowhere'] }))).rejects.toThrow('nowhere');
    expect(events).toEqual([]);
    await one.push(batch());
    await soon(() => place('out').batches.length === 1);
  });

  it('what a removed exporter holds is still delivered', async () => {
    const { components, place } = world();
    const hang = Promise.withResolvers<void>();
    place('out/old').hang = hang.promise;
    const to = (id: string) => ({
      receivers: { push: {} },
      exporters: { [id]: {} },
      service: { pipelines: { metrics: { receivers: ['push'], exporters: [id] } } },
    });
    const one = await collector(to('out/old'), { components });
    await one.start();
    await one.push(batch());
    await one.reload(to('out/new'));
    await one.push(batch());
    await soon(() => place('out/new').batches.length === 1);
    delete place('out/old').hang;
    hang.resolve();
    await soon(() => place('out/old').batches.length === 1);
  });
});
