import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Batch, NoPipelineError, RefusedError, type Signal, systemClock } from '@millrace/core';
import { manualClock, render, sink } from '@millrace/core/testing';
import { encode, fromStacks } from '@millrace/pprof';
import { lookEveryMs } from '@millrace/target-files';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Pulling, pulling } from '../testdata/pulling.ts';
import { type TargetServer, targetServer } from '../testdata/target-server.ts';

let target: TargetServer;
let run: Pulling | undefined;
let out = sink();
let clock = manualClock();
beforeEach(async () => {
  target = await targetServer();
  out = sink();
  clock = manualClock();
});
afterEach(async () => {
  await run?.stop();
  run = undefined;
  await target.close();
});

const late = { timeout: 5_000 };
const off = { enabled: false };
const none = { process_cpu: off, memory: off, goroutine: off, mutex: off, block: off };

/** A profile of locks, as much in each function. */
const mutex = (delays: Readonly<Record<string, number>>): Uint8Array =>
  encode(
    fromStacks(
      Object.entries(delays).map(([name, delay]) => ({ frames: ['main', name], values: [delay / 10, delay] })),
      {
        sampleTypes: [
          { type: 'contentions', unit: 'count' },
          { type: 'delay', unit: 'nanoseconds' },
        ],
      },
    ),
  );

const config = (more: object = {}) => ({
  targets: [{ urls: [target.endpoint], service_name: 'shop', profiles: { ...none, mutex: {} }, ...more }],
});

const start = async (input: object, wants: readonly Signal[] = ['metrics']): Promise<void> =>
  void (run = await pulling(input, { clock, next: out, wants }));

/** Lets an interval pass, and the requests in it. */
async function interval(requests = 1): Promise<void> {
  const before = target.requests.length;
  await clock.advance(15_000);
  await expect.poll(() => target.requests.length, late).toBe(before + requests);
  await systemClock.sleep(30);
}

const self = (batch: Batch): string[] =>
  render(batch)
    .split('\n')
    .filter((line) => line.startsWith('profile.delay.self'))
    .map((line) => /function.name="([^"]*)".* (\S+) ns$/.exec(line)!.slice(1).join(' '));

it('gives what has come since the last time, and begins anew with a new program', async () => {
  await start(config());
  target.show(mutex({ a: 100, b: 50 }));
  await interval();
  expect(out.batches).toEqual([]);
  target.show(mutex({ a: 170, b: 50, c: 10 }));
  await interval();
  expect(self(out.batches[0]!)).toEqual(['a 70', 'c 10']);
  // It was started again, and has less.
  target.show(mutex({ a: 30 }));
  await interval();
  expect(self(out.batches[1]!)).toEqual(['a 30']);
  // Nothing has come.
  await interval();
  expect(out.batches).toHaveLength(2);
  expect(target.requests[0]).toBe('/debug/pprof/mutex');
});

it('without delta, what counts from the start makes a profile and no metrics', async () => {
  await start(config({ profiles: { ...none, mutex: { delta: false } } }), ['metrics', 'profiles']);
  target.show(mutex({ a: 100 }));
  await interval();
  await interval();
  expect(out.batches.map(({ signal }) => signal)).toEqual(['profiles', 'profiles']);
});

it('takes profiles by names of your own, with paths and queries', async () => {
  await start(config({ profiles: { ...none, custom: { locks: { path: 'my/locks?debug=0', delta: true } } } }));
  target.show(mutex({ a: 100 }));
  await interval();
  target.show(mutex({ a: 101 }));
  await interval();
  expect(target.requests).toEqual(['/my/locks?debug=0', '/my/locks?debug=0']);
  expect(render(out.batches[0]!)).toContain('profile.type="locks"');
});

const good = mutex({ a: 1 });
it.each([
  ['an error page', '<html><body>Sorry</body></html>', /This is text, not a pprof profile/],
  ['half a profile', good.subarray(0, good.length / 2), /gzip|inflate|end of file|cut/i],
  ['a profile with wrong bytes', gzipSync(Buffer.from('\x0a\xff\xff\xff\xff\x0f')), /./],
  ['nothing', '', /The profile is empty/],
  ['far too much, compressed', gzipSync(Buffer.alloc(200 * 2 ** 20)), /bytes/],
])('%s is an error that is said and counted, and the next one counts', async (_name, bytes, message) => {
  await start({ ...config(), max_profile_bytes: '1MiB' });
  target.show(bytes);
  await interval();
  await interval();
  expect(run!.context.lines).toHaveLength(1);
  expect(run!.context.lines[0]).toMatchObject({
    level: 'warn',
    message: 'A profile cannot be pulled.',
    fields: { error: expect.stringMatching(message) },
  });
  target.show(mutex({ a: 1 }));
  await interval();
  target.show(mutex({ a: 5 }));
  await interval();
  expect(self(out.batches[0]!)).toEqual(['a 4']);
  expect(run!.context.lines.at(-1)!.message).toBe('The profile can be pulled again.');
});

