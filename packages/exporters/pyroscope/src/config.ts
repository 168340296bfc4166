import type { ConfigOf } from '@millrace/core';
import { exporterSchema } from '@millrace/http-client';

const attributeOf = { type: 'string', minLength: 1, description: 'The attribute whose value the label has.' } as const;

const labelsSchema = {
  type: 'object',
  default: {},
  description: 'Which labels profiles have besides `service_name`, by the names of the labels.',
  properties: {
    resource: {
      type: 'object',
      default: {
        service_namespace: 'service.namespace',
        service_version: 'service.version',
        service_instance_id: 'service.instance.id',
        deployment_environment: 'deployment.environment.name',
        hostname: 'host.name',
        namespace: 'k8s.namespace.name',
        pod: 'k8s.pod.name',
        container: 'k8s.container.name',
      },
      additionalProperties: attributeOf,
      description: "From the resource's attributes: `region: cloud.region`. What is given replaces the default.",
    },
    attributes: {
      type: 'object',
      default: {},
      additionalProperties: attributeOf,
      description: "From the profile's attributes.",
    },
    static: {
      type: 'object',
      default: {},
      additionalProperties: { type: 'string', minLength: 1, description: 'The value.' },
      description: 'The same for all: `cluster: eu-1`.',
    },
  },
} as const;

export const configSchema = {
  properties: {
    endpoint: {
      type: 'string',
      description: 'The URL of Pyroscope, `http://pyroscope:4040`, with the path in front of its API if there is one.',
    },
    api: {
      type: 'string',
      enum: ['push', 'ingest'],
      default: 'push',
      description:
        '`push` is for Grafana Pyroscope, 1.0 and later. `ingest` is for servers before it; later ones know it too.',
    },
    labels: labelsSchema,
    name_attribute: {
      type: 'string',
      minLength: 1,
      default: 'profile.type',
      description:
        'The attribute of the profile that says what Pyroscope calls it: `process_cpu`, or `memory:inuse_space:bytes:space:bytes`. Without it, its sample types say it.',
    },
    tenant: {
      type: 'object',
      default: {},
      description: 'Which tenant (`X-Scope-OrgID`) a profile is for. Each gets requests of its own.',
      properties: {
        resource: { type: 'string', minLength: 1, description: 'The attribute of the resource that names the tenant.' },
        default: { type: 'string', minLength: 1, description: 'The tenant of what does not have it.' },
      },
    },
    compression: {
      type: 'string',
      enum: ['gzip', 'none'],
      default: 'gzip',
      description: 'How each profile is compressed.',
    },
    ...exporterSchema,
  },
  required: ['endpoint'],
} as const;

export type Config = ConfigOf<typeof configSchema>;
