import type { Logger } from '@millrace/core';
import { stateLog, toError } from '@millrace/core';
import type { TargetGroup } from '../config/job.ts';
import type { Job } from '../job.ts';
import { discoveredLabels, type Target, targetOf } from '../target.ts';

export interface JobTargets {
  /** By key: what has the same labels and URL is one target. */
  readonly targets: ReadonlyMap<string, Target>;
  /** Why none of them is scraped: there are too many. */
  readonly refusal: Error | undefined;
}

/** The targets of a job after relabelling. One that cannot be scraped is left out, with a line in the log. */
export function jobTargets(job: Job, log: Logger): (groups: readonly TargetGroup[]) => JobTargets {
  const state = stateLog(log);
  return (groups) => {
    const targets = new Map<string, Target>();
    let wrong: Error | undefined;
    for (const group of groups)
      for (const labels of discoveredLabels(job, group)) {
        try {
          const target = targetOf(job, labels);
          if (target) targets.set(target.key, target);
        } catch (error) {
          wrong ??= toError(error);
        }
      }
    if (wrong) state.trouble('A target cannot be scraped as it is said.', wrong);
    else state.fine('All targets can be scraped as they are said.');
    const { targets: limit } = job.limits;
    const refusal =
      limit > 0 && targets.size > limit
        ? new Error(`The job has ${targets.size} targets: target_limit allows ${limit}.`)
        : undefined;
    return { targets, refusal };
  };
}
