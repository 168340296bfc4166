import type { AnyValue, Attributes } from '@millrace/core';
import { valueText } from '@millrace/core';
import { textOf } from './attribute.ts';
import { serverlessOf } from './cloud.ts';
import { tag } from './tags.ts';

/**
 * What Datadog calls attributes of the semantic conventions, and labels of Kubernetes:
 * https://docs.datadoghq.com/opentelemetry/schema_semantics/semantic_mapping/ and
 * https://github.com/DataDog/datadog-agent/blob/main/pkg/opentelemetry-mapping-go/otlp/attributes/attributes.go
 */
const names: ReadonlyMap<string, string> = new Map([
  ['deployment.environment', 'env'],
  ['deployment.environment.name', 'env'],
  ['service.name', 'service'],
  ['service.version', 'version'],
  ['service.namespace', 'service.namespace'],
  ['service.instance.id', 'service.instance.id'],
  ['tags.datadoghq.com/env', 'env'],
  ['tags.datadoghq.com/service', 'service'],
  ['tags.datadoghq.com/version', 'version'],
  ['app.kubernetes.io/name', 'kube_app_name'],
  ['app.kubernetes.io/instance', 'kube_app_instance'],
  ['app.kubernetes.io/version', 'kube_app_version'],
  ['app.kubernetes.io/component', 'kube_app_component'],
  ['app.kubernetes.io/part-of', 'kube_app_part_of'],
  ['app.kubernetes.io/managed-by', 'kube_app_managed_by'],
]);

/** Of these tags a resource has one value each: where two attributes have one name, the last. */
const containerNames: ReadonlyMap<string, string> = new Map([
  ['container.id', 'container_id'],
  ['container.name', 'container_name'],
  ['container.image.name', 'image_name'],
  ['container.image.tag', 'image_tag'],
  ['container.image.tags', 'image_tag'],
  ['container.runtime', 'runtime'],
  ['cloud.provider', 'cloud_provider'],
  ['cloud.region', 'region'],
  ['cloud.availability_zone', 'zone'],
  ['aws.ecs.task.family', 'task_family'],
  ['aws.ecs.task.arn', 'task_arn'],
  ['aws.ecs.cluster.arn', 'ecs_cluster_name'],
  ['aws.ecs.task.revision', 'task_version'],
  ['aws.ecs.container.arn', 'ecs_container_name'],
  ['k8s.container.name', 'kube_container_name'],
  ['k8s.cluster.name', 'kube_cluster_name'],
  ['k8s.deployment.name', 'kube_deployment'],
  ['k8s.replicaset.name', 'kube_replica_set'],
  ['k8s.statefulset.name', 'kube_stateful_set'],
  ['k8s.daemonset.name', 'kube_daemon_set'],
  ['k8s.job.name', 'kube_job'],
  ['k8s.cronjob.name', 'kube_cronjob'],
  ['k8s.namespace.name', 'kube_namespace'],
  ['k8s.pod.name', 'pod_name'],
  ['k8s.node.name', 'kube_node'],
]);

/** Attributes that are already called what Datadog calls them. */
const datadogNames = new Set(
  `architecture availability-zone chronos_job chronos_job_owner cluster_name container_id container_name
  dd_remote_config_id dd_remote_config_rev display_container_name docker_image ecs_cluster_name ecs_container_name
  eks_fargate_node env git.commit.sha git.repository_url image_id image_name image_tag kube_app_component
  kube_app_instance kube_app_managed_by kube_app_name kube_app_part_of kube_app_version kube_container_name kube_cronjob
  kube_daemon_set kube_deployment kube_job kube_namespace kube_ownerref_kind kube_ownerref_name kube_priority_class
  kube_qos kube_replica_set kube_replication_controller kube_service kube_stateful_set language marathon_app mesos_task
  nomad_dc nomad_group nomad_job nomad_namespace nomad_task oshift_deployment oshift_deployment_config os_name os_version
  persistentvolumeclaim pod_name pod_phase rancher_container rancher_service rancher_stack region service short_image
  swarm_namespace swarm_service task_name task_family task_version task_arn version`.split(/\s+/),
);

const customPrefix = 'datadog.container.tag.';

/** The first of these that a resource has says which process it is; all of them would be too many tags. */
const processNames = ['process.executable.name', 'process.executable.path', 'process.command', 'process.command_line'];

/** The tags of a resource by the rules of Datadog's own translator. What it has no name for is not a tag. */
export function resourceTags(attributes: Attributes): string[] {
  const tags: string[] = [];
  const ofContainer = new Map<string, string>();
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined) continue;
    const name = names.get(key);
    if (name !== undefined && typeof value === 'string' && value !== '') tags.push(`${name}:${value}`);
    if (datadogNames.has(key)) tags.push(tag(key, valueText(value)));
    noteContainerTag(ofContainer, key, value);
  }
  for (const [key, value] of ofContainer) tags.push(`${key}:${value}`);
  tags.push(...(serverlessOf(attributes)?.tags ?? []));
  for (const key of [processNames.find((name) => textOf(attributes, name)), 'os.type']) {
    const value = key && textOf(attributes, key);
    if (value) tags.push(`${key}:${value}`);
  }
  return tags;
}

function noteContainerTag(tags: Map<string, string>, key: string, given: AnyValue): void {
  const value = key === 'container.image.tags' && Array.isArray(given) ? (given[0] as AnyValue | undefined) : given;
  if (typeof value !== 'string' || value === '') return;
  const name = containerNames.get(key);
  if (name !== undefined) tags.set(name, value);
  else if (key.startsWith(customPrefix)) {
    const custom = key.slice(customPrefix.length);
    if (custom !== '' && !tags.has(custom)) tags.set(custom, value);
  }
}
