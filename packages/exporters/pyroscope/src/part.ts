import type { Clock } from '@millrace/core';
import { compress } from '@millrace/http-client';
import type { Config } from './config.ts';
import { ingestBody, ingestName, ingestTimes, multipartType } from './ingest.ts';
import type { Sendable } from './profiles.ts';
import { pushRequest } from './push.ts';

/** One request. */
export interface Part {
  readonly tenant: string | undefined;
  readonly profiles: readonly Sendable[];
}

/** What is posted for a part. */
export interface PartRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** A push takes all profiles of a tenant at once, an ingest one. */
export function partsOf(profiles: readonly Sendable[], api: Config['api']): Part[] {
  if (api === 'ingest') return profiles.map((one) => ({ tenant: one.tenant, profiles: [one] }));
  const tenants = Map.groupBy(profiles, ({ tenant }) => tenant);
  return [...tenants].map(([tenant, own]) => ({ tenant, profiles: own }));
}

export function halves({ tenant, profiles }: Part): [Part, Part] {
  const middle = profiles.length >> 1;
  return [
    { tenant, profiles: profiles.slice(0, middle) },
    { tenant, profiles: profiles.slice(middle) },
  ];
}

export type RequestOf = (part: Part) => Promise<PartRequest>;

export function requestMaker(config: Pick<Config, 'api' | 'endpoint' | 'compression'>, clock: Clock): RequestOf {
  /** Each is compressed once, whatever becomes of its request. */
  const compressed = new WeakMap<Sendable, Promise<Uint8Array>>();
  const { compression } = config;
  const squeeze = (profile: Sendable): Promise<Uint8Array> => {
    let known = compressed.get(profile);
    if (!known) {
      known =
        compression === 'gzip'
          ? compress([profile.pprof], { compression, compression_params: {} })
          : Promise.resolve(profile.pprof);
      compressed.set(profile, known);
    }
    return known;
  };
  const urlOf = (path: string): URL => {
    const url = new URL(config.endpoint);
    const before = url.pathname.replace(/\/+$/, '');
    if (!before.endsWith(path)) url.pathname = `${before}${path}`;
    return url;
  };
  return config.api === 'push' ? pushMaker(urlOf(pushPath), squeeze) : ingestMaker(urlOf('/ingest'), squeeze, clock);
}

const pushPath = '/push.v1.PusherService/Push';

/** https://connectrpc.com/docs/protocol/#unary-request */
const pushHeaders = { 'content-type': 'application/proto', 'connect-protocol-version': '1' } as const;

type Squeeze = (profile: Sendable) => Promise<Uint8Array>;

const pushMaker =
  (url: URL, squeeze: Squeeze): RequestOf =>
  async ({ profiles }) => {
    const series = profiles.map(async (profile) => {
      const { name, labels, id } = profile;
      // Values are of the profile's own time, not of the time since the program began: the server must not subtract.
      const own = new Map([['__name__', name], ['__delta__', 'false'], ...labels]);
      return { labels: own, id, pprof: await squeeze(profile) };
    });
    return { url, headers: pushHeaders, body: pushRequest(await Promise.all(series)) };
  };

const ingestMaker =
  (url: URL, squeeze: Squeeze, clock: Clock): RequestOf =>
  async ({ profiles }) => {
    const one = profiles[0]!;
    const own = new URL(url);
    const { from, until } = ingestTimes(one.profile, clock.now());
    const query = { name: ingestName(one.labels), from, until, spyName: 'millrace' };
    for (const [key, value] of Object.entries(query)) own.searchParams.set(key, String(value));
    const body = ingestBody(await squeeze(one), one.profile, one.name);
    return { url: own, headers: { 'content-type': multipartType }, body };
  };
