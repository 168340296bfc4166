import type { Config } from './config/schema.ts';
import type { JobConfig } from './config/job.ts';
import { defaultBodyBytes } from './config/limits.ts';
import { acceptOf } from './config/protocols.ts';
import type { LabelMap, NameValidation } from './relabel/labels.ts';
import { compileRules, type Rule } from './relabel/rule.ts';

/** What a page or its samples may have; 0 is without limit. */
export interface JobLimits {
  readonly bodyBytes: number;
  readonly samples: number;
  readonly labels: number;
  readonly labelNameBytes: number;
  readonly labelValueBytes: number;
  readonly targets: number;
}

/** A job with everything that its config leaves to `global` and to defaults. */
export interface Job {
  readonly name: string;
  readonly config: JobConfig;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly accept: string;
  readonly validation: NameValidation;
  readonly extraMetrics: boolean;
  readonly limits: JobLimits;
  readonly externalLabels: LabelMap;
  readonly relabelTarget: Rule;
  readonly relabelSample: Rule;
}

const defaultIntervalMs = 60_000;
const defaultTimeoutMs = 10_000;

/** The jobs of a config that was checked. */
export function jobsOf({ config, report_extra_scrape_metrics: extra }: Config): Job[] {
  const { global } = config;
  return config.scrape_configs.map((job): Job => {
    const validation = validationOf(job, global);
    const escaping =
      job.metric_name_escaping_scheme ??
      global.metric_name_escaping_scheme ??
      (validation === 'legacy' ? 'underscores' : 'allow-utf-8');
    return {
      name: job.job_name,
      config: job,
      ...timesOf(job, global),
      accept: acceptOf(job.scrape_protocols ?? global.scrape_protocols, escaping),
      validation,
      extraMetrics: job.extra_scrape_metrics ?? global.extra_scrape_metrics ?? extra,
      limits: limitsOf(job, global),
      externalLabels: new Map(Object.entries(global.external_labels).map(([name, value]) => [name, String(value)])),
      relabelTarget: compileRules(job.relabel_configs, validation),
      relabelSample: compileRules(job.metric_relabel_configs, validation),
    };
  });
}

type Global = Config['config']['global'];

export const validationOf = (job: JobConfig, global: Global): NameValidation =>
  (job.metric_name_validation_scheme ?? global.metric_name_validation_scheme ?? 'utf8') as NameValidation;

export function timesOf(job: JobConfig, global: Global): { readonly intervalMs: number; readonly timeoutMs: number } {
  const intervalMs = job.scrape_interval || global.scrape_interval || defaultIntervalMs;
  const timeoutMs = job.scrape_timeout || Math.min(global.scrape_timeout || defaultTimeoutMs, intervalMs);
  return { intervalMs, timeoutMs };
}

function limitsOf(job: JobConfig, global: Global): JobLimits {
  return {
    bodyBytes: job.body_size_limit ?? global.body_size_limit ?? defaultBodyBytes,
    samples: job.sample_limit ?? global.sample_limit ?? 0,
    labels: job.label_limit ?? global.label_limit ?? 0,
    labelNameBytes: job.label_name_length_limit ?? global.label_name_length_limit ?? 0,
    labelValueBytes: job.label_value_length_limit ?? global.label_value_length_limit ?? 0,
    targets: job.target_limit ?? global.target_limit ?? 0,
  };
}
