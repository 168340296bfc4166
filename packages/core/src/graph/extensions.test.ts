import { describe, expect, it } from 'vitest';
import { defineExporter, defineExtension } from '../definition.ts';
import { batch, collector } from './testdata/world.ts';

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
