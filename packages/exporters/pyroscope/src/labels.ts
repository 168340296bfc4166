import type { Attributes } from '@millrace/core';
import { valueText } from '@millrace/core';
import type { Config } from './config.ts';

export type Labels = ReadonlyMap<string, string>;

/** The most bytes that Pyroscope takes for a value, by default; longer ones are cut. */
const longestValue = 2048;

/** The labels of a profile, without its name. There is always a `service_name`. */
export function labelsOf({ labels }: Pick<Config, 'labels'>, resource: Attributes, profile: Attributes): Labels {
  const found = new Map<string, string>([['service_name', serviceName(resource)]]);
  const put = (name: string, value: string): void => {
    if (value !== '') found.set(name, clipped(value));
  };
  for (const [name, attribute] of Object.entries(labels.resource)) put(name, valueText(resource[attribute]));
  for (const [name, attribute] of Object.entries(labels.attributes)) put(name, valueText(profile[attribute]));
  for (const [name, value] of Object.entries(labels.static)) put(name, value);
  return found;
}

/** What an SDK says where it does not know: https://opentelemetry.io/docs/specs/semconv/resource/#service */
function serviceName(resource: Attributes): string {
  const name = valueText(resource['service.name']);
  if (name !== '') return clipped(name);
  const executable = valueText(resource['process.executable.name']);
  return clipped(executable === '' ? 'unknown_service' : `unknown_service:${executable}`);
}

/** To the last character that fits. */
function clipped(value: string): string {
  const bytes = Buffer.from(value);
  if (bytes.length <= longestValue) return value;
  let end = longestValue;
  while ((bytes[end]! & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}
