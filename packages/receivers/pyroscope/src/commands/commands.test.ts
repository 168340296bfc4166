import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isPermanent } from '@millrace/core';
import { decode, type FlamebearerProfile, readFlamebearer, top } from '@millrace/pprof';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordedServer } from '../../../../libraries/pyroscope-client/testdata/recorded.ts';
import { commandsOf } from '../testdata/commands.ts';
import { type FakeServer, fakeServer } from '../testdata/fake-server.ts';
import { manualClock, type Pulling, pulling, sink } from '../testdata/pulling.ts';

/** A time between two blocks of a legacy server. */
const now = Date.UTC(2026, 0, 1, 12);
let servers: FakeServer[];
let run: Pulling | undefined;
beforeEach(() => (servers = []));
afterEach(async () => {
  await run?.stop();
  for (const server of servers) await server.close();
  run = undefined;
});

async function serve(generation: 'legacy' | 'v1'): Promise<FakeServer> {
  const server = await fakeServer({ generation, now: () => now });
  const send = (msAgo: number, application: string, frames: readonly string[], value: number): void =>
    void server.sent.push({
      application,
      atNs: BigInt(now - msAgo) * 1_000_000n,
      arrivesMs: 0,
      stacks: [{ frames, values: [value] }],
    });
  send(60_000, 'shop', ['main.main', 'main.work', 'net/http.(*conn).serve'], 5);
  send(120_000, 'shop', ['main.main', 'resdb::Run'], 3);
  send(600_000, 'shop', ['main.main', 'main.before'], 7);
  send(60_000, 'cart', ['main.main'], 1);
  servers.push(server);
  return server;
}

async function start(configs: readonly object[], more: object = {}): Promise<ReturnType<typeof commandsOf>> {
  const queries = [{ query: 'nobody.cpu' }];
  run = await pulling(
    { servers: configs.map((config) => ({ queries, ...config })), ...more },
    { clock: manualClock(now), next: sink() },
  );
  return commandsOf(run.receiver);
}

const failure = async (asked: Promise<unknown>): Promise<unknown[]> =>
  asked.then(
    () => ['no error'],
    (error: unknown) => [isPermanent(error), (error as Error).message],
  );

