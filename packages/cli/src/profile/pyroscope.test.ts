import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { top } from '@millrace/pprof';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createFetch } from './fetch.ts';
import { askPyroscope, queryOf } from './pyroscope.ts';
import { isBehind, readMergeRequest } from './testdata/merge-request.ts';

const folder = join(import.meta.dirname, 'testdata');
const read = (name: string): Buffer => readFileSync(join(folder, name));
const window = { startMs: Date.parse('2026-11-21T15:00:00Z'), endMs: Date.parse('2026-11-21T16:00:00Z') };
const cpuId = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';

interface Reply {
  readonly status?: number;
  readonly type: string;
  readonly body: Buffer | string;
}
interface Asked {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** Answers as a server does; says what it was asked. */
async function serve(answer: (path: string, body: Buffer) => Reply): Promise<{ pyroscope: string; asked: Asked[] }> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const question = { path: request.url!, headers: request.headers, body: await buffer(request) };
    asked.push(question);
    const { status = 200, type, body } = answer(question.path, question.body);
    response.writeHead(status, { 'content-type': type }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { pyroscope: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const ask = (flags: Parameters<typeof askPyroscope>[0]) =>
  askPyroscope(flags, { fetch: createFetch(flags, new AbortController().signal), window });

/** Replies of Grafana Pyroscope 1.12.0, which has nothing at the end of the window and behind it. */
const second =
  (replies: Readonly<Record<string, Reply>> = {}) =>
  (path: string, body: Buffer): Reply => {
    const other = Object.entries(replies).find(([name]) => path.endsWith(name))?.[1];
    if (other) return other;
    if (path.endsWith('/ProfileTypes')) return { type: 'application/json', body: read('v1/profile-types.json') };
    const name = isBehind(readMergeRequest(body)) ? 'v1/empty.pprof' : 'v1/cpu.pprof';
    return { type: 'application/proto', body: read(name) };
  };

/** Replies of Pyroscope 0.37.1: POST to a path that it does not know. */
const first =
  (body: Buffer | string, type = 'application/octet-stream') =>
  (path: string): Reply => {
    if (path.startsWith('/label-values?')) return { type: 'application/json', body: '["shop.cpu"]' };
    if (!path.startsWith('/render?')) return { status: 404, type: 'text/plain', body: '404 page not found' };
    if (path.includes('format=json')) return { type: 'application/json', body: read('legacy/render.json') };
    return { type, body };
  };

describe('Pyroscope 1.x', () => {
  it('is asked for its profile types, and for the profile as pprof', async () => {
    const { pyroscope, asked } = await serve(second());
    const { profile, name } = await ask({ pyroscope, query: 'tiny.cpu{pod="a"}', tenant: 'team' });
    expect(name).toBe('tiny.cpu{pod="a"}');
    expect(top(profile).rows.map(({ name: called, total }) => [called, total])).toEqual([
      ['read', 300_000_000],
      ['write', 120_000_000],
      ['main', 420_000_000],
      ['parse', 300_000_000],
    ]);
    const service = '/querier.v1.QuerierService';
    expect(asked.map(({ path, headers }) => [path, headers['x-scope-orgid'], headers['content-type']])).toEqual([
      [`${service}/ProfileTypes`, 'team', 'application/json'],
      [`${service}/ProfileTypes`, 'team', 'application/json'],
      [`${service}/SelectMergeProfile`, 'team', 'application/proto'],
      [`${service}/SelectMergeProfile`, 'team', 'application/proto'],
    ]);
    expect(JSON.parse(asked[1]!.body.toString())).toEqual({ start: window.startMs, end: window.endMs });
    const merge = { type: cpuId, selector: '{service_name="tiny",pod="a"}' };
    expect(asked.slice(2).map(({ body }) => readMergeRequest(body))).toEqual([
      { ...merge, from: window.startMs, until: window.endMs + 1 },
      { ...merge, from: window.endMs, until: window.endMs + 1 },
    ]);
  });

  it('is not asked for what the query says', async () => {
    const { pyroscope, asked } = await serve(second());
    await ask({ pyroscope: `${pyroscope}/below`, query: `${cpuId}{service_name="tiny"}` });
    const service = '/below/querier.v1.QuerierService';
    const merge = `${service}/SelectMergeProfile`;
    expect(asked.map(({ path }) => path)).toEqual([`${service}/ProfileTypes`, merge, merge]);
    expect(readMergeRequest(asked[1]!.body)).toMatchObject({ type: cpuId, selector: '{service_name="tiny"}' });
  });

  it.each([
    ['inuse_space', 'memory:inuse_space:bytes:space:bytes'],
    ['samples', 'process_cpu:samples:count:cpu:nanoseconds'],
    ['cpu', cpuId],
    [cpuId, cpuId],
  ])('knows %s', async (type, id) => {
    const { pyroscope, asked } = await serve(second());
    await ask({ pyroscope, application: 'tiny', type });
    expect(readMergeRequest(asked.at(-1)!.body).type).toBe(id);
  });

  it.each<[string, Record<string, Reply>, string]>([
    [
      'nothing',
      { SelectMergeProfile: { type: 'application/proto', body: read('v1/empty.pprof') } },
      'has no samples of tiny.cpu{} from 2026-11-21 15:00:00 UTC to 2026-11-21 16:00:00 UTC.',
    ],
    ['no types', { ProfileTypes: { type: 'application/json', body: '{}' } }, 'has no profiles at all in this window'],
    [
      'no tenant',
      { ProfileTypes: { status: 401, type: 'application/json', body: read('v1/unauthenticated.json') } },
      'answered with status 401: invalid_argument: no org id. Who may ask?',
    ],
    [
      'a wrong selector',
      { SelectMergeProfile: { status: 400, type: 'application/json', body: read('v1/bad-selector.json') } },
      'answered with status 400: 1:25: parse error: unexpected',
    ],
  ])('says %s', async (_, replies, message) => {
    const { pyroscope } = await serve(second(replies));
    await expect(ask({ pyroscope, query: 'tiny.cpu{}' })).rejects.toThrow(message);
  });

  it('says which types there are', async () => {
    const { pyroscope } = await serve(second());
    await expect(ask({ pyroscope, application: 'tiny', type: 'nix' })).rejects.toThrow(
      'There is no profile type nix; there are memory:inuse_objects:count:space:bytes, memory:',
    );
    await expect(ask({ pyroscope, application: 'tiny', type: 'memory' })).rejects.toThrow(
      '--type: memory may be any of these, so say which: memory:inuse_objects:count:space:bytes, memory:inuse_space:',
    );
  });
});

describe('Pyroscope before 1.0', () => {
  it.each<[string, Buffer, string]>([
    ['pprof', read('legacy/cpu.pprof'), 'application/octet-stream'],
    ['JSON', read('legacy/render.json'), 'application/json'],
  ])('is asked by /render, and may answer in %s', async (_, body, type) => {
    const { pyroscope, asked } = await serve(first(body, type));
    const loaded = await ask({ pyroscope, application: 'shop', type: 'cpu' });
    expect(top(loaded.profile, { sampleType: 'samples' }).total).toBe(42);
    expect(loaded.window).toEqual(window);
    const url = new URL(asked[2]!.path, pyroscope);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      query: 'shop.cpu{}',
      from: String(window.startMs / 1000),
      until: String(window.endMs / 1000),
      format: 'pprof',
    });
  });

  it('says by its name what values are', async () => {
    const { pyroscope } = await serve(first(read('legacy/space.pprof')));
    const { profile } = await ask({ pyroscope, query: 'shop.inuse_space{}' });
    expect(profile.sampleTypes).toEqual([{ type: 'inuse_space', unit: 'bytes' }]);
  });

  it('may show its page for any path', async () => {
    const page: Reply = { type: 'text/html', body: '<!doctype html>' };
    const { pyroscope } = await serve((path) =>
      path.startsWith('/querier') ? page : first(read('legacy/cpu.pprof'))(path),
    );
    const { profile } = await ask({ pyroscope, query: 'shop.cpu{}' });
    expect(top(profile, { sampleType: 'samples' }).total).toBe(42);
    expect(top(profile).total).toBe(420_000_000);
  });

  it.each([
    ['', 'has no samples of shop.cpu{}'],
    [read('legacy/empty.pprof'), 'has no samples of shop.cpu{}'],
    ['{"flamebearer":{"names":["total"],"levels":[[0,0,0,0]],"numTicks":0}}', 'has no samples of shop.cpu{}'],
    ['<!doctype html><title>Pyroscope</title>', 'It is a web page: "Pyroscope"'],
  ])('says that %s is nothing', async (body, message) => {
    const { pyroscope } = await serve(first(body));
    await expect(ask({ pyroscope, query: 'shop.cpu{}' })).rejects.toThrow(message);
  });
});

it.each(['localhost:4040', 'ftp://x', ''])('%j is no server', async (pyroscope) =>
  expect(ask({ pyroscope, query: 'a.cpu{}' })).rejects.toThrow('--pyroscope must be a URL like http://localhost:4040'),
);

it('what is neither generation is said', async () => {
  const { pyroscope } = await serve(() => ({ type: 'text/html', body: '<!doctype html>' }));
  await expect(ask({ pyroscope, query: 'a.cpu{}' })).rejects.toThrow(
    /^127\.0\.0\.1:\d+: It answers neither as a legacy Pyroscope nor as a Grafana Pyroscope\.$/,
  );
});

describe('queries', () => {
  const asked = (application: string | undefined, profileType: string, ...matchers: [string, string][]) => ({
    application,
    profileType,
    matchers: matchers.map(([label, value]) => ({ label, operator: '=', value })),
  });
  it.each([
    [{ query: 'shop.cpu{}' }, asked('shop', 'cpu')],
    [{ query: 'my.shop.inuse_space{pod="a}"}' }, asked('my.shop', 'inuse_space', ['pod', 'a}'])],
    [{ query: 'shop.cpu' }, asked('shop', 'cpu')],
    [{ query: 'shop.cpu', type: 'wall' }, asked('shop', 'wall')],
    [{ query: 'shop' }, asked('shop', 'cpu')],
    [{ query: 'shop{a="b"}', type: 'wall' }, asked('shop', 'wall', ['a', 'b'])],
    [{ query: `${cpuId}{a="b"}`, type: 'wall' }, asked(undefined, cpuId, ['a', 'b'])],
    [{ application: 'shop' }, asked('shop', 'cpu')],
    [{ application: 'shop', type: cpuId }, asked('shop', cpuId)],
  ])('%j', (flags, query) => expect(queryOf(flags)).toEqual(query));

  it.each([
    [{}, 'What to ask Pyroscope for: --query, or --application.'],
    [{ query: 'a', application: 'a' }, '--query and --application say the same'],
    [{ query: '{a="b"}' }, '--query must be like app.cpu{}'],
    [{ query: 'a{b' }, '--query must be like app.cpu{}'],
  ])('%j is none', (flags, message) => expect(() => queryOf(flags)).toThrow(message));
});
