import { describe, expect, it } from 'vitest';
import { defineScraper } from '../definition.ts';
import { PermanentError } from '../errors.ts';
import { testContext } from '../testing/index.ts';
import { batch, collector, pipelines, soon, world } from './testdata/world.ts';

describe('graph', () => {
  it('starts downstream first and stops upstream first', async () => {
    const { events, components } = world();
    const one = await collector(
      {
        receivers: { tick: {} },
        processors: { 'hold/a': {}, 'hold/b': {} },
        exporters: { out: {} },
        service: {
          pipelines: { metrics: { receivers: ['tick'], processors: ['hold/a', 'hold/b'], exporters: ['out'] } },
        },
      },
      { components },
    );
    await one.start();
    await one.shutdown();
    expect(events).toEqual([
      'create out plain',
      ...['start out', 'start hold/b', 'start hold/a', 'start tick'],
      ...['stop tick', 'stop hold/a', 'stop hold/b', 'stop out'],
    ]);
  });

  it('delivers at shutdown what processors and queues hold', async () => {
    const { components, place } = world();
    const one = await collector(pipelines({ processors: ['hold'] }, { processors: { hold: { hold: true } } }), {
      components,
    });
    await one.start();
    const sent = batch();
    await one.push(sent);
    expect(place('out').batches).toEqual([]);
    await one.shutdown();
    expect(place('out').batches).toEqual([sent]);
  });

  it('a hanging exporter does not keep the shutdown beyond its deadline', async () => {
    const { components, place } = world();
    place('out').hang = new Promise(() => {});
    const one = await collector(pipelines({}, {}), { components });
    await one.start();
    await one.push(batch());
    const began = Date.now();
    await one.shutdown(AbortSignal.timeout(50));
    expect(Date.now() - began).toBeLessThan(2000);
  });

  it('a slow exporter costs the other nothing', async () => {
    const { components, place } = world();
    place('out/slow').hang = new Promise(() => {});
    const one = await collector(
      {
        receivers: { push: {} },
        exporters: { 'out/slow': {}, 'out/fast': {} },
        service: { pipelines: { metrics: { receivers: ['push'], exporters: ['out/slow', 'out/fast'] } } },
      },
      { components },
    );
    await one.start();
    for (let sent = 0; sent < 20; sent++) await one.push(batch());
    await soon(() => place('out/fast').batches.length === 20);
    expect(place('out/slow').batches).toEqual([]);
  });

  it('a refusal by one exporter leaves nothing in the other, across pipelines and processors too', async () => {
    const { components, place } = world();
    const hang = Promise.withResolvers<void>();
    place('out/full').hang = hang.promise;
    const one = await collector(
      {
        receivers: { push: {} },
        processors: { hold: {} },
        exporters: { 'out/full': { sending_queue: { queue_size: 1 } }, 'out/free': {} },
        service: {
          pipelines: {
            'metrics/free': { receivers: ['push'], processors: ['hold'], exporters: ['out/free'] },
            'metrics/full': { receivers: ['push'], processors: ['hold'], exporters: ['out/full'] },
          },
        },
      },
      { components },
    );
    await one.start();
    await one.push(batch());
    await soon(() => place('out/free').batches.length === 1);
    await expect(one.push(batch())).rejects.toThrow('the sending queue is full');
    hang.resolve();
    await one.shutdown();
    expect(place('out/free').batches).toHaveLength(1);
    expect(place('out/full').batches).toHaveLength(1);
  });

  it('a receiver that throws at every scrape leaves the others untouched', async () => {
    const { components, place } = world();
    const interval = { collection_interval: '5ms', initial_delay: '0s' };
    const one = await collector(
      {
        receivers: { 'tick/good': interval, 'tick/bad': { ...interval, fails: true } },
        exporters: { out: {} },
        service: { pipelines: { metrics: { receivers: ['tick/good', 'tick/bad'], exporters: ['out'] } } },
      },
      { components },
    );
    await one.start();
    await soon(() => place('out').batches.length >= 3);
  });

  it.each([
    ['both', ['metrics', 'logs']],
    ['its metrics', ['metrics']],
    ['its log records', ['logs']],
  ])('of a scraper with log records takes %s', async (_what, signals) => {
    const { components, place } = world();
    const scraper = defineScraper({
      type: 'events',
      description: 'One point and one log record a scrape.',
      logs: true,
      collectionInterval: '5ms',
      config: { properties: {} },
      metrics: { ticks: { kind: 'counter', unit: '1', valueType: 'int', description: 'Scrapes.' } },
      create: () => ({
        async scrape(run) {
          run.entity({}).record('ticks', 1);
          run.log({ body: 'ticked' });
        },
      }),
    });
    const pipeline = { receivers: ['events'], exporters: ['out'] };
    const context = testContext();
    const one = await collector(
      {
        receivers: { events: { initial_delay: '0s' } },
        exporters: { out: {} },
        service: { pipelines: Object.fromEntries(signals.map((signal) => [signal, pipeline])) },
      },
      { components: [...components, scraper], log: context.log },
    );
    await one.start();
    await soon(() => place('out').batches.length >= 4);
    expect(new Set(place('out').batches.map(({ signal }) => signal))).toEqual(new Set(signals));
    expect(context.lines.filter(({ level }) => level !== 'info' && level !== 'debug')).toEqual([]);
  });

  it('retries a start that fails for an outside reason, and what was sent meanwhile waits', async () => {
    const { components, place, events } = world();
    place('out').startError = new Error('the database is down');
    const context = testContext();
    const one = await collector(pipelines({}), { components, log: context.log });
    await one.start();
    const sent = batch();
    await one.push(sent);
    expect(context.lines.map(({ message }) => message)).toContain(
      'exporter/out could not start; trying again while the rest runs.',
    );
    delete place('out').startError;
    await soon(() => place('out').batches.length === 1);
    expect(events).toContain('start out');
  });

  it('a start that can never work ends the whole, with nothing left running', async () => {
    const { components, place, events } = world();
    place('out').startError = new PermanentError('port 1 is taken');
    const one = await collector(
      {
        receivers: { tick: {} },
        exporters: { 'out/first': {}, out: {} },
        service: { pipelines: { metrics: { receivers: ['tick'], exporters: ['out/first', 'out'] } } },
      },
      { components },
    );
    await expect(one.start()).rejects.toThrow('exporter/out cannot start: port 1 is taken');
    expect(events).toContain('start out/first');
    expect(events).toContain('stop out/first');
    expect(events).not.toContain('start tick');
  });
});
