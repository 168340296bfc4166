import { resolveConfig } from '@millrace/core';
import { manualClock, type ManualClock, render, sink, type Sink } from '@millrace/core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recordedServer } from '../../../libraries/pyroscope-client/testdata/recorded.ts';
import { config as schema } from './config/schema.ts';
import pyroscope from './index.ts';
import { type FakeServer, fakeServer } from './testdata/fake-server.ts';
import { idleOf, logsOf, metricsOf, pass, type Pulling, pulling } from './testdata/pulling.ts';

let clock: ManualClock;
let out: Sink;
let server: FakeServer | undefined;
let run: Pulling | undefined;
beforeEach(() => {
  clock = manualClock();
  out = sink();
});
afterEach(async () => {
  await run?.stop();
  await server?.close();
  server = run = undefined;
});

const stack = (frames: readonly string[], value: number) => ({ frames, values: [value] });

/** What an application sent, so many milliseconds after the start. */
const send = (ms: number, application: string, ...stacks: readonly ReturnType<typeof stack>[]): void =>
  void server!.sent.push({ application, atNs: BigInt(clock.now() + ms) * 1_000_000n, arrivesMs: 0, stacks });

const seconds = async (count: number): Promise<void> => pass(clock, count * 1000, { idle: idleOf(server!) });
const texts = (): string => metricsOf(out.batches).map(render).join('');

describe.each(['legacy', 'v1'] as const)('%s', (generation) => {
  beforeEach(async () => void (server = await fakeServer({ generation, now: clock.now })));

  it('pulls a window as metrics, a report and a profile', async () => {
    send(0, 'shop', stack(['main.main', 'main.work', 'net/http.(*conn).serve'], 5));
    send(59_999, 'shop', stack(['main.main', 'resdb::Server<int>::Run(int)'], 3));
    send(60_000, 'shop', stack(['main.main', 'next.window'], 1));
    send(1_000, 'other', stack(['main.main', 'other.app'], 100));
    const queries = [{ application: 'shop', selector: 'region="eu"' }];
    run = await pulling({ servers: [{ endpoint: server!.endpoint, queries }] }, { clock, next: out });
    await seconds(125);
    expect(out.batches.map(({ signal }) => signal)).toEqual(['metrics', 'logs', 'profiles']);
    await expect(render(metricsOf(out.batches)[0]!)).toMatchFileSnapshot(`testdata/${generation}-metrics.txt`);
    const { resourceLogs } = logsOf(out.batches)[0]!;
    await expect(String(resourceLogs[0]!.scopeLogs[0]!.logRecords[0]!.body)).toMatchFileSnapshot(
      `testdata/${generation}-report.md`,
    );
    expect(run.context.lines).toEqual([]);
  });

  it('finds what fits, and what comes later, from its beginning on', async () => {
    send(5_000, 'web-a', stack(['a1'], 1));
    send(5_000, 'db', stack(['never'], 1));
    const discover = { applications: 'web-.', profile_types: '(process_cpu:)?cpu.*' };
    run = await pulling(
      { servers: [{ endpoint: server!.endpoint, window: '10s', discover }] },
      { clock, next: out, wants: ['metrics'] },
    );
    await seconds(70);
    expect(texts()).toMatch(/service.name="web-a".*"a1"/);
    // It begins at 71 s, and is found at 120 s.
    send(1_000, 'web-b', stack(['b1'], 1));
    send(30_000, 'web-b', stack(['b2'], 1));
    await seconds(120);
    expect(texts()).toMatch(/service.name="web-b".*"b1"/);
    expect(texts()).toMatch(/service.name="web-b".*"b2"/);
    expect(texts()).not.toContain('never');
  });

  it('waits for a server that is not there yet, and says so once', async () => {
    server!.fault = (_request, response) => {
      response.writeHead(502).end('bad gateway');
      return true;
    };
    send(-10_000, 'shop', stack(['x'], 1));
    run = await pulling(
      { servers: [{ endpoint: server!.endpoint, window: '10s', queries: [{ query: 'shop.cpu' }] }] },
      { clock, next: out },
    );
    await seconds(15);
    server!.fault = undefined;
    await seconds(60);
    expect(run.context.lines.map(({ level, message }) => [level, message])).toEqual([
      ['warn', 'The server cannot be asked.'],
      ['info', 'The server can be asked now.'],
    ]);
  });

  it('shows its tenant and who it is', async () => {
    const more = { tenant: 'team-a', authorization: { credentials: 'token' }, headers: { 'X-Own': 'mine' } };
    run = await pulling(
      { servers: [{ endpoint: `${server!.endpoint}/`, ...more, queries: [{ query: 'shop.cpu' }] }] },
      { clock, next: out },
    );
    await seconds(5);
    for (const { headers } of server!.requests)
      expect(headers).toMatchObject({ 'x-scope-orgid': 'team-a', authorization: 'Bearer token', 'x-own': 'mine' });
  });
});

