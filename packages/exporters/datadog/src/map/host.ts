import type { Attributes } from '@millrace/core';
import { valueText } from '@millrace/core';
import { textOf } from './attribute.ts';
import { isFargate, serverlessOf } from './cloud.ts';

const nobodys = new Set([
  '0.0.0.0',
  '127.0.0.1',
  'localhost',
  'localhost.localdomain',
  'localhost6.localdomain6',
  'ip6-localhost',
]);

/**
 * The host on which the resource is, as Datadog names it; `fallback` where its attributes do not say; undefined for what
 * has none. In this order: host, datadog.host.name, the cloud's name of it, the Kubernetes node, host.id, host.name.
 */
export function hostOf(attributes: Attributes, fallback: string | undefined): string | undefined {
  if (serverlessOf(attributes)) return undefined;
  const named = namedHost(attributes);
  return named === undefined || nobodys.has(named) ? fallback : named || undefined;
}

function namedHost(attributes: Attributes): string | undefined {
  if (attributes['host'] !== undefined) return valueText(attributes['host']);
  const custom = textOf(attributes, 'datadog.host.name');
  if (custom !== undefined) return custom;
  if (isFargate(attributes)) return undefined;
  const id = textOf(attributes, 'host.id');
  const name = textOf(attributes, 'host.name');
  const provider = attributes['cloud.provider'];
  if (provider === 'aws') return id;
  if (provider === 'gcp') return googleHost(name, textOf(attributes, 'cloud.account.id'));
  if (provider === 'azure') return id ?? name;
  return kubernetesNode(attributes) ?? id ?? name;
}

/** `instance.project`, as Datadog's integration of Google Cloud calls it; a long name is `instance.zone.c.project.internal`. */
function googleHost(name: string | undefined, project: string | undefined): string | undefined {
  if (name === undefined || project === undefined) return undefined;
  const labels = name.split('.');
  return `${labels.length > 3 ? labels[0] : name}.${project}`;
}

function kubernetesNode(attributes: Attributes): string | undefined {
  const node = textOf(attributes, 'k8s.node.name');
  const cluster = textOf(attributes, 'k8s.cluster.name');
  return node === undefined || cluster === undefined ? node : `${node}-${cluster}`;
}
