import { resolveConfig } from '@millrace/core';
import { type ManualClock, manualClock, testContext } from '@millrace/core/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { another, capturedContainer, type FakeEngine, fakeEngine } from '../../testdata/fake-engine.ts';
import { createEngineApi } from '../api/engine.ts';
import { createTransport } from '../api/transport.ts';
import { config, endpointOf } from '../config.ts';
import { selectionOf } from './selection.ts';
import { type Watch, type WatchOptions, watchContainers } from './watch.ts';

const web = capturedContainer('docker-20.10-cgroup-v1');
const id = String(web.inspect['Id']);
const state = (changes: object) => ({
  ...web,
  inspect: { ...web.inspect, State: { ...(web.inspect['State'] as object), ...changes } },
});

const open: { engine?: FakeEngine; watch?: Watch; clock?: ManualClock } = {};
afterEach(async () => {
  await open.watch?.stop();
  await open.engine?.close();
  delete open.engine;
  delete open.watch;
});

async function watching(input: object = {}, options: Partial<WatchOptions> = {}) {
  const engine = (open.engine ??= await fakeEngine({ containers: [web] }));
  const settings = resolveConfig(config, { endpoint: engine.endpoint, ...input });
  const api = createEngineApi({
    transport: createTransport(endpointOf(settings)),
    timeoutMs: 200,
    pinnedVersion: undefined,
  });
  const context = testContext();
  const clock = manualClock();
  const watch = watchContainers({
    api,
    selection: selectionOf(settings),
    clock,
    log: context.log,
    listIntervalMs: 300_000,
    ...options,
  });
  open.watch = watch;
  open.clock = clock;
  watch.start();
  await watch.firstLook(AbortSignal.timeout(5000));
  return { engine, watch, clock, context, names: () => [...watch.containers.values()].map(({ name }) => name).sort() };
}

