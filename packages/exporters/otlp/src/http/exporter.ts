import type { Consumer } from '@millrace/core';
import { defineExporter, signals } from '@millrace/core';
import {
  checkCompression,
  checkHeaders,
  checkProxy,
  checkTls,
  diagnoseServers,
  httpExporter,
  posterOf,
  serverOf,
  shown,
} from '@millrace/http-client';
import { balance } from '../balance/balance.ts';
import { checkBalance } from '../balance/config.ts';
import { resolvedGroup } from '../balance/resolve.ts';
import type { Group, Target } from '../balance/target.ts';
import { fixedGroup, joinedGroup } from '../balance/target.ts';
import type { Place } from './client.ts';
import { createClient } from './client.ts';
import { httpConfig } from './config.ts';
import type { Urls } from './endpoints.ts';
import { allUrls, checkEndpoints, urlsIn } from './endpoints.ts';

export const otlpHttp = defineExporter({
  type: 'otlp_http',
  aliases: ['otlphttp'],
  description: 'Sends metrics, logs, traces and profiles as OTLP over HTTP.',
  signals,
  parallel: true,
  timeout: '30s', // the collector's for HTTP
  config: httpConfig,

  check: (config) => [
    ...checkEndpoints(config),
    ...checkBalance(config),
    ...checkTls(config.tls),
    ...checkHeaders(config.headers),
    ...checkCompression(config),
    ...checkProxy(config.proxy_url, config.load_balancing?.resolve),
  ],

  diagnose: (config) => diagnoseServers(urlsIn(config)),

  create(config, context) {
    const places = allUrls(config);
    const poster = posterOf(config);
    const send = createClient(config, poster, context);
    const target = (name: string, place: Place): Target => ({
      name,
      consume: (batch, signal) => send(place, batch, signal),
      close: async () => {},
    });
    const resolved = (urls: Urls): Group =>
      resolvedGroup(serverOf(urls.metrics!), {
        open: (address) => target(`${address.host}:${address.port}`, { urls, address }),
        clock: context.clock,
      });
    const names = places.map(({ metrics }) => metrics && shown(metrics));
    // Two may differ in what is not shown.
    const nameOf = (at: number): string =>
      names.indexOf(names[at]) === at ? `${names[at]}` : `${names[at]} (${at + 1})`;
    const group = (): Group =>
      config.load_balancing?.resolve
        ? joinedGroup(places.map(resolved))
        : fixedGroup(places.map((urls, at) => target(nameOf(at), { urls })));
    const balanced = config.endpoints ?? config.load_balancing;
    const out: Consumer = balanced ? balance(group(), config, context) : target('', { urls: places[0]! });
    return httpExporter({
      signals,
      urls: urlsIn(config),
      tls: config.tls,
      poster,
      sender: { send: (...given) => out.consume(...given) },
    });
  },
});
