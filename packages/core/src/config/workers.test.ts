import { describe, expect, it } from 'vitest';
import type { AnyDefinition } from '../definition.ts';
import { collector, world } from '../graph/testdata/world.ts';
import { parallelPart } from './workers.ts';

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
