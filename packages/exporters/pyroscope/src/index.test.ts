import type { Batch, InputOf } from '@millrace/core';
import { isPermanent, profilesBatch, resolveConfig, ThrottleError } from '@millrace/core';
import { checkDefinition, testContext } from '@millrace/core/testing';
import { decode, fromStacks, labelsOf } from '@millrace/pprof';
import { afterEach, describe, expect, it } from 'vitest';
import type { Kept, Said } from '../testdata/fake-pyroscope.ts';
import { startFakePyroscope } from '../testdata/fake-pyroscope.ts';
import { batchOf, cpu, profileOf, wireLink } from '../testdata/profiles.ts';
import pyroscope from './index.ts';

type Input = InputOf<typeof pyroscope.config>;

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of open.splice(0).reverse()) await stop();
});

async function pair(input: Partial<Input> = {}, answer?: (profiles: readonly Kept[]) => Said | undefined | 'silent') {
  const server = await startFakePyroscope(answer);
  open.push(() => server.stop());
  return { server, ...exporterTo(server.endpoint, input) };
}

function exporterTo(endpoint: string, input: Partial<Input> = {}) {
  const context = testContext();
  const made = pyroscope.create(resolveConfig(pyroscope.config, { endpoint, ...input }), context);
  open.push(() => made.shutdown!(AbortSignal.timeout(1000)));
  return {
    send: (batch: Batch, signal?: AbortSignal) => made.consume(batch, signal),
    drops: context.dropped,
    lines: context.lines,
    clock: context.clock,
  };
}

const errorOf = (sending: Promise<void>): Promise<Error> =>
  sending.then(
    () => expect.unreachable('It was taken.'),
    (error: unknown) => error as Error,
  );

describe('pyroscope', () => {
  for (const { name, run } of checkDefinition(pyroscope, { config: { endpoint: 'http://127.0.0.1:1' } })) it(name, run);
});

