import { afterEach, describe, expect, it } from 'vitest';
import { type Collector, createCollector } from '../collector.ts';
import { defineExporter, defineExtension, defineScraper } from '../definition.ts';
import type { Commands } from '../component.ts';
import { testContext } from '../testing/index.ts';

const signal = new AbortController().signal;

const echo = defineScraper({
  type: 'echo',
  description: 'Answers what it is asked.',
  config: { properties: {} },
  metrics: {},
  commands: {
    say: {
      description: 'Says it again.',
      arguments: {
        required: ['text'],
        properties: {
          text: { type: 'string', description: 'What to say.' },
          times: { type: 'integer', minimum: 1, default: 1, description: 'How often.' },
          after: { type: 'string', format: 'duration', default: '0s', description: 'How much later.' },
        },
      },
    },
    reset: { description: 'Begins anew.', changes: true },
  },
  create: () => ({ scrape: async () => {}, command: async (call) => ({ ...call, signal: call.signal.aborted }) }),
});
const out = defineExporter({
  type: 'out',
  description: 'Takes all.',
  signals: ['metrics'],
  config: { properties: {} },
  create: () => ({ consume: async () => {} }),
});

let running: Collector | undefined;
afterEach(() => running?.shutdown());

async function start(extra: object = {}): Promise<Collector> {
  running = await createCollector(
    {
      receivers: { 'echo/one': {}, push: {} },
      exporters: { out: {} },
      ...extra,
      service: {
        ...('extensions' in extra ? { extensions: ['asker'] } : {}),
        pipelines: { metrics: { receivers: ['echo/one', 'push'], exporters: ['out'] } },
      },
    },
    { components: [echo, out, asker], polling: 'manual', log: testContext().log },
  );
  await running.start();
  return running;
}

let asked: Commands | undefined;
const asker = defineExtension({
  type: 'asker',
  description: 'Asks receivers.',
  config: { properties: {} },
  create: (_config, context) => {
    asked = context.commands;
    return {};
  },
});

const ask = (commands: Commands, receiver: string, command: string, given: object = {}) =>
  commands.call({ receiver, command, arguments: given as Record<string, unknown>, signal });

describe('commands of receivers', () => {
  it('are listed with the receivers that have them', async () => {
    const { commands } = await start();
    expect(commands.list()).toEqual([
      { ...echo.commands!['say'], receiver: 'echo/one', name: 'say' },
      { ...echo.commands!['reset'], receiver: 'echo/one', name: 'reset' },
    ]);
  });

  it('are answered, their arguments checked and with defaults', async () => {
    const { commands } = await start();
    expect(await ask(commands, 'echo/one', 'say', { text: 'a', after: '2s' })).toEqual({
      name: 'say',
      arguments: { text: 'a', times: 1, after: 2000 },
      signal: false,
    });
    expect(await ask(commands, 'echo/one', 'reset')).toMatchObject({ name: 'reset', arguments: {} });
  });

  it('are there for extensions', async () => {
    await start({ extensions: { asker: {} } });
    expect(await ask(asked!, 'echo/one', 'reset')).toMatchObject({ name: 'reset' });
  });

  it.each([
    ['echo', 'say', {}, '"echo" is no receiver that can be asked. There are: echo/one.'],
    ['push', 'say', {}, '"push" is no receiver that can be asked. There are: echo/one.'],
    ['echo/one', 'sya', {}, '"sya" is no command of echo/one. Did you mean "say"? There are: reset, say.'],
    ['echo/one', 'constructor', {}, '"constructor" is no command of echo/one. There are: reset, say.'],
    ['echo/one', 'say', {}, 'echo/one say: the key "text" is missing (text: a string. What to say.)'],
    ['echo/one', 'reset', { hard: true }, 'echo/one reset: unknown key "hard" (it takes no keys)'],
    [
      'echo/one',
      'say',
      { text: 'a', times: 0, afetr: '1s' },
      'echo/one say: times must be at least 1, not 0; unknown key "afetr" (did you mean "after"? Allowed: after, text, times)',
    ],
  ])('%s %s %j: what is wrong, and what is allowed', async (receiver, command, given, message) => {
    const { commands } = await start();
    await expect(ask(commands, receiver, command, given)).rejects.toMatchObject({ name: 'PermanentError', message });
  });

  it('of a receiver that has gone are gone', async () => {
    const collector = await start();
    const { commands } = collector;
    await collector.shutdown();
    expect(commands.list()).toEqual([]);
    await expect(ask(commands, 'echo/one', 'say')).rejects.toThrow('There are none.');
  });
});
