import { afterEach, describe, expect, it } from 'vitest';
import { type Batch, metricsBatch } from '../batch.ts';
import { type Collector, type CollectorOptions, createCollector } from '../collector.ts';
import {
  type AnyDefinition,
  defineConnector,
  defineExporter,
  defineExtension,
  defineProcessor,
  defineScraper,
} from '../definition.ts';
import { parallelPart } from '../config/workers.ts';
import { PermanentError } from '../errors.ts';
import { sink, testContext, type Sink } from '../testing/index.ts';

/** Components that write down what is done to them, and a place for the exporters' batches. */
function world() {
  const events: string[] = [];
  const sinks = new Map<string, Sink & { startError?: Error; hang?: Promise<void> }>();
  const place = (id: string) => {
    let one = sinks.get(id);
    if (!one) sinks.set(id, (one = sink()));
    return one;
  };
  const exporter = defineExporter({
    type: 'out',
    description: 'Keeps what it gets.',
    signals: ['metrics', 'logs'],
    config: { properties: { flavor: { type: 'string', default: 'plain', description: 'Anything.' } } },
    create: ({ flavor }, { id }) => {
      events.push(`create ${id} ${flavor}`);
      return {
        async start() {
          const { startError } = place(id);
          if (startError) throw startError;
          events.push(`start ${id}`);
        },
        async consume(batch, signal) {
          await place(id).hang;
          await place(id).consume(batch, signal);
        },
        shutdown: async () => void events.push(`stop ${id}`),
      };
    },
  });
  const processor = defineProcessor({
    type: 'hold',
    description: 'Holds batches until shutdown.',
    signals: ['metrics', 'logs'],
    config: { properties: { hold: { type: 'boolean', default: false, description: 'Whether to.' } } },
    create: ({ hold }, { id }, next) => {
      const held: Batch[] = [];
      return {
        start: async () => void events.push(`start ${id}`),
        consume: async (batch, signal) => (hold ? void held.push(batch) : next.consume(batch, signal)),
        async shutdown() {
          events.push(`stop ${id}`);
          for (const batch of held.splice(0)) await next.consume(batch);
        },
      };
    },
  });
  const scraper = defineScraper({
    type: 'tick',
    description: 'One point a scrape.',
    config: { properties: { fails: { type: 'boolean', default: false, description: 'Throws at every scrape.' } } },
    metrics: { ticks: { kind: 'counter', unit: '1', valueType: 'int', description: 'Scrapes.' } },
    create: ({ fails }, { id }) => {
      let ticks = 0;
      return {
        start: async () => void events.push(`start ${id}`),
        async scrape(run) {
          if (fails) throw new Error('this receiver is broken');
          run.entity({ id }).record('ticks', ++ticks);
        },
        shutdown: async () => void events.push(`stop ${id}`),
      };
    },
  });
  return { events, place, components: [exporter, processor, scraper] as AnyDefinition[] };
}

const batch = (): Batch => metricsBatch([{ resource: { attributes: {} }, scopeMetrics: [] }]);
const soon = (condition: () => boolean) => expect.poll(condition, { timeout: 5000, interval: 5 }).toBe(true);

const running: Collector[] = [];
async function collector(config: object, options: CollectorOptions): Promise<Collector> {
  const made = await createCollector(config as Record<string, unknown>, { log: testContext().log, ...options });
  running.push(made);
  return made;
}
afterEach(async () => {
  for (const one of running.splice(0)) await one.shutdown(AbortSignal.timeout(100));
});

const pipelines = (pipeline: object, more: object = {}) => ({
  receivers: { push: {} },
  exporters: { out: {} },
  service: { pipelines: { metrics: { receivers: ['push'], exporters: ['out'], ...pipeline } } },
  ...more,
});

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
    place('out/full').hang = new Promise(() => {});
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
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(place('out/free').batches).toHaveLength(1);
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
    const { components, place } = world();
    const hang = Promise.withResolvers<void>();
    place('out').hang = hang.promise;
    const config = (flavor: string) =>
      pipelines({}, { exporters: { out: { flavor, sending_queue: { num_consumers: 1 } } } });
    const one = await collector(config('a'), { components });
    await one.start();
    const sent = [batch(), batch(), batch()];
    for (const each of sent) await one.push(each);
    const reloading = one.reload(config('b'));
    await new Promise((resolve) => setTimeout(resolve, 20));
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

