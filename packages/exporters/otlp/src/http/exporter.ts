import type { Consumer } from '@millrace/core';
import { defineExporter, diagnoseConnect, itemCount, signals } from '@millrace/core';
import {
  checkCompression,
  checkHeaders,
  checkProxy,
  checkTls,
  posterOf,
  proveTls,
  serverOf,
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
import { allUrls, checkEndpoints } from './endpoints.ts';

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

  async diagnose(config) {
    const urls = allUrls(config).flatMap((one) => signals.flatMap((signal) => one[signal] ?? []));
    const servers = new Map(urls.map((url) => [url.origin, serverOf(url)]));
    return Promise.all([...servers.values()].map((server) => diagnoseConnect(server)));
  },

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
    const group = (): Group =>
      config.load_balancing?.resolve
        ? joinedGroup(places.map(resolved))
        : fixedGroup(places.map((urls) => target(String(urls.metrics), { urls })));
    const balanced = config.endpoints ?? config.load_balancing;
    const out: Consumer = balanced ? balance(group(), config, context) : target('', { urls: places[0]! });
    let stopped = false;

    return {
      async start() {
        if (places.some((urls) => signals.some((signal) => urls[signal]?.protocol === 'https:'))) proveTls(config.tls);
      },
      async consume(batch, signal) {
        if (stopped) throw new Error('The exporter has been shut down.');
        if (itemCount(batch) > 0) await out.consume(batch, signal);
      },
      async shutdown(signal) {
        stopped = true;
        await poster.close(signal);
      },
    };
  },
});
