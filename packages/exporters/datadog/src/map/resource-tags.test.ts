import type { Attributes } from '@millrace/core';
import { expect, it } from 'vitest';
import { resourceTags } from './resource-tags.ts';

const google = {
  'cloud.platform': 'gcp_cloud_run',
  'cloud.account.id': 'p',
  'faas.name': 'f',
  'faas.instance': 'i',
};

it.each<[string, Attributes, string[]]>([
  [
    'a service',
    { 'service.name': 'shop', 'service.version': '1', 'deployment.environment.name': 'prod' },
    ['service:shop', 'version:1', 'env:prod'],
  ],
  ['what has no name of Datadog’s', { 'process.pid': 1, 'host.name': 'h', custom: 'x' }, []],
  ['an empty or other value', { 'service.name': '', 'service.version': 1, 'container.id': '' }, []],
  [
    'a container',
    { 'container.id': 'c', 'container.name': 'n', 'container.image.name': 'i', 'container.image.tags': ['v1', 'v2'] },
    ['container_id:c', 'container_name:n', 'image_name:i', 'image_tag:v1'],
  ],
  ['two of one name, the last', { 'container.image.tag': 'a', 'container.image.tags': ['b'] }, ['image_tag:b']],
  [
    'Kubernetes',
    { 'k8s.pod.name': 'p', 'k8s.namespace.name': 'n', 'app.kubernetes.io/name': 'a', 'tags.datadoghq.com/env': 'e' },
    ['kube_app_name:a', 'env:e', 'pod_name:p', 'kube_namespace:n'],
  ],
  [
    'what Datadog calls so already',
    { kube_service: 's', env: 'e', region: '' },
    ['kube_service:s', 'env:e', 'region:n/a'],
  ],
  [
    'tags of its own for containers, unless there is one',
    { 'datadog.container.tag.team': 't', 'container.name': 'n', 'datadog.container.tag.container_name': 'x' },
    ['team:t', 'container_name:n'],
  ],
  [
    'the first that says which process it is',
    { 'process.command_line': 'a -b', 'process.executable.path': '/a', 'os.type': 'linux' },
    ['process.executable.path:/a', 'os.type:linux'],
  ],
  [
    'Cloud Run',
    { ...google, 'cloud.region': 'r', 'faas.version': 'v' },
    ['region:r', 'project_id:p', 'location:r', 'service_name:f', 'instance:i', 'revision_name:v'],
  ],
  ['Cloud Run without a region', google, []],
  ['a job of Cloud Run', { ...google, 'cloud.region': 'r', 'gcp.cloud_run.job.task_index': 0 }, ['region:r']],
  [
    'an Azure app',
    {
      'cloud.platform': 'azure.app_service',
      'service.name': 's',
      'cloud.account.id': 'a',
      'azure.resource_group.name': 'g',
    },
    ['service:s', 'name:s', 'subscription_id:a', 'resource_group:g'],
  ],
])('%s', (_name, attributes, tags) => {
  expect(resourceTags(attributes)).toEqual(tags);
});