describe('connectors', () => {
  const forward = defineConnector({
    type: 'forward',
    description: 'Passes on to every pipeline that it begins.',
    signals: { metrics: ['metrics'] },
    config: { properties: {} },
    create: (_config, _context, nexts) => ({
      consume: async (one, signal) => {
        for (const next of nexts.values()) await next.consume(one, signal);
      },
    }),
  });
  // Named so that the pipelines stand in no helpful order.
  const config = (extra: object = {}) => ({
    receivers: { push: {} },
    processors: { hold: {} },
    connectors: { forward: {}, 'forward/deep': {} },
    exporters: { 'out/a': {}, 'out/b': {} },
    service: {
      pipelines: {
        'metrics/first': { receivers: ['push'], exporters: ['forward'] },
        'metrics/b': { receivers: ['forward/deep'], processors: ['hold'], exporters: ['out/b'] },
        'metrics/a': { receivers: ['forward'], exporters: ['out/a', 'forward/deep'] },
        ...extra,
      },
    },
  });

  it('join pipelines, one behind the other', async () => {
    const { components, place } = world();
    const one = await collector(config(), { components: [...components, forward] });
    await one.start();
    await one.push(batch());
    await soon(() => place('out/a').batches.length === 1 && place('out/b').batches.length === 1);
  });

  it('a pipeline that a reload adds behind a connector is fed by it', async () => {
    const { components, place } = world();
    const one = await collector(config(), { components: [...components, forward] });
    await one.start();
    await one.reload(config({ 'metrics/more': { receivers: ['forward'], exporters: ['out/a'] } }));
    await one.push(batch());
    await soon(() => place('out/a').batches.length === 2 && place('out/b').batches.length === 1);
  });
});

describe('extensions', () => {
  const config = (flavor: string) => ({
    receivers: { push: {} },
    exporters: { user: { keeper: 'keeper' } },
    extensions: { keeper: { flavor } },
    service: { extensions: ['keeper'], pipelines: { metrics: { receivers: ['push'], exporters: ['user'] } } },
  });

  it('are there for the components that name them, which are made anew with them', async () => {
    const seen: string[] = [];
    const keeper = defineExtension({
      type: 'keeper',
      description: 'Gives credentials.',
      provides: ['client_auth'],
      config: { properties: { flavor: { type: 'string', default: '', description: 'Anything.' } } },
      create: ({ flavor }) => ({ credentials: () => ({ flavor }) }),
    });
    const user = defineExporter({
      type: 'user',
      description: 'Asks an extension.',
      signals: ['metrics'],
      delivery: 'direct',
      config: {
        properties: {
          keeper: { type: 'string', format: 'extension', provides: 'client_auth', default: '', description: 'Whom.' },
        },
      },
      create(own, context) {
        const extension = context.extension(own.keeper);
        return { consume: async () => void seen.push((await extension.credentials!())['flavor']!) };
      },
    });
    const one = await collector(config('first'), { components: [keeper, user] });
    await one.start();
    await one.push(batch());
    await one.reload(config('second'));
    await one.push(batch());
    expect(seen).toEqual(['first', 'second']);
  });
});

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

describe('copies', () => {
  const stateless = (kind: 'receiver' | 'exporter') =>
    ({
      type: 'flow',
      description: 'Can be copied.',
      signals: ['metrics'],
      parallel: true,
      kind,
      config: { properties: {} },
    }) as const;
  const receiver: AnyDefinition = { ...stateless('receiver'), kind: 'receiver', create: () => ({}) };
  const exporter: AnyDefinition = {
    ...stateless('exporter'),
    kind: 'exporter',
    create: () => ({ consume: async () => {} }),
  };

  it('run the pipelines of which everything can be copied', async () => {
    const { components } = world();
    const config = {
      receivers: { flow: {}, 'flow/both': {}, 'flow/own': {} },
      processors: { hold: {} },
      exporters: { flow: {}, 'flow/unused': {} },
      service: {
        workers: 2,
        pipelines: {
          metrics: { receivers: ['flow'], exporters: ['flow'] },
          'metrics/stateful': { receivers: ['flow/both'], processors: ['hold'], exporters: ['flow'] },
          'metrics/joined': { receivers: ['flow/both', 'flow/own'], exporters: ['flow'] },
          'metrics/through': { receivers: ['flow/own'], exporters: ['flow'] },
        },
      },
    };
    const one = await collector(config, { components: [...components, receiver, exporter] });
    const { config: part, once } = parallelPart(one.config);
    expect(Object.fromEntries(once)).toEqual({
      'metrics/stateful': 'hold',
      'metrics/joined': 'flow/both',
      'metrics/through': 'flow/own',
    });
    expect([...part.pipelines.keys()]).toEqual(['metrics']);
    expect([...part.receivers.keys(), ...part.processors.keys(), ...part.exporters.keys()]).toEqual(['flow', 'flow']);
    expect(one.config.warnings.join()).toContain(
      'the pipeline metrics/stateful runs once, not in 2 workers, because of hold',
    );
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