describe('push', () => {
  it('sends each profile as it is, with its name and its labels', async () => {
    const { server, send } = await pair({
      labels: { static: { cluster: 'eu-1' }, attributes: { kind: 'profile.kind' } },
    });
    await send(
      batchOf({
        resource: {
          'service.name': 'shop',
          'host.name': 'a',
          'k8s.pod.name': 'shop-1',
          'service.version': 7,
          other: 'x',
        },
        attributes: { 'profile.kind': 'on demand' },
      }),
    );
    expect(server.faults).toEqual([]);
    expect(server.kept).toHaveLength(1);
    const [{ labels, pprof, isGzip }] = server.kept as [Kept];
    expect(labels).toEqual({
      __name__: 'process_cpu',
      __delta__: 'false',
      service_name: 'shop',
      hostname: 'a',
      pod: 'shop-1',
      service_version: '7',
      cluster: 'eu-1',
      kind: 'on demand',
    });
    expect(isGzip).toBe(true);
    const profile = decode(pprof);
    expect(profile.sampleTypes).toEqual(cpu.sampleTypes);
    expect(profile.timeNanos).toBe(cpu.timeNanos);
    expect([0, 1, 2, 3].map((index) => profile.samples.values.at(index))).toEqual([10, 11, 2n ** 60n, 2n ** 60n]);
  });

  it('puts all profiles of a tenant into one request', async () => {
    const { server, send, drops } = await pair({
      tenant: { resource: 'team', default: 'everyone' },
      compression: 'none',
    });
    const of = (name: string, team?: string) => ({ resource: { 'service.name': name, ...(team && { team }) } });
    await send(batchOf(of('a', 'red'), of('b'), of('c', 'red'), of('d', 'no/tenant')));
    expect(server.faults).toEqual([]);
    expect(server.requests).toHaveLength(2);
    expect(server.kept.map(({ tenant, labels }) => [tenant, labels['service_name']])).toEqual([
      ['red', 'a'],
      ['red', 'c'],
      ['everyone', 'b'],
    ]);
    expect(server.kept[0]!.isGzip).toBe(false);
    expect(drops).toEqual({ invalid_tenant: 4 });
  });

  it.each<[string, readonly string[], string | undefined, string | undefined]>([
    ['process_cpu', ['samples/count', 'cpu/nanoseconds'], 'cpu/nanoseconds', undefined],
    ['wall', ['samples/count', 'wall/nanoseconds'], 'wall/nanoseconds', undefined],
    ['wall', ['cpu/nanoseconds', 'wall/nanoseconds'], 'cpu/nanoseconds', undefined],
    ['memory', ['alloc_objects/count', 'inuse_space/bytes'], 'space/bytes', undefined],
    ['memory', ['inuse_space/bytes'], undefined, undefined],
    ['mutex', ['contentions/count', 'delay/nanoseconds'], 'contentions/count', undefined],
    ['block', ['contentions/count', 'delay/nanoseconds'], 'contentions/count', 'block'],
    ['goroutine', ['goroutine/count'], 'goroutine/count', undefined],
    ['off_cpu', ['off_cpu/nanoseconds'], 'context_switch/count', undefined],
    ['lock_waits', ['delay.us/us'], 'lock-waits/count', undefined],
    ['goroutines', ['goroutine/count'], undefined, 'goroutines:goroutine:count:goroutine:count'],
    ['memory', ['x/bytes'], undefined, 'inuse_space'],
    ['_9_lives', ['x/y'], undefined, '9 lives'],
    ['x_y', ['x-y/z'], undefined, undefined],
  ])('calls a profile %s', async (name, types, period, said) => {
    const { server, send } = await pair();
    const attributes = said === undefined ? {} : { 'profile.type': said };
    await send(batchOf({ profile: profileOf(types, period), attributes }));
    expect(server.kept.map(({ labels }) => labels['__name__'])).toEqual([name]);
  });

  it.each([
    [{}, 'unknown_service'],
    [{ 'process.executable.name': 'kv_service' }, 'unknown_service:kv_service'],
    [{ 'service.name': 'é'.repeat(3000) }, 'é'.repeat(1024)],
  ])('always has a service_name: %#', async (resource, name) => {
    const { server, send } = await pair();
    await send(batchOf({ resource }));
    expect(server.kept.map(({ labels }) => labels['service_name'])).toEqual([name]);
  });

  it('gives each profile of a series a millisecond of its own, which is all that a server keeps', async () => {
    const { server, send } = await pair({ labels: { resource: { pod: 'pod' } } });
    await send(batchOf({}, {}, { resource: { 'service.name': 'shop', pod: 'a' } }));
    await send(batchOf({}));
    const times = server.kept.map(({ pprof }) => decode(pprof).timeNanos - cpu.timeNanos);
    expect(times).toEqual([0n, 1_000_000n, 0n, 2_000_000n]);
    const [first, second] = server.kept.map(({ pprof }) => decode(pprof));
    expect(second!.samples.values).toEqual(first!.samples.values);
  });

  it('says when it is, of a profile that does not', async () => {
    const { server, send, clock } = await pair();
    await send(batchOf({ profile: { ...cpu, timeNanos: 0n } }));
    expect(decode(server.kept[0]!.pprof).timeNanos).toBe(BigInt(clock.now()) * 1_000_000n);
  });

  it('leaves out the traces of links, which would be series', async () => {
    const { server, send } = await pair();
    const link = wireLink();
    await send(profilesBatch(link, 1));
    const profile = decode(server.kept[0]!.pprof);
    expect(labelsOf(profile, 0)).toEqual([{ key: 'span_id', text: '00f067aa0ba902b7' }]);
  });

  it('sends nothing of a profile without samples', async () => {
    const { server, send } = await pair();
    const empty = fromStacks([], { sampleTypes: [{ type: 'cpu', unit: 'ns' }] });
    await send(batchOf({ profile: empty }));
    expect(server.requests).toEqual([]);
  });

  it.each([
    ['http://h:4040', '/push.v1.PusherService/Push'],
    ['/pyroscope/', '/pyroscope/push.v1.PusherService/Push'],
    ['/push.v1.PusherService/Push', '/push.v1.PusherService/Push'],
  ])('goes below the path of the endpoint: %s', async (path, wanted) => {
    const server = await startFakePyroscope();
    open.push(() => server.stop());
    const { send } = exporterTo(path.startsWith('http') ? server.endpoint : `${server.endpoint}${path}`);
    await send(batchOf({}));
    expect(server.requests.map(({ url }) => url)).toEqual([wanted]);
  });
});