describe('the containers of an engine', () => {
  it('are those that run, inspected once', async () => {
    const { engine, watch, names } = await watching();
    expect(names()).toEqual(['web']);
    expect(watch.problem).toBeUndefined();
    expect(watch.engine).toMatchObject({ runtime: 'docker', apiVersion: '1.41', oneShot: true });
    expect(engine.asked.filter((path) => path.endsWith(`${id}/json`))).toHaveLength(1);
  });

  it('follow events: started, renamed, paused, ended, removed', async () => {
    const { engine, watch, names } = await watching();
    const other = 'd'.repeat(64);
    engine.containers.set(other, another(web, other, 'new'));
    engine.emit('start', other);
    await expect.poll(names).toEqual(['new', 'web']);
    engine.containers.set(other, another(web, other, 'newer'));
    engine.emit('rename', other);
    await expect.poll(names).toEqual(['newer', 'web']);
    engine.containers.set(id, state({ Status: 'paused', Paused: true }));
    engine.emit('pause', id);
    await expect.poll(() => watch.containers.get(id)?.state).toBe('paused');
    engine.containers.set(id, state({ Status: 'exited', Pid: 0 }));
    engine.emit('die', id);
    await expect.poll(names).toEqual(['newer']);
    engine.containers.delete(other);
    engine.emit('destroy', other);
    await expect.poll(names).toEqual([]);
  });

  it('that have ended are there if they are asked for', async () => {
    const { engine, watch } = await watching({ include: { states: ['running', 'exited'] } });
    engine.containers.set(id, state({ Status: 'exited', Pid: 0, ExitCode: 3, FinishedAt: '2026-11-21T12:00:00Z' }));
    engine.emit('die', id);
    await expect.poll(() => watch.containers.get(id)).toMatchObject({ state: 'exited', exitCode: 3 });
  });

  it.each([
    { name: 'excluded_images', input: { excluded_images: ['shop/*'] }, want: [] },
    { name: 'include by name', input: { include: { names: ['w*'] } }, want: ['web'] },
    { name: 'include by another name', input: { include: { names: ['x*'] } }, want: [] },
    { name: 'include by label', input: { include: { labels: ['team=core'] } }, want: ['web'] },
    { name: 'exclude by label', input: { exclude: { labels: ['team'] } }, want: [] },
    {
      name: 'exclude by image and name, of which one is another',
      input: { exclude: { images: ['shop/*'], names: ['x'] } },
      want: ['web'],
    },
    { name: 'include by no state', input: { include: { states: ['exited'] } }, want: [] },
  ])('are chosen: $name', async ({ input, want }) => {
    const { names } = await watching(input);
    expect(names()).toEqual(want);
  });

  it('are listed anew when the stream of events breaks, which goes on from where it was', async () => {
    const seen: string[] = [];
    const { engine, watch, clock, names, context } = await watching(
      {},
      { onEvent: ({ action }) => void seen.push(action) },
    );
    engine.emit('oom', id, { time: 1795260785137 });
    await expect.poll(() => seen).toEqual(['oom']);
    const other = 'e'.repeat(64);
    engine.hangUp();
    await expect.poll(() => watch.problem).toBeDefined();
    engine.containers.set(other, another(web, other, 'meanwhile'));
    engine.emit('start', other, { time: 1795260785138 });
    expect(names(), 'what was known stays').toEqual(['web']);
    await clock.advance(1000);
    await expect.poll(names).toEqual(['meanwhile', 'web']);
    await expect.poll(() => seen).toEqual(['oom', 'start']);
    await expect.poll(() => watch.problem).toBeUndefined();
    expect(engine.asked.filter((path) => path.startsWith('/events')).at(-1)).toContain('since=1795260785.137000001');
    expect(context.lines.map(({ message }) => message)).toEqual([
      'The container engine cannot be listened to. It is tried again.',
      'The container engine answers again.',
    ]);
  });

  it('are inspected anew after a while, even if no event told of a change', async () => {
    const { engine, clock, names } = await watching();
    engine.containers.set(id, another(web, id, 'renamed'));
    await clock.advance(299_000);
    expect(names()).toEqual(['web']);
    await clock.advance(2000);
    await expect.poll(names).toEqual(['renamed']);
  });

  it('that are removed while they are inspected do not come back', async () => {
    const { engine, names } = await watching();
    let answer: (() => void) | undefined;
    engine.override(`/containers/${id}/json`, (_request, response) => {
      answer = () => response.end(JSON.stringify(web.inspect));
    });
    engine.emit('update', id);
    await expect.poll(() => answer).toBeDefined();
    engine.emit('destroy', id);
    await expect.poll(names).toEqual([]);
    answer!();
    engine.override(`/containers/${id}/json`, undefined);
    const other = 'f'.repeat(64);
    engine.containers.set(other, another(web, other, 'after'));
    engine.emit('start', other);
    await expect.poll(names).toEqual(['after']);
  });

  it('that cannot be inspected are tried again', async () => {
    const { engine, watch, clock, names } = await watching();
    const other = 'f'.repeat(64);
    engine.containers.set(other, another(web, other, 'shy'));
    engine.override(`/containers/${other}/json`, (_request, response) => {
      response.writeHead(500);
      response.end('{"message":"no space left"}');
    });
    engine.emit('start', other);
    await expect.poll(() => watch.problem?.message).toMatch(/answered GET .*json with 500: no space left/);
    expect(names()).toEqual(['web']);
    engine.override(`/containers/${other}/json`, undefined);
    await clock.advance(6000);
    await expect.poll(names).toEqual(['shy', 'web']);
    expect(watch.problem).toBeUndefined();
  });
});