it.each([
  ['a page', '<html></html>'],
  ['a broken profile', Buffer.from('0a06080110025aff', 'hex')],
])('%s instead of a profile is given up after three times, and does not hold up the next', async (_name, bytes) => {
  server = await fakeServer({ generation: 'legacy', now: clock.now });
  send(5_000, 'shop', stack(['bad'], 1));
  send(15_000, 'shop', stack(['good'], 1));
  const bad = clock.now() / 1000;
  server.fault = ({ url }, response) => {
    if (!url!.includes(`from=${bad}&`)) return false;
    response.end(bytes);
    return true;
  };
  run = await pulling(
    { servers: [{ endpoint: server.endpoint, window: '10s', queries: [{ query: 'shop.cpu' }] }] },
    { clock, next: out, wants: ['metrics'] },
  );
  await seconds(80);
  expect(texts()).toContain('"good"');
  expect(server.requests.filter(({ url }) => url.includes(`from=${bad}&`))).toHaveLength(3);
  expect(run.context.lines.map(({ message }) => message)).toEqual([
    'A window cannot be pulled; it is tried again.',
    'A window is left out: its profile cannot be used.',
    'Windows can be pulled again.',
  ]);
});

it('a server that is upgraded while it is pulled from is asked as what it is now', async () => {
  server = await fakeServer({ generation: 'legacy', now: clock.now });
  for (const [ms, name] of [
    [5_000, 'before'],
    [65_000, 'while'],
    [125_000, 'after'],
  ] as const)
    send(ms, 'shop', stack(['main', name], 7));
  send(125_000, 'web', stack(['main', 'new'], 7));
  const queries = [{ query: 'shop.cpu' }];
  const discover = { interval: '30s', applications: 'web', profile_types: '.*:cpu:.*' };
  run = await pulling(
    { servers: [{ endpoint: server.endpoint, window: '10s', queries, discover }] },
    { clock, next: out, wants: ['metrics'] },
  );
  await seconds(60);
  server.generation = 'v1';
  await seconds(60);
  expect(texts()).toMatch(/"before".* 7/);
  expect(texts()).toMatch(/"while".* 7/);
  await seconds(60);
  expect(texts()).toMatch(/"after".* 7/);
  // What it has only since then is found too.
  expect(texts()).toMatch(/service.name="web".*"new".* 7/);
  expect(run.context.dropped).toEqual({});
});

it('a server that hangs costs only itself', async () => {
  server = await fakeServer({ generation: 'legacy', now: clock.now });
  const hanging = await fakeServer({ generation: 'legacy', now: clock.now });
  hanging.fault = () => true;
  send(5_000, 'shop', stack(['x'], 1));
  const common = { window: '10s', timeout: '300ms', queries: [{ query: 'shop.cpu' }] };
  run = await pulling(
    {
      servers: [
        { endpoint: hanging.endpoint, ...common },
        { endpoint: server.endpoint, ...common },
      ],
    },
    { clock, next: out, wants: ['metrics'] },
  );
  try {
    await seconds(60);
    expect(texts()).toContain('"x"');
    await expect
      .poll(() => run!.context.lines.map(({ fields }) => fields))
      .toEqual([expect.objectContaining({ error: 'There was no whole answer within 300ms.' })]);
  } finally {
    await run.stop();
    await hanging.close();
  }
});

it('something that is no Pyroscope is said', async () => {
  server = await fakeServer({ generation: 'legacy', now: clock.now });
  server.fault = (_request, response) => {
    response.end('<html>All paths lead here</html>');
    return true;
  };
  run = await pulling(
    { servers: [{ endpoint: server.endpoint, queries: [{ query: 'shop.cpu' }] }] },
    { clock, next: out },
  );
  await seconds(10);
  expect(run.context.lines[0]!.fields).toMatchObject({
    error: 'It answers neither as a legacy Pyroscope nor as a Grafana Pyroscope.',
  });
});

it('the doctor says what a server is, and which targets give profiles', async () => {
  server = await fakeServer({ generation: 'v1', now: clock.now });
  const input = {
    servers: [
      { endpoint: server.endpoint, queries: [{ query: 'shop.cpu' }] },
      { endpoint: 'http://127.0.0.1:1', queries: [{ query: 'shop.cpu' }] },
    ],
    targets: [
      {
        urls: [server.endpoint],
        profiles: { memory: { enabled: false }, mutex: { enabled: false }, block: { enabled: false } },
      },
    ],
  };
  const findings = await pyroscope.diagnose!(resolveConfig(schema, input));
  expect(findings.map(({ level, text }) => [level, text])).toEqual([
    ['ok', `${server.endpoint}/ is a Grafana Pyroscope.`],
    ['error', expect.stringMatching(/^http:\/\/127.0.0.1:1\/ cannot be asked: .*ECONNREFUSED/)],
    [
      'warning',
      `${server.endpoint}/debug/pprof/goroutine gives no profile: ${server.endpoint}/debug/pprof/goroutine answered with the status 404.`,
    ],
  ]);
});

it.each(['legacy', 'v1'] as const)('takes what a real server has answered: %s', async (generation) => {
  const recorded = await recordedServer(generation);
  clock = manualClock(recorded.endMs + 5_000);
  const discover = { applications: 'shop', profile_types: '(process_cpu:)?cpu.*' };
  run = await pulling(
    { servers: [{ endpoint: recorded.endpoint, discover }] },
    { clock, next: out, wants: ['metrics', 'logs'] },
  );
  try {
    await expect
      .poll(async () => {
        if (clock.now() < recorded.endMs + 60_000) await clock.advance(5_000);
        return out.batches.length;
      })
      .toBe(2);

    await expect(texts()).toMatchFileSnapshot(`testdata/${generation}-recorded.txt`);
    expect([run.context.lines, recorded.unknown]).toEqual([[], []]);
  } finally {
    await run.stop();
    await recorded.close();
  }
});
