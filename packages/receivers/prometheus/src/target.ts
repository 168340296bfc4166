import type { Resource } from '@millrace/core';
import type { TargetGroup } from './config/job.ts';
import { parseLabelDuration, printLabelDuration } from './config/duration.ts';
import type { Job } from './job.ts';
import type { LabelMap } from './relabel/labels.ts';

/** What is scraped. */
export interface Target {
  /** The same for the same labels and URL. */
  readonly key: string;
  readonly job: Job;
  readonly url: URL;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Those that samples get, with `job` and `instance`. */
  readonly labels: LabelMap;
  /** What the target alone says of its resource. */
  readonly resource: Resource;
}

/** The labels of a target are not such that it could be scraped. */
export class TargetError extends Error {
  override readonly name = 'TargetError';
}

/** The labels of each target of a group, before relabelling. */
export const discoveredLabels = (job: Job, { targets, labels }: TargetGroup): LabelMap[] =>
  targets.map((address) => {
    const { config } = job;
    const found: LabelMap = new Map([['__address__', address]]);
    for (const [name, value] of Object.entries(labels)) setDefault(found, name, String(value));
    setDefault(found, 'job', job.name);
    setDefault(found, '__scrape_interval__', printLabelDuration(job.intervalMs));
    setDefault(found, '__scrape_timeout__', printLabelDuration(job.timeoutMs));
    setDefault(found, '__metrics_path__', config.metrics_path);
    setDefault(found, '__scheme__', config.scheme);
    for (const [name, [first]] of Object.entries(config.params))
      if (first !== undefined) setDefault(found, `__param_${name}`, String(first));
    return found;
  });

function setDefault(labels: LabelMap, name: string, value: string): void {
  if (!labels.has(name) && value !== '') labels.set(name, value);
}

/** The target with these labels; undefined if its job's rules drop it. Changes the labels. Throws a TargetError. */
export function targetOf(job: Job, labels: LabelMap): Target | undefined {
  if (!job.relabelTarget(labels)) return undefined;
  const address = labels.get('__address__') ?? '';
  if (address === '') throw new TargetError('It has no __address__.');
  if (address.includes('/')) throw new TargetError(`${address} is not host:port.`);
  const { intervalMs, timeoutMs } = timesOf(labels, address);
  for (const name of [...labels.keys()]) if (name.startsWith('__meta_')) labels.delete(name);
  if (!labels.has('instance')) labels.set('instance', address);
  const url = urlOf(job, labels, address);
  const own = new Map([...labels].filter(([name]) => !name.startsWith('__')));
  return {
    key: JSON.stringify([url.href, intervalMs, timeoutMs, [...own].sort(([a], [b]) => (a < b ? -1 : 1))]),
    job,
    url,
    intervalMs,
    timeoutMs,
    labels: own,
    resource: resourceOf(own, { job, url }),
  };
}

function timesOf(labels: LabelMap, address: string): { readonly intervalMs: number; readonly timeoutMs: number } {
  const read = (name: string): number => {
    const ms = parseLabelDuration(labels.get(name) ?? '');
    if (ms === undefined) throw new TargetError(`The ${name} of ${address} is no duration: ${labels.get(name) ?? ''}`);
    return ms;
  };
  const intervalMs = read('__scrape_interval__');
  const timeoutMs = read('__scrape_timeout__');
  if (timeoutMs > intervalMs)
    throw new TargetError(`The __scrape_timeout__ of ${address} is longer than its __scrape_interval__.`);
  return { intervalMs, timeoutMs };
}

function urlOf({ config }: Job, labels: LabelMap, address: string): URL {
  const params = new Map(Object.entries(config.params).map(([name, values]) => [name, values.map(String)]));
  for (const [name, value] of labels) {
    if (!name.startsWith('__param_')) continue;
    const [, ...others] = params.get(name.slice('__param_'.length)) ?? [];
    params.set(name.slice('__param_'.length), [value, ...others]);
  }
  const scheme = labels.get('__scheme__') ?? '';
  if (scheme !== 'http' && scheme !== 'https')
    throw new TargetError(`The __scheme__ of ${address} is neither http nor https: ${scheme}`);
  const base = `${scheme}://${address}`;
  if (!URL.canParse(base)) throw new TargetError(`${address} is not host:port.`);
  const url = new URL(base);
  // A path may have no question mark of its own.
  url.pathname = labels.get('__metrics_path__') ?? '/';
  for (const [name, values] of [...params].sort(([a], [b]) => (a < b ? -1 : 1)))
    for (const value of values) url.searchParams.append(name, value);
  return url;
}

/** https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#resource-attributes */
function resourceOf(labels: LabelMap, { job, url }: { readonly job: Job; readonly url: URL }): Resource {
  return identified(
    {
      attributes: {
        'server.address': url.hostname.replace(/^\[|\]$/g, ''),
        'server.port': Number(url.port) || (url.protocol === 'https:' ? 443 : 80),
        'url.scheme': url.protocol.slice(0, -1),
      },
    },
    { job: labels.get('job') ?? job.name, instance: labels.get('instance') ?? url.host },
  );
}

export interface Identity {
  readonly job: string;
  readonly instance: string;
}

/** The resource under another job and instance. */
export const identified = (resource: Resource, { job, instance }: Identity): Resource =>
  Object.freeze({
    ...resource,
    attributes: Object.freeze({ ...resource.attributes, 'service.name': job, 'service.instance.id': instance }),
  });