describe('an engine that does wrong', () => {
  it.each([
    {
      name: 'is not there',
      spoil: (engine: FakeEngine) => engine.stop(),
      says: /There is no engine at unix:.*: the socket does not exist/,
    },
    {
      name: 'hangs',
      spoil: (engine: FakeEngine) => engine.override('/version', () => {}),
      says: /did not answer GET \/version within 200 ms/,
    },
    {
      name: 'answers HTML',
      spoil: (engine: FakeEngine) =>
        engine.override('/version', (_request, response) => response.end('<html>hello</html>')),
      says: /answered GET \/version with what is no JSON: <html>hello/,
    },
    {
      name: 'answers half',
      spoil: (engine: FakeEngine) =>
        engine.override('/containers/json', (_request, response) => {
          response.writeHead(200, { 'content-length': '1000' });
          response.write('[{"Id":');
          setTimeout(() => response.destroy(), 10);
        }),
      says: /broke off its answer to GET \/v1.41\/containers\/json/,
    },
    {
      name: 'answers half and waits',
      spoil: (engine: FakeEngine) =>
        engine.override('/containers/json', (_request, response) => {
          response.write('[{"Id":');
        }),
      says: /did not answer GET \/v1.41\/containers\/json\?all=false within 200 ms/,
    },
    {
      name: 'lists what is no list',
      spoil: (engine: FakeEngine) => engine.override('/containers/json', (_request, response) => response.end('{}')),
      says: /with no list/,
    },
    {
      name: 'refuses',
      spoil: (engine: FakeEngine) =>
        engine.override('/version', (_request, response) => {
          response.writeHead(401);
          response.end('authorization denied by plugin');
        }),
      says: /answered GET \/version with 401: authorization denied by plugin/,
    },
    {
      name: 'is another program',
      spoil: (engine: FakeEngine) => engine.override('/version', (_request, response) => response.end('{"ok":true}')),
      says: /What answers is not an engine/,
    },
    {
      name: 'is too old',
      spoil: (engine: FakeEngine) =>
        engine.override('/version', (_request, response) => response.end('{"ApiVersion":"1.22"}')),
      says: /speaks the API 1.22 at most; 1.24 is needed/,
    },
  ])('$name: it is said, and tried again until it is well', async ({ spoil, says }) => {
    const engine = (open.engine = await fakeEngine({ containers: [web] }));
    await Promise.resolve(spoil(engine));
    const { watch, clock, names, context } = await watching();
    expect(watch.problem?.message).toMatch(says);
    expect(names()).toEqual([]);
    if (says.source.includes('no engine at')) await engine.start();
    engine.override('/version', undefined);
    engine.override('/containers/json', undefined);
    await clock.advance(1000);
    await expect.poll(names).toEqual(['web']);
    expect(context.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });

  it('sends garbage among its events: the stream is opened anew', async () => {
    const { engine, watch, clock } = await watching();
    engine.write('{"Type":"container",\n');
    await expect.poll(() => watch.problem?.message).toMatch(/GET \/events with what is no JSON/);
    await clock.advance(1000);
    await expect.poll(() => watch.problem).toBeUndefined();
    expect(engine.listeners).toBe(1);
  });

  it('sends an event without end: the stream is opened anew', async () => {
    const { engine, watch } = await watching();
    engine.write('x'.repeat(1_100_000));
    await expect.poll(() => watch.problem?.message).toMatch(/a line of more than 1048576 bytes/);
  });

  it('sends no headers of its events before the first one', async () => {
    const engine = (open.engine = await fakeEngine({ containers: [web] }));
    let asked = false;
    engine.override('/events', () => (asked = true));
    const made = watching();
    await expect.poll(() => asked).toBe(true);
    const size = async (): Promise<number | undefined> => {
      await open.clock!.advance(100);
      return open.watch?.containers.size;
    };
    await expect.poll(size).toBe(1);
    const { watch, context } = await made;
    expect(watch.problem).toBeUndefined();
    expect(context.lines).toEqual([]);
  });

  it('allows the ping only, as proxies do', async () => {
    const engine = (open.engine = await fakeEngine({ containers: [web] }));
    engine.override('/version', (_request, response) => {
      response.writeHead(403);
      response.end('<html>Forbidden</html>');
    });
    const { watch, names } = await watching();
    expect(watch.engine).toEqual({ runtime: 'docker', release: undefined, apiVersion: '1.41', oneShot: true });
    expect(names()).toEqual(['web']);
  });

  it('pauses ever longer between tries, up to half a minute', async () => {
    const engine = (open.engine = await fakeEngine({ containers: [web] }));
    let tries = 0;
    engine.override('/version', (_request, response) => {
      tries++;
      response.destroy();
    });
    const { clock } = await watching();
    for (let seconds = 0; seconds < 120; seconds++) {
      const before = tries;
      await clock.advance(1000);
      // The answer comes over a real socket.
      await new Promise((resolve) => setTimeout(resolve, 3));
      expect(tries - before).toBeLessThanOrEqual(1);
    }
    expect(tries).toBeGreaterThan(5);
    expect(tries).toBeLessThan(12);
  });
});
