import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { top } from '@millrace/pprof';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createFetch } from '../fetch.ts';
import { askPyroscope } from './ask.ts';

const folder = join(import.meta.dirname, '../testdata');
const read = (name: string): Buffer => readFileSync(join(folder, name));
const window = { from: Date.parse('2026-11-21T15:00:00Z'), until: Date.parse('2026-11-21T16:00:00Z') };
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
async function serve(answer: (path: string) => Reply): Promise<{ pyroscope: string; asked: Asked[] }> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    asked.push({ path: request.url!, headers: request.headers, body: await buffer(request) });
    const { status = 200, type, body } = answer(request.url!);
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

/** Replies of Grafana Pyroscope 1.12.0. */
const second =
  (replies: Readonly<Record<string, Reply>> = {}) =>
  (path: string): Reply =>
    Object.entries(replies).find(([name]) => path.endsWith(name))?.[1] ??
    (path.endsWith('/ProfileTypes')
      ? { type: 'application/json', body: read('v1/profile-types.json') }
      : { type: 'application/proto', body: read('v1/cpu.pprof') });

/** Replies of Pyroscope 0.37.1: POST to a path that it does not know. */
const first =
  (body: Buffer | string, type = 'application/octet-stream') =>
  (path: string): Reply =>
    path.startsWith('/render?') ? { type, body } : { status: 404, type: 'text/plain', body: '404 page not found' };

/** Profile type and selector of a SelectMergeProfileRequest. */
function textsOf(body: Buffer): string[] {
  const end = 2 + body[1]!;
  expect([body[0], body[end]]).toEqual([0x0a, 0x12]);
  return [body.toString('utf8', 2, end), body.toString('utf8', end + 2, end + 2 + body[end + 1]!)];
}

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
    expect(asked.map(({ path, headers }) => [path, headers['x-scope-orgid'], headers['content-type']])).toEqual([
      ['/querier.v1.QuerierService/ProfileTypes', 'team', 'application/json'],
      ['/querier.v1.QuerierService/SelectMergeProfile', 'team', 'application/proto'],
    ]);
    expect(JSON.parse(asked[0]!.body.toString())).toEqual({ start: String(window.from), end: String(window.until) });
    expect(textsOf(asked[1]!.body)).toEqual([cpuId, '{service_name="tiny",pod="a"}']);
    const numbers = Buffer.from('18' + varint(window.from) + '20' + varint(window.until), 'hex');
    expect(asked[1]!.body.subarray(-numbers.length)).toEqual(numbers);
  });

  it('is not asked for what the query says', async () => {
    const { pyroscope, asked } = await serve(second());
    await ask({ pyroscope: `${pyroscope}/below`, query: `${cpuId}{service_name="tiny"}` });
    expect(asked.map(({ path }) => path)).toEqual(['/below/querier.v1.QuerierService/SelectMergeProfile']);
    expect(textsOf(asked[0]!.body)).toEqual([cpuId, '{service_name="tiny"}']);
  });

  it.each([
    ['inuse_space', 'memory:inuse_space:bytes:space:bytes'],
    ['samples', 'process_cpu:samples:count:cpu:nanoseconds'],
    ['cpu', cpuId],
    [cpuId, cpuId],
  ])('knows %s', async (type, id) => {
    const { pyroscope, asked } = await serve(second());
    await ask({ pyroscope, application: 'tiny', type });
    expect(textsOf(asked.at(-1)!.body)[0]).toBe(id);
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
      'memory may be any of these, so say which: --type memory:inuse_objects:count:space:bytes, memory:inuse_space:',
    );
  });
});

function varint(value: number): string {
  let [rest, text] = [BigInt(value), ''];
  for (; rest > 127n; rest >>= 7n) text += (Number(rest & 127n) | 128).toString(16).padStart(2, '0');
  return text + Number(rest).toString(16).padStart(2, '0');
}

describe('Pyroscope before 1.0', () => {
  it.each<[string, Buffer, string]>([
    ['pprof', read('legacy/cpu.pprof'), 'application/octet-stream'],
    ['JSON', read('legacy/render.json'), 'application/json'],
  ])('is asked by /render, and may answer in %s', async (_, body, type) => {
    const { pyroscope, asked } = await serve(first(body, type));
    const loaded = await ask({ pyroscope, application: 'shop', type: 'cpu' });
    expect(top(loaded.profile, { sampleType: 'samples' }).total).toBe(42);
    expect(loaded.window).toEqual(window);
    const url = new URL(asked.at(-1)!.path, pyroscope);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      query: 'shop.cpu{}',
      from: String(window.from / 1000),
      until: String(window.until / 1000),
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
      path.startsWith('/render?') ? first(read('legacy/cpu.pprof'))(path) : page,
    );
    expect(top((await ask({ pyroscope, query: 'shop.cpu{}' })).profile).total).toBe(42);
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