describe('ingest', () => {
  it('sends one profile a request, and says what its sample types are', async () => {
    const { server, send } = await pair({ api: 'ingest', labels: { resource: { zone: 'zone' } } });
    const resource = { 'service.name': 'my shop', zone: 'a,b={c}' };
    await send(
      batchOf(
        { resource },
        { resource, profile: profileOf(['inuse_space/bytes', 'alloc_objects/count'], 'space/bytes') },
        {
          resource,
          profile: profileOf(['contentions/count', 'delay/nanoseconds']),
          attributes: { 'profile.type': 'block' },
        },
      ),
    );
    expect(server.faults).toEqual([]);
    expect(server.kept.map(({ query }) => query)).toEqual(
      Array.from({ length: 3 }, () => ({
        name: 'my_shop{zone=a_b__c_}',
        from: '1760000000',
        until: '1760000010',
        spyName: 'millrace',
      })),
    );
    expect(server.kept.map(({ sampleTypes }) => sampleTypes)).toEqual([
      { samples: { units: 'samples', 'display-name': 'cpu', aggregation: 'sum', cumulative: false, sampled: true } },
      {
        inuse_space: { units: 'bytes', aggregation: 'average', cumulative: false, sampled: false },
        alloc_objects: { units: 'objects', aggregation: 'sum', cumulative: false, sampled: false },
      },
      {
        contentions: {
          units: 'lock_samples',
          'display-name': 'block_count',
          aggregation: 'sum',
          cumulative: false,
          sampled: false,
        },
        delay: {
          units: 'lock_nanoseconds',
          'display-name': 'block_duration',
          aggregation: 'sum',
          cumulative: false,
          sampled: false,
        },
      },
    ]);
    expect(decode(server.kept[0]!.pprof).sampleTypes).toEqual(cpu.sampleTypes);
  });
});

