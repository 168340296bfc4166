import type { ConfigOf, ConfigSchema, Problem } from '@millrace/core';

/** The config of whatever limits memory: the keys of the OpenTelemetry Collector's memory_limiter. */
export const config = {
  properties: {
    check_interval: {
      type: 'string',
      format: 'duration',
      default: '1s',
      description: 'How often memory is measured.',
    },
    limit_mib: { type: 'integer', minimum: 0, default: 0, description: 'The hard limit, in MiB.' },
    limit_percentage: {
      type: 'integer',
      minimum: 0,
      maximum: 100,
      default: 0,
      description: 'The hard limit, in percent of what the cgroup or the machine has. `limit_mib` wins over it.',
    },
    spike_limit_mib: {
      type: 'integer',
      minimum: 0,
      default: 0,
      description:
        'How far the soft limit, from which data is refused, is below the hard one, in MiB. 0: a fifth of the limit.',
    },
    spike_limit_percentage: {
      type: 'integer',
      minimum: 0,
      maximum: 100,
      default: 0,
      description: 'The same in percent of what the cgroup or the machine has, for `limit_percentage`.',
    },
    min_gc_interval_when_soft_limited: {
      type: 'string',
      format: 'duration',
      default: '10s',
      description: 'The least time between two forced garbage collections above the soft limit.',
    },
    min_gc_interval_when_hard_limited: {
      type: 'string',
      format: 'duration',
      default: '0s',
      description: 'The least time between two above the hard limit.',
    },
    max_gc_interval_when_soft_limited: {
      type: 'string',
      format: 'duration',
      default: '30s',
      description: 'Collections that do not help are made ever more seldom, up to this.',
    },
    max_gc_interval_when_hard_limited: {
      type: 'string',
      format: 'duration',
      default: '30s',
      description: 'The same above the hard limit.',
    },
  },
} as const satisfies ConfigSchema;

export type LimitConfig = ConfigOf<typeof config>;

export function check(settings: LimitConfig): readonly Problem[] {
  const { limit_mib, limit_percentage, spike_limit_mib, spike_limit_percentage } = settings;
  const problems: Problem[] = [];
  const wrong = (key: keyof LimitConfig, message: string): void => void problems.push({ path: [key], message });
  if (settings.check_interval <= 0) wrong('check_interval', 'check_interval must be more than 0, for example 1s.');
  if (limit_mib === 0 && limit_percentage === 0)
    problems.push({ path: [], message: 'There is no limit: give limit_mib, or limit_percentage such as 80.' });
  if (limit_mib > 0 && spike_limit_mib >= limit_mib)
    wrong('spike_limit_mib', `spike_limit_mib must be less than limit_mib, ${limit_mib}.`);
  if (limit_mib === 0 && limit_percentage > 0 && spike_limit_percentage >= limit_percentage)
    wrong('spike_limit_percentage', `spike_limit_percentage must be less than limit_percentage, ${limit_percentage}.`);
  if (settings.min_gc_interval_when_soft_limited < settings.min_gc_interval_when_hard_limited)
    wrong(
      'min_gc_interval_when_soft_limited',
      'min_gc_interval_when_soft_limited must not be less than min_gc_interval_when_hard_limited.',
    );
  return problems;
}

export interface Limits {
  readonly hard: number;
  readonly soft: number;
}

/** In bytes. `available` is asked only for percentages. */
export function limitsOf(settings: LimitConfig, available: () => number): Limits {
  const { limit_mib, limit_percentage, spike_limit_mib, spike_limit_percentage } = settings;
  if (limit_mib > 0) return limits(limit_mib * mib, spike_limit_mib * mib);
  const percent = available() / 100;
  return limits(Math.floor(limit_percentage * percent), Math.floor(spike_limit_percentage * percent));
}

export const mib = 1024 ** 2;

const limits = (hard: number, spike: number): Limits => ({ hard, soft: hard - (spike || Math.floor(hard / 5)) });
