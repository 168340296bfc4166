import type { ConfigOf, ConfigSchema, ObjectSchema } from '@millrace/core';
import { relabelSchema, textSchema } from '../relabel/schema.ts';
import { httpKeys } from './http.ts';
import { limitKeys } from './limits.ts';
import { protocols } from './protocols.ts';

export const targetGroupSchema = {
  type: 'object',
  description: 'Targets with the same labels.',
  properties: {
    targets: {
      type: 'array',
      default: [],
      items: { type: 'string', description: 'A target: `host:port`.' },
      description: 'The targets.',
    },
    labels: {
      type: 'object',
      default: {},
      additionalProperties: textSchema('The value of the label.'),
      description: 'Labels of all of them.',
    },
  },
} as const satisfies ObjectSchema;

export type TargetGroup = ConfigOf<typeof targetGroupSchema>;

const fileDiscovery = {
  type: 'object',
  description: 'A discovery.',
  properties: {
    files: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'string',
        pattern: String.raw`\.(json|yml|yaml|JSON|YML|YAML)$`,
        description: 'A path or glob, from the working directory, that ends in .json, .yml or .yaml.',
      },
      description: 'Files that have lists of targets, as static_configs. They are read again when they change.',
    },
    refresh_interval: {
      type: 'string',
      format: 'duration',
      default: '5m',
      description: 'How often they are read again even if no change of them was noticed.',
    },
  },
  required: ['files'],
} as const satisfies ObjectSchema;

/** Discoveries of Prometheus that are often used and not here, so that the message can say it. */
export const otherDiscoveries = ['kubernetes', 'consul', 'dns', 'docker', 'ec2', 'http'] as const;

const refused = (name: string) =>
  ({
    type: 'array',
    items: { type: 'object', additionalProperties: textSchema('Anything.'), description: 'Anything.' },
    description: `Refused: there is no discovery by ${name} here. A program that writes files for file_sd_configs can stand in.`,
  }) as const;

/** What both a job and `global` may say; what a job does not say, `global` does. */
export const sharedKeys = {
  scrape_interval: { type: 'string', format: 'duration', description: 'How often targets are scraped. Default: 1m.' },
  scrape_timeout: {
    type: 'string',
    format: 'duration',
    description: 'How long a scrape may take. Default: 10s, or the interval if that is shorter.',
  },
  scrape_protocols: {
    type: 'array',
    minItems: 1,
    items: { type: 'string', enum: protocols, description: 'A format.' },
    description:
      'The formats to ask for, the best first. Default: all but PrometheusProto, which is not there and left out.',
  },
  metric_name_validation_scheme: {
    type: 'string',
    enum: ['utf8', 'legacy'],
    description: 'Which names of metrics and labels are allowed: any, or `[a-zA-Z_:][a-zA-Z0-9_:]*`. Default: utf8.',
  },
  metric_name_escaping_scheme: {
    type: 'string',
    enum: ['allow-utf-8', 'underscores', 'dots', 'values'],
    description: 'How a target shall write names that are not so. Default: as they are, or with legacy, underscores.',
  },
  extra_scrape_metrics: {
    type: 'boolean',
    description: 'Also tell the timeout, the limit of samples and the size of the page. Default: false.',
  },
  ...limitKeys,
} as const satisfies ConfigSchema['properties'];

/** Prometheus's `scrape_config`. */
export const jobSchema = {
  type: 'object',
  description: 'A job: targets that are scraped in the same way.',
  properties: {
    job_name: { type: 'string', minLength: 1, description: 'Its name: the label `job`, which becomes `service.name`.' },
    ...sharedKeys,
    metrics_path: { type: 'string', default: '/metrics', description: 'The path of the page.' },
    scheme: { type: 'string', enum: ['http', 'https'], default: 'http', description: 'How targets are asked.' },
    params: {
      type: 'object',
      default: {},
      additionalProperties: {
        type: 'array',
        items: textSchema('A value.'),
        description: 'The values of a parameter.',
      },
      description: 'Parameters of the query.',
    },
    honor_labels: {
      type: 'boolean',
      default: false,
      description:
        'Labels of the page that the target has too are kept. False: they become `exported_…`, and the target’s count.',
    },
    honor_timestamps: {
      type: 'boolean',
      default: true,
      description: 'Times that a page gives its samples count. False: that of the scrape does.',
    },
    track_timestamps_staleness: {
      type: 'boolean',
      default: false,
      description: 'Series with times of their own end too when they are gone.',
    },
    fallback_scrape_protocol: {
      type: 'string',
      enum: protocols,
      description: 'How a page is read whose content type says nothing known. Without it, such a scrape fails.',
    },
    static_configs: {
      type: 'array',
      default: [],
      items: targetGroupSchema,
      description: 'Targets that are said here.',
    },
    file_sd_configs: { type: 'array', default: [], items: fileDiscovery, description: 'Targets that files say.' },
    kubernetes_sd_configs: refused('Kubernetes'),
    consul_sd_configs: refused('Consul'),
    dns_sd_configs: refused('DNS'),
    docker_sd_configs: refused('Docker'),
    ec2_sd_configs: refused('EC2'),
    http_sd_configs: refused('HTTP'),
    relabel_configs: {
      type: 'array',
      default: [],
      items: relabelSchema,
      description: 'Rules for the labels of targets, before they are scraped.',
    },
    metric_relabel_configs: {
      type: 'array',
      default: [],
      items: relabelSchema,
      description: 'Rules for the labels of samples.',
    },
    ...httpKeys,
  },
  required: ['job_name'],
} as const satisfies ObjectSchema;

export type JobConfig = ConfigOf<typeof jobSchema>;
