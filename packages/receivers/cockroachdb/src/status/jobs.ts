import { idOf, type JsonObject, listOf, objectOf, textOf } from '../json/access.ts';
import { floatOf } from '../json/scalars.ts';
import { each, type Json, members, type Shape, value } from '../json/shape.ts';

/** Which are asked for: those that are at work, or wait for it. */
export const jobStatuses = ['pending', 'running'] as const;

/** What a job that is asked for can be in: one that failed before, and is tried again, is told of by another name. */
const knownStatuses: readonly string[] = [...jobStatuses, 'retry-running', 'retry-reverting'];

/** More are not asked for: a cluster has a few. */
export const maxJobs = 1000;

export const jobsPath = (status: string): string => `/_admin/v1/jobs?limit=${maxJobs}&status=${status}`;

export interface Job {
  readonly id: string;
  readonly type: string | undefined;
  /** `_OTHER` where it is none that is known. */
  readonly status: string;
  readonly description: string | undefined;
  /** Milliseconds since the epoch. */
  readonly created: number | undefined;
  /** 0 to 1. */
  readonly fractionCompleted: number | undefined;
}

export const jobsShape: Shape = members({
  jobs: each(
    members({ id: value, type: value, status: value, description: value, created: value, fractionCompleted: value }),
  ),
});

/** Undefined if it is no list of jobs. */
export function jobsOf(reply: Json | undefined): readonly Job[] | undefined {
  const { jobs } = objectOf(reply);
  if (!Array.isArray(jobs)) return undefined;
  return listOf(jobs).flatMap((job) => jobOf(objectOf(job)) ?? []);
}

function jobOf(job: JsonObject): Job | undefined {
  const id = idOf(job['id']);
  const status = textOf(job['status']);
  if (id === undefined || status === undefined) return undefined;
  const created = Date.parse(textOf(job['created']) ?? '');
  return {
    id,
    type: textOf(job['type']),
    status: knownStatuses.includes(status) ? status : '_OTHER',
    description: textOf(job['description']),
    created: Number.isNaN(created) ? undefined : created,
    fractionCompleted: floatOf(job['fractionCompleted']),
  };
}
