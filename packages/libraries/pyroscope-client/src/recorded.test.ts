import { type Ask, createAsk, createClient, StatusError, type TlsConfig } from '@millrace/http-client';
import { formatTop, type Profile, top } from '@millrace/pprof';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RecordedServer, recordedServer } from '../testdata/recorded.ts';
import {
  detect,
  inTime,
  parseQuery,
  type Pulled,
  serverUrl,
  type Source,
  UnknownServer,
  type Window,
} from './index.ts';

const tls: TlsConfig = {
  insecure: false,
  insecure_skip_verify: false,
  include_system_ca_certs_pool: false,
  min_version: '1.2',
};
const client = createClient({ tls, maxPerHost: 0, idleTimeoutMs: 1000, keepAlive: false, proxy: undefined });
const ask: Ask = createAsk(client, { headers: {} });
const signal = AbortSignal.timeout(60_000);
const maxBytes = 1_000_000;

let server: RecordedServer;
let source: Source;
let window: Window;

const reach = async (generation: 'auto' | 'legacy' | 'v1' = 'auto'): Promise<Source> => {
  const reached = { ask, url: serverUrl(server.endpoint), maxBytes };
  return detect(reached, { generation, nowMs: server.endMs }, signal);
};
const use = (generation: 'legacy' | 'v1'): void => {
  beforeEach(async () => {
    server = await recordedServer(generation);
    window = { startMs: server.startMs, endMs: server.endMs };
    source = await reach();
  });
  afterEach(async () => {
    await server.close();
    expect(server.unknown).toEqual([]);
  });
};

const pull = async (query: string): Promise<Pulled> => source.pull(parseQuery(query), window, signal);
const selfOf = (profile: Profile | undefined) =>
  profile && Object.fromEntries(top(profile).rows.flatMap(({ name, self }) => (self === 0 ? [] : [[name, self]])));

describe('Pyroscope 0.37.1', () => {
  use('legacy');

  it('is known by its answers', async () => {
    expect(source.generation).toBe('legacy');
    await expect(reach('v1')).rejects.toThrow('It does not answer as a server of the generation v1.');
  });

  it('gives the window, and what a sample stands for', async () => {
    const { profile } = await pull('shop.cpu{}');
    expect(selfOf(profile)).toEqual({ 'main.work': 5, 'main.other': 3 });
    expect(profile).toMatchObject({
      sampleTypes: [{ type: 'cpu', unit: 'samples' }],
      periodType: { type: 'cpu', unit: 'nanoseconds' },
      period: 10_000_000,
    });
    expect(selfOf(inTime(profile!))).toEqual({ 'main.work': 50_000_000, 'main.other': 30_000_000 });
    expect(formatTop(inTime(profile!))).toMatch(
      /^Type: cpu\n(?:Time: .*\n)?(?:Duration: .*\n)?Showing .* 80ms total\n/,
    );
  });

  it('gives what a selector chooses, in the words of both generations', async () => {
    expect(selfOf((await pull('shop.cpu{region="eu"}')).profile)).toEqual({ 'main.work': 5 });
    const other = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds{service_name="shop", region="eu"}';
    const { profile } = await pull(other);
    expect([selfOf(profile), profile!.sampleTypes]).toEqual([{ 'main.work': 5 }, [{ type: 'cpu', unit: 'samples' }]]);
  });

  it('gives bytes as they are', async () => {
    const { profile } = await pull('shop.inuse_space');
    expect([selfOf(profile), profile!.sampleTypes]).toEqual([
      { 'main.load': 4096 },
      [{ type: 'inuse_space', unit: 'bytes' }],
    ]);
    expect(inTime(profile!)).toBe(profile);
  });

  it('says nothing of what it does not know', async () => expect((await pull('nobody.cpu')).profile).toBeUndefined());

  it('says what it has', async () => {
    expect(await source.find(window, signal)).toEqual([
      { application: 'shop', profileType: 'cpu' },
      { application: 'shop', profileType: 'inuse_space' },
    ]);
    expect(await source.resolve(parseQuery('shop.cpu'), window, signal)).toEqual(parseQuery('shop.cpu'));
  });
});

describe('Grafana Pyroscope 1.12.0', () => {
  use('v1');
  const cpu = 'process_cpu:cpu:nanoseconds:cpu:nanoseconds';

  it('is known by its answers', async () => {
    expect(source.generation).toBe('v1');
    await expect(reach('legacy')).rejects.toThrow(UnknownServer);
  });

  it('gives the window to the nanosecond', async () => {
    const { profile } = await pull(`${cpu}{service_name="shop"}`);
    expect(selfOf(profile)).toEqual({ 'main.first': 50_000_000, 'main.last': 30_000_000 });
    expect(inTime(profile!)).toBe(profile);
    expect(selfOf((await pull('shop.cpu')).profile)).toEqual(selfOf(profile));
  });

  it('says nothing of what it does not know', async () => expect((await pull('nobody.cpu')).profile).toBeUndefined());

  it('says what it has', async () => {
    expect(await source.find(window, signal)).toEqual([
      { application: 'shop', profileType: cpu },
      { application: 'shop', profileType: 'process_cpu:samples:count:cpu:nanoseconds' },
    ]);
  });

  it('knows its profile types by short names', async () => {
    const resolve = async (query: string) => (await source.resolve(parseQuery(query), window, signal)).profileType;
    expect(await resolve('shop.cpu')).toBe(cpu);
    expect(await resolve('shop.samples')).toBe('process_cpu:samples:count:cpu:nanoseconds');
    expect(await resolve('wall:wall:nanoseconds:wall:nanoseconds')).toBe('wall:wall:nanoseconds:wall:nanoseconds');
    await expect(resolve('shop.nix')).rejects.toThrow(
      `There is no profile type nix; there are ${cpu}, process_cpu:samples`,
    );
    await expect(resolve('shop.process_cpu')).rejects.toThrow(
      `process_cpu may be any of these, so say which: ${cpu}, process_cpu:samples`,
    );
    const before = { startMs: window.startMs - 60_000, endMs: window.startMs - 30_000 };
    await expect(source.resolve(parseQuery('shop.cpu'), before, signal)).rejects.toThrow('has no profiles at all');
  });

  it('says what is wrong with a selector', async () => {
    const asked = pull('shop.cpu{n=~"("}');
    await expect(asked).rejects.toThrow(StatusError);
    await expect(asked).rejects.toThrow('answered with the status 400: 1:22: parse error: error parsing regexp');
  });
});
