import type { ConfigOf, ConfigSchema, ObjectSchema } from '@millrace/core';
import { textSchema } from '../relabel/schema.ts';
import { type JobConfig, jobSchema, sharedKeys } from './job.ts';

const global = {
  type: 'object',
  description: 'What holds for jobs that do not say it themselves.',
  default: {},
  properties: {
    ...sharedKeys,
    evaluation_interval: {
      type: 'string',
      format: 'duration',
      description: 'Of Prometheus’s rules: taken and ignored.',
    },
    external_labels: {
      type: 'object',
      default: {},
      additionalProperties: textSchema('The value of the label.'),
      description: 'Labels that every sample gets.',
    },
  },
} as const satisfies ObjectSchema;

export const config = {
  properties: {
    config: {
      type: 'object',
      description: 'What stands in a `prometheus.yml`.',
      properties: {
        global,
        scrape_configs: { type: 'array', minItems: 1, items: jobSchema, description: 'The jobs.' },
      },
      required: ['scrape_configs'],
    },
    use_start_time_metric: {
      type: 'boolean',
      default: false,
      description: 'Counters start when the process did that the page is of, as a gauge of the page says.',
    },
    start_time_metric_regex: {
      type: 'string',
      description: 'With use_start_time_metric: the names of that gauge. Default: `process_start_time_seconds`.',
    },
    report_extra_scrape_metrics: {
      type: 'boolean',
      default: false,
      description: 'The default of extra_scrape_metrics.',
    },
  },
  required: ['config'],
} as const satisfies ConfigSchema;

/** As deep as its parts are typed; the types of configs end before this one does. */
export interface Config extends Omit<ConfigOf<typeof config>, 'config'> {
  readonly config: {
    readonly global: ConfigOf<typeof global>;
    readonly scrape_configs: readonly JobConfig[];
  };
}
