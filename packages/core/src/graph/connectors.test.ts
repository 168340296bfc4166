import { describe, it } from 'vitest';
import { defineConnector } from '../definition.ts';
import { batch, collector, soon, world } from './testdata/world.ts';

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
