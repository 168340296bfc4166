import { cpus, hostname, machine, release, totalmem, type, version } from 'node:os';
import type { Context } from '@millrace/core';
import { stateLog } from '@millrace/core';
import { bodyOf, userAgent } from '@millrace/http-client';
import type { Client, Target } from './client.ts';

export interface HostMetadata {
  readonly hostname: string;
  readonly tags: readonly string[];
}

/**
 * The least of what the collector's exporter tells Datadog of its host: name, tags, and what it is made of. `gohai` is
 * JSON in a text: https://github.com/DataDog/datadog-agent/tree/main/pkg/opentelemetry-mapping-go/inframetadata/payload
 */
export const hostMetadata = (host: HostMetadata): object => ({
  meta: { hostname: host.hostname, 'socket-hostname': hostname() },
  internalHostname: host.hostname,
  otel_version: userAgent.split('/')[1],
  'agent-flavor': 'millrace',
  'host-tags': { otel: host.tags },
  gohai: JSON.stringify({
    platform: {
      hostname: hostname(),
      os: type(),
      kernel_name: type(),
      kernel_release: release(),
      kernel_version: version(),
      machine: machine(),
      processor: machine(),
    },
    cpu: { cpu_logical_processors: String(cpus().length), model_name: cpus()[0]?.model ?? '' },
    memory: { total: `${Math.floor(totalmem() / 1024)}kB` },
  }),
});

const timeoutMs = 15_000;

export interface Reporting {
  readonly host: HostMetadata;
  readonly targets: readonly Target[];
  readonly periodMs: number;
}

/** Tells every account of this host at once and then again and again, until the signal. Failing costs no data: it is only said. */
export async function reportHost(
  client: Client,
  { host, targets, periodMs }: Reporting,
  { clock, log, signal }: Pick<Context, 'clock' | 'log'> & { readonly signal: AbortSignal },
): Promise<void> {
  const state = stateLog(log);
  const headers = { 'content-type': 'application/json' };
  while (!signal.aborted) {
    try {
      const body = bodyOf([Buffer.from(JSON.stringify(hostMetadata(host)))]);
      const inTime = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      await Promise.all(targets.map((target) => client.send(target, { headers, body }, inTime)));
      state.fine('Datadog has been told of this host.');
    } catch (error) {
      if (!signal.aborted) state.trouble('Datadog could not be told of this host.', error);
    }
    await clock.sleep(periodMs, signal).catch(() => {});
  }
}
