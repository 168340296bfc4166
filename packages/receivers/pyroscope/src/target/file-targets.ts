import type { Attributes } from '@millrace/core';
import type { TargetGroup } from '@millrace/target-files';
import type { Found } from './discovery.ts';
import { type Target, targetOf } from './target.ts';

interface Own {
  readonly serviceName: string | undefined;
  readonly attributes: Attributes;
}

/** The targets of files, with what the config says of them. One that cannot be asked is left out. */
export function targetsOfGroups(groups: readonly TargetGroup[], own: Own): Found {
  const targets: Target[] = [];
  let wrong: Error | undefined;
  for (const { path, targets: texts, labels } of groups)
    for (const text of texts) {
      const url = /^https?:\/\//.test(text) ? text : `http://${text}`;
      if (URL.canParse(url)) targets.push(targetOf(new URL(url), described(labels, own)));
      else wrong ??= new Error(`${path} has a target that is neither host:port nor a URL: ${JSON.stringify(text)}`);
    }
  return { targets, wrong };
}

/** The label `instance` is what the Prometheus receiver takes it for, too; what begins with __ is not for the resource. */
function described(labels: TargetGroup['labels'], { serviceName: ownName, attributes }: Own): Own {
  const told = Object.entries(labels).filter(([name, value]) => value !== '' && !name.startsWith('__'));
  const { service_name: service, job, instance, ...others } = Object.fromEntries(told);
  const serviceName = service ?? ownName ?? job;
  return {
    serviceName,
    attributes: {
      ...others,
      ...(instance !== undefined && { 'service.instance.id': instance }),
      ...(job !== undefined && job !== serviceName && { job }),
      ...attributes,
    },
  };
}
