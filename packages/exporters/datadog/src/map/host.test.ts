import type { Attributes } from '@millrace/core';
import { expect, it } from 'vitest';
import { hostOf } from './host.ts';

const azure = { 'service.name': 'app', 'cloud.account.id': 'sub', 'azure.resource_group.name': 'group' };

it.each<[Attributes, string | undefined]>([
  [{}, 'fallback'],
  [{ 'host.name': 'h' }, 'h'],
  [{ 'host.name': 'h', 'host.id': 'i' }, 'i'],
  [{ 'host.id': 'i', 'k8s.node.name': 'n' }, 'n'],
  [{ 'k8s.node.name': 'n', 'k8s.cluster.name': 'c' }, 'n-c'],
  [{ 'k8s.node.name': 'n', 'datadog.host.name': 'd' }, 'd'],
  [{ 'datadog.host.name': 'd', host: 42 }, '42'],
  [{ 'host.name': 'localhost' }, 'fallback'],
  [{ 'host.name': '127.0.0.1' }, 'fallback'],
  // It says that it has none.
  [{ 'host.name': '' }, undefined],
  [{ 'cloud.provider': 'aws', 'host.id': 'i-1', 'host.name': 'ip-10', 'k8s.node.name': 'n' }, 'i-1'],
  [{ 'cloud.provider': 'aws', 'host.name': 'ip-10' }, 'fallback'],
  [{ 'cloud.provider': 'gcp', 'host.name': 'vm', 'cloud.account.id': 'p' }, 'vm.p'],
  [{ 'cloud.provider': 'gcp', 'host.name': 'vm.zone.c.p.internal', 'cloud.account.id': 'p' }, 'vm.p'],
  [{ 'cloud.provider': 'gcp', 'host.name': 'vm' }, 'fallback'],
  [{ 'cloud.provider': 'azure', 'host.id': 'i', 'host.name': 'h' }, 'i'],
  [{ 'cloud.provider': 'azure', 'host.name': 'h' }, 'h'],
  [{ 'cloud.provider': 'other', 'k8s.node.name': 'n' }, 'n'],
  [{ 'aws.ecs.launchtype': 'fargate', 'aws.ecs.task.arn': 'arn', 'host.name': 'h' }, undefined],
  [{ 'aws.ecs.launchtype': 'fargate', 'host.name': 'h' }, 'fallback'],
  [{ 'aws.ecs.launchtype': 'ec2', 'aws.ecs.task.arn': 'arn', 'host.name': 'h' }, 'h'],
  [{ 'cloud.platform': 'gcp_cloud_run', 'host.name': 'h' }, undefined],
  [{ 'cloud.platform': 'azure.functions', 'host.name': 'h', ...azure }, undefined],
  [{ 'cloud.platform': 'azure.functions', 'host.name': 'h' }, 'h'],
  [{ 'cloud.platform': 'azure_app_service', ...azure }, undefined],
  [{ 'cloud.platform': 'azure.container_apps', 'host.name': 'h' }, undefined],
])('%j is on %s', (attributes, host) => {
  expect(hostOf(attributes, 'fallback')).toBe(host);
});