describe('answers', () => {
  const connect = (code: string, message: string): string => JSON.stringify({ code, message });

  it.each<[Said, 'again' | 'never', string]>([
    [{ status: 429, body: connect('resource_exhausted', 'push rate limit') }, 'again', 'push rate limit'],
    [{ status: 503, body: 'upstream\n gone' }, 'again', 'HTTP status 503: upstream gone'],
    [{ status: 500, body: '' }, 'again', 'HTTP status 500'],
    [{ status: 408 }, 'again', '408'],
    [{ status: 422, body: connect('', 'pushing failed resource_exhausted: limit') }, 'again', 'limit'],
    [{ status: 422, body: connect('', 'parsing failed') }, 'never', 'parsing failed'],
    [{ status: 400, body: connect('invalid_argument', 'outside of ingestion window') }, 'never', 'ingestion window'],
    [{ status: 401, body: connect('unauthenticated', 'no org id') }, 'never', 'tenant'],
    [{ status: 404 }, 'never', 'no such API'],
    [{ status: 501 }, 'never', 'no such API'],
    [{ status: 301, headers: { location: 'http://elsewhere' } }, 'never', 'redirects'],
    [{ status: 413 }, 'never', '413'],
  ])('%o', async (said, again, text) => {
    const { send } = await pair({}, () => said);
    const error = await errorOf(send(batchOf({})));
    expect(isPermanent(error)).toBe(again === 'never');
    expect(error.message).toContain(text);
  });

  it('waits as long as it is asked to', async () => {
    const { send } = await pair({}, () => ({ status: 429, headers: { 'retry-after': '7' } }));
    const error = await errorOf(send(batchOf({})));
    expect(error).toBeInstanceOf(ThrottleError);
    expect((error as ThrottleError).retryAfterMs).toBe(7000);
  });

  it('sends a refused request in halves: one bad profile takes no other with it', async () => {
    const isBad = ({ labels }: Kept): boolean => labels['service_name'] === 'bad';
    const { server, send, drops, lines } = await pair({}, (profiles) =>
      profiles.some(isBad) ? { status: 400, body: connect('invalid_argument', 'bad profile') } : undefined,
    );
    const names = ['a', 'b', 'c', 'bad', 'd', 'e'];
    await send(batchOf(...names.map((name) => ({ resource: { 'service.name': name } }))));
    expect(server.kept.map(({ labels }) => labels['service_name'])).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(drops).toEqual({ rejected_by_backend: 4 });
    await send(batchOf({ resource: { 'service.name': 'bad' } }, { resource: { 'service.name': 'f' } }));
    expect(drops).toEqual({ rejected_by_backend: 8 });
    expect(lines).toHaveLength(1);
    expect(JSON.stringify(lines)).toContain('bad profile');
  });

  it('a retry sends only what was not taken, under the same ids', async () => {
    let refusals = 0;
    const tried: (string | undefined)[] = [];
    const { server, send } = await pair({ api: 'push', tenant: { resource: 'team' } }, (profiles) => {
      tried.push(...profiles.map(({ id }) => id));
      return profiles[0]!.tenant === 'blue' && refusals++ === 0 ? { status: 503 } : undefined;
    });
    const batch = batchOf({ resource: { team: 'red' } }, { resource: { team: 'blue' } });
    expect(isPermanent(await errorOf(send(batch)))).toBe(false);
    await send(batch);
    expect(server.kept.map(({ tenant }) => tenant)).toEqual(['red', 'blue']);
    expect(tried).toHaveLength(3);
    expect(tried[2]).toBe(tried[1]);
  });

  it('gives up when it is told to, and says so without secrets', async () => {
    const { send } = await pair({ headers: { authorization: 'Bearer s3cret' } }, () => 'silent');
    const error = await errorOf(send(batchOf({}), AbortSignal.timeout(50)));
    expect(error.message).toContain('no answer');
    const echo = await pair({ headers: { authorization: 'Bearer s3cret' } }, () => ({
      status: 403,
      body: 'Bearer s3cret',
    }));
    expect((await errorOf(echo.send(batchOf({})))).message).not.toContain('s3cret');
    const half = await pair({ headers: { 'x-key': 'key-s3cret' } }, () => ({
      status: 403,
      body: `${'y'.repeat(250)}key-s3cret`,
    }));
    expect((await errorOf(half.send(batchOf({})))).message).toMatch(/y{250}\[redac…$/);
  });

  it('refuses for good what is no request of profiles', async () => {
    const { server, send } = await pair();
    const error = await errorOf(send(profilesBatch(Uint8Array.of(0x0a, 0x7f), 1)));
    expect(isPermanent(error)).toBe(true);
    expect(error.message).toMatch(/byte 1 of the request/);
    expect(server.requests).toEqual([]);
  });
});

describe('the config', () => {
  it.each<[Input, string]>([
    [{ endpoint: 'ftp://h' }, 'endpoint'],
    [{ endpoint: 'http://h', labels: { static: { 'a-b': 'c' } } }, 'a-b'],
    [{ endpoint: 'http://h', labels: { static: { pod: 'c' } } }, 'is there already'],
    [{ endpoint: 'http://h', tenant: { default: 'a/b' } }, 'A tenant has'],
    [{ endpoint: 'http://h', tenant: { default: 'a' }, headers: { 'x-scope-orgid': 'b' } }, 'give one of them'],
  ])('%o', (input, text) => {
    const problems = pyroscope.check!(resolveConfig(pyroscope.config, input));
    expect(problems.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n')).toContain(text);
  });
});