describe.each(['legacy', 'v1'] as const)('%s', (generation) => {
  it('tells what it has', async () => {
    const { endpoint } = await serve(generation);
    const ask = await start([{ endpoint }, { endpoint: 'http://127.0.0.1:1' }]);
    const type = generation === 'legacy' ? 'cpu' : 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';
    expect(await ask('applications')).toEqual([
      { server: endpoint, application: 'cart', profile_types: [type] },
      { server: endpoint, application: 'shop', profile_types: [type] },
      { server: 'http://127.0.0.1:1', error: expect.stringContaining('ECONNREFUSED') },
    ]);
    expect(await ask('applications', { server: `${endpoint}/` })).toHaveLength(2);
  });

  it('gives a profile of any time in every format', async () => {
    const { endpoint } = await serve(generation);
    const ask = await start([{ endpoint }]);
    await expect(await ask('profile', { query: 'shop.cpu' })).toMatchFileSnapshot(
      `../testdata/${generation}-asked-report.md`,
    );
    const query = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds{service_name="shop"}';
    await expect(await ask('profile', { query, format: 'tree', show: 'main|serve' })).toMatchFileSnapshot(
      `../testdata/${generation}-asked-tree.txt`,
    );
    const topText = await ask('profile', { query, format: 'top', limit: 1, hide: 'serve' });
    expect(topText).toMatch(/^Type: cpu\nTime: 2026-01-01 11:55:00 UTC\nDuration: 300s, /);
    expect(topText).toMatch(/ main\.work\n$/);
    const byTotal = { query, format: 'top', limit: 1, sort: 'total' };
    expect(await ask('profile', byTotal)).toMatch(/ 0 +0% +0% .* 100% +main\.main\n$/);
    const evil = { frames: ['\x1b[2J', 'two\n rows'], values: [9] };
    servers[0]!.sent.push({
      application: 'evil',
      atNs: BigInt(now - 60_000) * 1_000_000n,
      arrivesMs: 0,
      stacks: [evil],
    });
    expect(await ask('profile', { query: 'evil.cpu', format: 'top' })).toMatch(/100% +two\? rows\n.* \?\[2J\n$/);
    const unit = generation === 'legacy' ? 10_000_000 : 1;
    const folded = { query, format: 'folded', from: 'now-15m', until: 'now-5m' };
    expect(await ask('profile', folded)).toBe(`main.main;main.before ${7 * unit}\n`);
    expect(await ask('profile', { query, format: 'flamebearer', focus: 'resdb' })).toMatchObject({
      version: 1,
      flamebearer: { numTicks: 3, levels: { length: 3 } },
      metadata: { name: 'cpu', units: 'samples', sampleRate: generation === 'legacy' ? 100 : 1e9 },
    });
    const { pprof } = (await ask('profile', { query, format: 'pprof', ignore: 'resdb' })) as { pprof: string };
    const profile = decode(Buffer.from(pprof, 'base64'));
    expect(top(profile).rows.map(({ name, self }) => [name, self])).toEqual([
      ['net/http.(*conn).serve', 5 * unit],
      ['main.main', 0],
      ['main.work', 0],
    ]);
    expect([profile.timeNanos, profile.durationNanos]).toEqual([BigInt(now - 300_000) * 1_000_000n, 300_000_000_000n]);
  });

  it('says what cannot be', async () => {
    const { endpoint } = await serve(generation);
    const ask = await start([{ endpoint }]);
    const wrong = async (given: object): Promise<unknown[]> => failure(ask('profile', { query: 'shop.cpu', ...given }));
    expect(await wrong({ from: 'now-30m', until: 'now-25m' })).toEqual([
      true,
      `${endpoint} has no samples of shop.cpu from 2026-01-01 11:30:00 UTC to 2026-01-01 11:35:00 UTC.`,
    ]);
    expect(await wrong({ query: 'shop' })).toEqual([true, expect.stringContaining('app.cpu, nor with the five parts')]);
    expect(await wrong({ query: 'shop.cpu{a=b}' })).toEqual([
      true,
      expect.stringContaining('cannot be read from "a=b"'),
    ]);
    expect(await wrong({ from: 'yesterday' })).toEqual([
      true,
      expect.stringContaining('from must be a time like now-5m'),
    ]);
    expect(await wrong({ from: 'now', until: 'now-1m' })).toEqual([
      true,
      expect.stringContaining('must be before until'),
    ]);
    expect(await wrong({ sample_type: 'x' })).toEqual([true, expect.stringContaining('no sample type "x"; it has')]);
    expect(await wrong({ focus: '(' })).toEqual([true, expect.stringContaining('The pattern "(" is wrong')]);
    expect(await wrong({ focus: 'nowhere' })).toEqual([true, 'The filters leave nothing of the profile of shop.cpu.']);
    expect(await wrong({ server: 'http://other' })).toEqual([
      true,
      `There is no server http://other; there is ${endpoint}.`,
    ]);
  });
});

it('the flame graph of a legacy server is that of its own JSON', async () => {
  const recorded = await recordedServer('legacy');
  try {
    const ask = await start([{ endpoint: recorded.endpoint, queries: [{ query: 'shop.cpu' }] }]);
    const times = { from: String(recorded.startMs), until: String(recorded.endMs) };
    const own = (await ask('profile', { query: 'shop.cpu{}', format: 'flamebearer', ...times })) as FlamebearerProfile;
    const whole = join(import.meta.dirname, '../../../../libraries/pyroscope-client/testdata/legacy/whole.json');
    const theirs = JSON.parse(readFileSync(whole, 'utf8')) as FlamebearerProfile;
    expect(stacksOf(own)).toEqual(stacksOf(theirs));
    expect(own.flamebearer).toMatchObject({
      numTicks: theirs.flamebearer.numTicks,
      maxSelf: theirs.flamebearer.maxSelf,
    });
    const { sampleRate, units } = theirs.metadata;
    expect(own.metadata).toMatchObject({ sampleRate, units });
    const timed = { query: 'shop.cpu{}', format: 'flamebearer', sample_type: 'cpu', ...times };
    expect(await ask('profile', timed)).toMatchObject({ flamebearer: { numTicks: 80_000_000 } });
  } finally {
    await run?.stop();
    await recorded.close();
  }
});

const stacksOf = (graph: FlamebearerProfile) =>
  readFlamebearer(graph).stacks.toSorted((one, other) => (one.frames.join() < other.frames.join() ? -1 : 1));

it('the profile types of a server are those that it has', async () => {
  const { endpoint } = await serve('v1');
  const ask = await start([{ endpoint }]);
  expect(await failure(ask('profile', { query: 'shop.wall' }))).toEqual([
    true,
    'There is no profile type wall; there are process_cpu:cpu:nanoseconds:cpu:nanoseconds.',
  ]);
});

it('of several servers one must be named, by its tenant where it has no other name', async () => {
  const [one, other] = [await serve('legacy'), await serve('v1')];
  const ask = await start([
    { endpoint: `${one.endpoint}/` },
    { endpoint: other.endpoint, tenant: 'a' },
    { endpoint: other.endpoint, tenant: 'b' },
  ]);
  const query = 'shop.cpu';
  expect(await failure(ask('profile', { query }))).toEqual([
    true,
    `Which server is to be asked? There are ${one.endpoint}, ${other.endpoint} a, ${other.endpoint} b: name one as server.`,
  ]);
  expect(await failure(ask('profile', { query, server: other.endpoint }))).toEqual([
    true,
    `Which server is to be asked? There are ${other.endpoint} a, ${other.endpoint} b: name one as server.`,
  ]);
  expect(await ask('profile', { query, server: one.endpoint })).toContain('main.work');
  expect(await ask('profile', { query, server: `${other.endpoint}/ b` })).toContain('main.work');
  expect(other.requests.at(-1)!.headers['x-scope-orgid']).toBe('b');
});

describe('bounds', () => {
  const query = 'shop.cpu';
  const isRender = ({ url = '' }: { url?: string | undefined }): boolean => url.includes('query=shop');

  it('are those of pulls: time, bytes, and how many at once', async () => {
    const server = await serve('legacy');
    const arrivals: number[] = [];
    server.fault = (request) => isRender(request) && arrivals.push(performance.now()) > 0;
    const ask = await start([{ endpoint: server.endpoint, timeout: '400ms' }], { max_concurrent: 3 });
    const all = await Promise.all([1, 2, 3].map(async () => failure(ask('profile', { query }))));
    expect(all).toEqual(
      [1, 2, 3].map(() => [false, `${server.endpoint} cannot be asked: There was no whole answer within 400ms.`]),
    );
    // The third waits until the first is over.
    expect(arrivals[2]! - arrivals[0]!).toBeGreaterThan(300);
    await run!.stop();
    server.fault = (request, response) => {
      if (isRender(request)) response.end(Buffer.alloc(2_000));
      return isRender(request);
    };
    const small = await start([{ endpoint: server.endpoint }], { max_profile_bytes: '1kB' });
    expect(await failure(small('profile', { query }))).toEqual([
      true,
      `${server.endpoint} cannot be asked: The answer is longer than 1000 bytes.`,
    ]);
  });

  it('leave room for pulls, however many questions hang', async () => {
    const clock = manualClock(now);
    const server = await fakeServer({ generation: 'legacy', now: clock.now });
    servers.push(server);
    server.fault = (request) => isRender(request) && request.url!.includes(encodeURIComponent('"asked"'));
    const out = sink();
    run = await pulling(
      { servers: [{ endpoint: server.endpoint, window: '10s', queries: [{ query: 'shop.cpu' }] }], max_concurrent: 4 },
      { clock, next: out, wants: ['metrics'] },
    );
    const gone = new AbortController();
    const ask = commandsOf(run.receiver);
    const all = [1, 2, 3, 4, 5].map(async () =>
      failure(ask('profile', { query: 'shop.cpu{by="asked"}' }, gone.signal)),
    );
    await expect.poll(() => server.underWay, { timeout: 10_000 }).toBe(2);
    server.sent.push({
      application: 'shop',
      atNs: BigInt(now) * 1_000_000n,
      arrivesMs: 0,
      stacks: [{ frames: ['x'], values: [1] }],
    });
    await expect
      .poll(
        async () => {
          await clock.advance(1_000);
          return out.batches.length;
        },
        { timeout: 10_000 },
      )
      .toBeGreaterThan(0);
    gone.abort(new Error('gone'));
    expect(await Promise.all(all)).toEqual(all.map(() => [false, 'gone']));
  });

  it('a call that nobody waits for is given up, and so is one at the end', async () => {
    const server = await serve('legacy');
    const asked = Promise.withResolvers<void>();
    server.fault = (request) => {
      if (isRender(request)) asked.resolve();
      return isRender(request);
    };
    const ask = await start([{ endpoint: server.endpoint }]);
    const gone = new AbortController();
    const first = failure(ask('profile', { query }, gone.signal));
    await asked.promise;
    const closed = expect.poll(() => server.underWay).toBe(0);
    gone.abort(new Error('gone'));
    expect(await first).toEqual([false, 'gone']);
    await closed;
    const second = failure(ask('profile', { query }));
    await expect.poll(() => server.underWay).toBe(1);
    await run!.stop();
    expect(await second).toEqual([false, 'It is shut down, so it does not answer any more.']);
    expect(await failure(ask('profile', { query }))).toEqual([false, 'It does not run, so it cannot be asked.']);
  });

  it('says what a server says', async () => {
    const server = await serve('legacy');
    server.fault = (request, response) => {
      if (isRender(request)) response.writeHead(401).end('{"error":"no org id"}');
      return isRender(request);
    };
    const ask = await start([{ endpoint: server.endpoint }]);
    expect(await failure(ask('profile', { query }))).toEqual([
      true,
      `${server.endpoint} cannot be asked: ${server.endpoint}/render answered with the status 401: no org id.`,
    ]);
  });
});

it('without a server there is nothing to ask', async () => {
  run = await pulling({ targets: [{ urls: ['http://127.0.0.1:1'] }] }, { clock: manualClock(now), next: sink() });
  expect(await failure(commandsOf(run.receiver)('applications'))).toEqual([
    true,
    'There is no server to ask: give some under servers.',
  ]);
});
