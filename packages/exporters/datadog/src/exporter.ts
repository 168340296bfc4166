import { hostname as systemHostname } from 'node:os';
import { defineExporter, itemCount, PermanentError } from '@millrace/core';
import { diagnoseServers, posterOf, proveTls } from '@millrace/http-client';
import { logsAccounts, metricsAccounts } from './accounts.ts';
import type { Target } from './client.ts';
import { createClient } from './client.ts';
import { checkConfig, datadogConfig } from './config.ts';
import { createDeliveries } from './delivery.ts';
import { reportHost } from './host-metadata.ts';
import { checkKeys, proveKeys } from './keys.ts';
import { createMapper } from './map/mapper.ts';
import { logsRequests, metricsRequests } from './requests.ts';

const proofTimeoutMs = 15_000;

export const datadog = defineExporter({
  type: 'datadog',
  description: 'Sends metrics and logs to Datadog.',
  signals: ['metrics', 'logs'],
  timeout: '15s', // the collector's
  config: datadogConfig,
  check: checkConfig,

  async diagnose(config) {
    return diagnoseServers([
      ...metricsAccounts(config).map(({ series }) => series),
      ...logsAccounts(config).map(({ logs }) => logs),
    ]);
  },

  create(config, context) {
    const hostname = config.hostname ?? systemHostname();
    const metrics = metricsAccounts(config);
    const logs = logsAccounts(config);
    const poster = posterOf(config);
    const client = createClient(poster, [...new Set([...metrics, ...logs].map(({ apiKey }) => apiKey))], context);
    const { deliver } = createDeliveries(client, context);
    const prepare = {
      metrics: metricsRequests(
        { config: config.metrics, accounts: metrics, mapper: createMapper({ ...config, hostname }, context) },
        context,
      ),
      logs: logsRequests({ config, accounts: logs, hostname }, context),
    };
    const stop = new AbortController();
    const targets = (which: 'validate' | 'intake'): readonly Target[] =>
      metrics.map(({ apiKey, [which]: url }) => ({ url, apiKey }));

    return {
      async start() {
        if ([...metrics.map(({ series }) => series), ...logs.map((one) => one.logs)].some(isSecure))
          proveTls(config.tls);
        const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(proofTimeoutMs)]);
        if (config.api.fail_on_invalid_key) await proveKeys(client, targets('validate'), signal);
        else void checkKeys(client, targets('validate'), { log: context.log, signal });
        const { enabled, tags, reporter_period: periodMs } = config.host_metadata;
        const host = { hostname, tags: [...config.tags, ...tags] };
        if (enabled)
          void reportHost(client, { host, targets: targets('intake'), periodMs }, { ...context, signal: stop.signal });
      },
      async consume(batch, signal) {
        if (stop.signal.aborted) throw new Error('The exporter has been shut down.');
        if (itemCount(batch) === 0) return;
        switch (batch.signal) {
          case 'metrics':
            return deliver(batch, () => prepare.metrics(batch), signal);
          case 'logs':
            return deliver(batch, () => prepare.logs(batch), signal);
          case 'traces':
          case 'profiles':
            throw new PermanentError(`Datadog is not sent ${batch.signal}.`);
        }
      },
      async shutdown(signal) {
        stop.abort(new Error('The exporter is shutting down.'));
        await poster.close(signal);
      },
    };
  },
});

const isSecure = ({ protocol }: URL): boolean => protocol === 'https:';
