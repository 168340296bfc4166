import { type Identity, identify } from '@millrace/cgroup';
import type { Attributes } from '@millrace/core';

/** Whether the cgroup is a container's own, neither below one nor a pod or a service. */
export const isContainer = ({ containerId, inside }: Identity): boolean =>
  containerId !== undefined && inside === undefined;

/**
 * The attributes of the entity of a cgroup. A container is known by its id; what is no container's own has its path too, or
 * has nothing else.
 */
export function entityOf(path: string): Attributes {
  const identity = identify(path);
  const { containerId, runtime, podUid, qosClass } = identity;
  return {
    ...(containerId !== undefined && { 'container.id': containerId }),
    ...(runtime !== undefined && { 'container.runtime': runtime }),
    ...(podUid !== undefined && { 'k8s.pod.uid': podUid }),
    ...(qosClass !== undefined && { 'k8s.pod.qos': qosClass }),
    ...(!isContainer(identity) && { 'cgroup.path': path }),
  };
}