it('a target that hangs, or has no such profile, costs only itself', async () => {
  const other = await targetServer();
  try {
    await start({
      ...config({ urls: [target.endpoint, other.endpoint], scrape_timeout: '1500ms', delta_profiling_duration: '1s' }),
      max_concurrent: 2,
    });
    target.answer(() => {});
    other.show(mutex({ a: 1 }));
    await clock.advance(15_000);
    await expect.poll(() => other.requests.length, late).toBe(1);
    await systemClock.sleep(30);
    other.show(mutex({ a: 3 }));
    await clock.advance(15_000);
    await expect.poll(() => out.batches.length, late).toBe(1);
    await expect
      .poll(() => run!.context.lines.map(({ fields }) => (fields as { error?: string }).error), late)
      .toEqual(['There was no whole answer within 1.5s.']);
    target.answer((_request, response) => response.writeHead(404).end('404 page not found'));
    await clock.advance(15_000);
    await expect
      .poll(() => run!.context.lines.at(-1)!.message, late)
      .toBe('The target has no such profile; profiles can be turned off.');
  } finally {
    await run!.stop();
    await other.close();
  }
});

it('finds targets in files, and sees what changes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-pyroscope-'));
  const address = target.endpoint.slice('http://'.length);
  const list = (text: string): void => writeFileSync(join(folder, 'a.yml'), text);
  try {
    list(`- targets: ['${address}']\n  labels: { job: cart, env: x }\n`);
    target.show(
      encode(fromStacks([{ frames: ['main'], values: [3] }], { sampleTypes: [{ type: 'goroutine', unit: 'count' }] })),
    );
    await start(
      config({
        urls: [],
        files: [join(folder, '*.yml')],
        service_name: undefined,
        profiles: { ...none, goroutine: {} },
      }),
    );
    await expect
      .poll(async () => {
        await clock.advance(5_000);
        return out.batches.length;
      }, late)
      .toBeGreaterThan(0);
    const [, port] = address.split(':');
    expect(render(out.batches[0]!).split('\n')[0]).toBe(
      `profile.goroutine.self{env="x",server.address="127.0.0.1",server.port=${port},service.instance.id="${address}",service.name="cart"|code.function.name="main",profile.type="goroutine"} 3 {goroutine}`,
    );
    list('- targets: [');
    await clock.advance(lookEveryMs);
    await expect.poll(() => run!.context.lines.length, late).toBe(1);
    list('[]');
    await clock.advance(lookEveryMs);
    await expect.poll(() => render(out.batches.at(-1)!), late).toMatch(/^profile.goroutine.self\{.* ended/);
    expect(run!.context.lines.map(({ message }) => message)).toEqual([
      'A file of targets cannot be used; what it said before still holds.',
      'A file of targets can be used again.',
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('what no pipeline wants does not keep the rest from going on', async () => {
  const wanted = sink();
  const next = {
    consume: async (batch: Batch) => {
      if (batch.signal !== 'profiles') throw new NoPipelineError('nothing takes it');
      await wanted.consume(batch);
    },
  };
  run = await pulling(config(), { clock, next });
  target.show(mutex({ a: 1 }));
  await interval();
  target.show(mutex({ a: 3 }));
  await interval();
  expect(wanted.batches.map(({ signal }) => signal)).toEqual(['profiles']);
  expect(run.context.lines).toEqual([]);
});

it('shows who it is', async () => {
  let headers: Readonly<Record<string, unknown>> = {};
  await start(config({ basic_auth: { username: 'me', password: 'secret' }, headers: { 'X-Own': 'mine' } }));
  target.answer((request, response) => {
    headers = request.headers;
    response.writeHead(401).end('who? secret');
  });
  await interval();
  expect(headers).toMatchObject({ authorization: `Basic ${btoa('me:secret')}`, 'x-own': 'mine' });
  expect(JSON.stringify(run!.context.lines)).toContain('answered with the status 401');
});

const goroutines = encode(
  fromStacks([{ frames: ['main'], values: [3] }], { sampleTypes: [{ type: 'goroutine', unit: 'count' }] }),
);
const messages = (): string[] => run!.context.lines.map(({ message }) => message);

it('series end when the target cannot be asked any more, and that is said once for all its profiles', async () => {
  const profiles = { ...none, goroutine: {}, custom: { others: { path: '/others' } } };
  await start(config({ profiles }));
  target.show(goroutines);
  await interval(2);
  expect(out.batches).toHaveLength(2);
  const { port } = new URL(target.endpoint);
  await target.close();
  await clock.advance(15_000);
  await expect.poll(() => out.batches.length, late).toBe(4);
  for (const batch of out.batches.slice(2))
    for (const line of render(batch).trim().split('\n')) expect(line).toMatch(/^profile\.goroutine\..*ended/);
  await clock.advance(15_000);
  await systemClock.sleep(30);
  expect(out.batches).toHaveLength(4);
  expect(messages()).toEqual(['The target cannot be reached.']);
  target = await targetServer(Number(port));
  target.show(goroutines);
  await interval(2);
  expect(messages().slice(1)).toEqual(['The target can be reached again.']);
  expect(out.batches).toHaveLength(6);
});

it('the end of a series is handed on again until it is taken', async () => {
  await start(config({ profiles: { ...none, goroutine: {} } }));
  target.show(goroutines);
  await interval();
  out.failures.push(new RefusedError('full'), new RefusedError('full'));
  target.answer((_request, response) => response.writeHead(500).end());
  await interval();
  await clock.advance(1_000);
  await clock.advance(2_000);
  await expect.poll(() => out.batches.length, late).toBe(2);
  expect(render(out.batches[1]!)).toMatch(/ended/);
});

it('an answer that says something else each time is said once', async () => {
  await start(config());
  let times = 0;
  target.answer((_request, response) => response.writeHead(503).end(`Busy, request ${times++}`));
  for (let n = 0; n < 3; n++) await interval();
  target.show(mutex({ a: 1 }));
  await interval();
  target.answer((_request, response) => response.writeHead(503).end('Away'));
  await interval();
  expect(run!.context.lines).toMatchObject([
    { message: 'A profile cannot be pulled.', fields: { error: expect.stringMatching('503: Busy, request 0') } },
    { message: 'The profile can be pulled again.', fields: { after: 3 } },
    { message: 'A profile cannot be pulled.', fields: { error: expect.stringMatching('503: Away') } },
  ]);
});

it('what another process answers in the place of one that has just ended is not told as its own', async () => {
  const root = mkdtempSync(join(tmpdir(), 'millrace-pyroscope-proc-'));
  const show = (startTicks: number): void => {
    const folder = join(root, 'proc/77');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'stat'), `77 (kv) S ${'0 '.repeat(18)}${startTicks} 0`);
    writeFileSync(join(folder, 'cmdline'), 'kv\0');
  };
  try {
    show(100);
    await start(
      config({
        urls: [],
        root_path: root,
        processes: [{ name: '^kv$', url: target.endpoint }],
        profiles: { ...none, goroutine: {} },
      }),
    );
    target.answer((_request, response) => {
      show(200);
      response.end(goroutines);
    });
    await run!.receiver.reload!(); // waits for the first look
    await interval();
    expect(out.batches).toEqual([]);
    expect(messages()).toEqual([]);
    target.show(goroutines);
    await run!.receiver.reload!();
    await interval();
    expect(out.batches).toHaveLength(1);
  } finally {
    await run!.stop();
    rmSync(root, { recursive: true });
  }
});

it('an end that the pipeline takes its time for does not keep new targets from being found', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-pyroscope-'));
  const list = (name: string): void =>
    writeFileSync(
      join(folder, 'a.json'),
      JSON.stringify([{ targets: [target.endpoint], labels: { service_name: name } }]),
    );
  const gate = Promise.withResolvers<void>();
  const next = {
    consume: async (batch: Batch) => {
      if (render(batch).includes('ended')) await gate.promise;
      await out.consume(batch);
    },
  };
  try {
    list('one');
    target.show(goroutines);
    run = await pulling(
      config({
        urls: [],
        service_name: undefined,
        files: [join(folder, '*.json')],
        profiles: { ...none, goroutine: {} },
      }),
      { clock, next, wants: ['metrics'] },
    );
    await run.receiver.reload!(); // waits for the first look
    await interval();
    list('two');
    await run.receiver.reload!();
    await interval();
    await expect.poll(() => out.batches.map((batch) => render(batch).includes('two')), late).toEqual([false, true]);
  } finally {
    gate.resolve();
    await run!.stop();
    rmSync(folder, { recursive: true });
  }
});

it('no more profiles are looked at at once than there are places, those that take their time among them', async () => {
  const gate = Promise.withResolvers<void>();
  let consuming = 0;
  let most = 0;
  const next = {
    consume: async (batch: Batch) => {
      most = Math.max(most, ++consuming);
      await gate.promise;
      consuming--;
      await out.consume(batch);
    },
  };
  const cpu = fromStacks([{ frames: ['main'], values: [5] }], { sampleTypes: [{ type: 'cpu', unit: 'nanoseconds' }] });
  target.show(encode(cpu));
  const urls = ['a', 'b', 'c'].map((name) => `${target.endpoint}/${name}`);
  const times = { delta_profiling_duration: '1s', scrape_timeout: '1m' };
  const targets = config({ ...times, urls, profiles: { ...none, process_cpu: {} } });
  run = await pulling({ ...targets, max_concurrent: 1 }, { clock, next, wants: ['metrics'] });
  await interval(3);
  expect(most).toBe(1);
  gate.resolve();
  await expect.poll(() => out.batches.length, late).toBe(3);
  expect(most).toBe(1);
});
