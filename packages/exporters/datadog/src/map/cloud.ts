import type { Attributes } from '@millrace/core';
import { textOf } from './attribute.ts';

/**
 * Where code runs that has no host of its own. `tags` name what it runs in instead.
 * https://github.com/DataDog/datadog-agent/blob/main/pkg/opentelemetry-mapping-go/otlp/attributes/source.go
 */
export interface Serverless {
  readonly tags: readonly string[];
}

const azureApps = new Set(['azure.app_service', 'azure_app_service']);
const azureFunctions = new Set(['azure.functions', 'azure_functions']);
const azureContainers = new Set(['azure.container_apps', 'azure_container_apps']);
const google = new Set(['gcp_cloud_functions', 'gcp_cloud_run']);

const googleTags = {
  project_id: 'cloud.account.id',
  location: 'cloud.region',
  service_name: 'faas.name',
  instance: 'faas.instance',
} as const;

/** Undefined for what runs on a host. */
export function serverlessOf(attributes: Attributes): Serverless | undefined {
  const platform = textOf(attributes, 'cloud.platform') ?? '';
  if (google.has(platform)) return { tags: googleServiceTags(attributes) };
  if (azureFunctions.has(platform)) return azureTags(attributes) && { tags: [] };
  if (azureApps.has(platform)) {
    const tags = azureTags(attributes);
    return tags && { tags };
  }
  if (azureContainers.has(platform)) return { tags: [] };
  if (isFargate(attributes) && attributes['aws.ecs.task.arn'] !== undefined) return { tags: [] };
  return undefined;
}

export const isFargate = (attributes: Attributes): boolean => attributes['aws.ecs.launchtype'] === 'fargate';

function azureTags(attributes: Attributes): string[] | undefined {
  const name = textOf(attributes, 'service.name');
  const subscription = textOf(attributes, 'cloud.account.id');
  const group = textOf(attributes, 'azure.resource_group.name');
  if (!name || !subscription || !group) return undefined;
  return [`name:${name}`, `subscription_id:${subscription}`, `resource_group:${group}`];
}

/** None of jobs, nor where one of the four that tell services apart is missing. */
function googleServiceTags(attributes: Attributes): string[] {
  if ('gcp.cloud_run.job.execution' in attributes || 'gcp.cloud_run.job.task_index' in attributes) return [];
  const tags: string[] = [];
  for (const [key, attribute] of Object.entries(googleTags)) {
    const value = textOf(attributes, attribute);
    if (!value) return [];
    tags.push(`${key}:${value}`);
  }
  const revision = textOf(attributes, 'faas.version');
  return revision ? [...tags, `revision_name:${revision}`] : tags;
}
