import type { ConfigOf, Problem } from '@millrace/core';
import { checkTls, tlsOptions, tlsSchema } from '@millrace/http-client';
import { parseEngineEndpoint } from './api/endpoint.ts';
import { compareVersions, isVersion, oldestVersion } from './api/version.ts';
import { anyOf } from './containers/pattern.ts';

const patterns = (description: string) =>
  ({
    type: 'array',
    items: {
      type: 'string',
      minLength: 1,
      description: 'A text, a glob, or `/a regular expression/`; `!` before it negates.',
    },
    description,
    default: [],
  }) as const;

const lists = {
  names: patterns('Names of containers.'),
  images: patterns('Images, as the containers were made with them: `nginx:1.27`.'),
  labels: patterns('Labels: `key`, or `key=value`.'),
  states: patterns('States: `created`, `running`, `paused`, `restarting`, `removing`, `exited` or `dead`.'),
} as const;

const renames = (description: string) =>
  ({
    type: 'object',
    additionalProperties: { type: 'string', minLength: 1, description: 'The name of the resource attribute.' },
    description,
    default: {},
  }) as const;

/** The resource attributes, and whether they are there unless set. */
export const resourceAttributes = {
  'container.id': true,
  'container.name': true,
  'container.image.name': true,
  'container.hostname': true,
  'container.runtime': true,
  'container.image.id': false,
  'container.image.tags': false,
  'container.command_line': false,
} as const;

const { default: _, ...optionalTls } = tlsSchema;

export const config = {
  properties: {
    endpoint: {
      type: 'string',
      description:
        'Where the engine listens: `unix:///path`, `tcp://host:port`, `http://…` or `https://…`. `DOCKER_HOST` is not read; write `${env:DOCKER_HOST}` for it.',
      default: 'unix:///var/run/docker.sock',
    },
    tls: {
      ...optionalTls,
      description: 'How the connection is encrypted. Where it is given, `tcp://` is with TLS.',
    },
    api_version: {
      type: 'string',
      description:
        'The version of the API to speak, in quotes: `"1.41"`. Not set: the highest that both the engine and this know.',
    },
    request_timeout: {
      type: 'string',
      format: 'duration',
      description: 'How long the engine may take for one answer.',
      default: '5s',
    },
    excluded_images: patterns('Containers of these images are left out.'),
    include: {
      type: 'object',
      description:
        'Only containers that match are reported. A container matches when every list that is not empty has an entry for it.',
      default: {},
      properties: {
        ...lists,
        states: {
          ...lists.states,
          description:
            'States: `created`, `running`, `paused`, `restarting`, `removing`, `exited` or `dead`. What does not run has its state, and no numbers.',
          default: ['running', 'paused'],
        },
      },
    },
    exclude: {
      type: 'object',
      description:
        'Containers that match are not reported, even if `include` matches them too. Matching is as for `include`.',
      default: {},
      properties: lists,
    },
    container_labels_to_metric_labels: renames(
      'Labels of containers that become resource attributes, and their names there.',
    ),
    env_vars_to_metric_labels: renames(
      'Environment variables of containers that become resource attributes, and their names there.',
    ),
    resource_attributes: {
      type: 'object',
      description: `What the resource of a container tells of it: ${Object.entries(resourceAttributes)
        .map(([name, on]) => `\`${name}\`${on ? '' : ' (off)'}`)
        .join(', ')}.`,
      default: {},
      additionalProperties: {
        type: 'object',
        description: 'One of them.',
        properties: { enabled: { type: 'boolean', description: 'Whether containers have it.' } },
      },
    },
    naming: {
      type: 'string',
      enum: ['docker_stats', 'semantic_conventions', 'both'],
      description:
        'The names and units of the metrics: those of the OpenTelemetry Collector’s docker_stats, or those of the semantic conventions.',
      default: 'docker_stats',
    },
    stats_source: {
      type: 'string',
      enum: ['auto', 'cgroup', 'api'],
      description:
        'Where the numbers come from: cgroups, the statistics of the API, or for each container cgroups where its own can be read.',
      default: 'auto',
    },
    api_stats: {
      type: 'string',
      enum: ['one_shot', 'stream'],
      description:
        'How the API is asked: at each scrape, for all containers at once, which takes it a second or two; or by a stream for each container, which sends every second.',
      default: 'one_shot',
    },
    root_path: {
      type: 'string',
      minLength: 1,
      description:
        "Where the host's file system is found: cgroups are read from `<root_path>/sys/fs/cgroup`, interfaces from `<root_path>/proc`.",
      default: '/',
    },
    list_interval: {
      type: 'string',
      format: 'duration',
      description: 'All containers are inspected anew after this time, even if no event told of a change.',
      default: '5m',
    },
  },
} as const;

export type Config = ConfigOf<typeof config>;
export type Lists = Config['exclude'];

export function checkConfig(config: Config): Problem[] {
  const { api_version: version, endpoint, tls, request_timeout: timeout, list_interval: interval } = config;
  const problems: Problem[] = [...(tls ? checkTls(tls) : [])];
  const add = (path: Problem['path'], message: string): void => {
    const name = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('');
    problems.push({ path, message: `${name.slice(1)} ${message}` });
  };
  try {
    const { tls: secure, local } = parseEngineEndpoint(endpoint, tls && !tls.insecure ? () => ({}) : undefined);
    if (tls && !tls.insecure && !secure)
      add(
        ['tls'],
        local ? 'tls is for tcp:// and https://; a unix socket is not encrypted.' : 'tls does not go with http://.',
      );
  } catch (error) {
    add(['endpoint'], (error as Error).message);
  }
  if (version !== undefined && !isVersion(version))
    add(['api_version'], `api_version must be like "1.41", not ${JSON.stringify(version)}.`);
  else if (version !== undefined && compareVersions(version, oldestVersion) < 0)
    add(['api_version'], `api_version must be ${oldestVersion} or newer; 1.40 without quotes is the number 1.4.`);
  for (const name of Object.keys(config.resource_attributes))
    if (!Object.hasOwn(resourceAttributes, name))
      add(
        ['resource_attributes', name],
        `is no resource attribute of containers; there are ${Object.keys(resourceAttributes).join(', ')}.`,
      );
  if (timeout <= 0) add(['request_timeout'], 'request_timeout must be more than 0.');
  if (interval <= 0) add(['list_interval'], 'list_interval must be more than 0.');
  const { include, exclude, excluded_images } = config;
  const check = (path: Problem['path'], list: readonly string[]): void => {
    for (const [index, pattern] of list.entries()) {
      try {
        anyOf([pattern]);
      } catch (error) {
        add([...path, index], `${JSON.stringify(pattern)} is not a pattern: ${(error as Error).message}`);
      }
    }
  };
  check(['excluded_images'], excluded_images);
  for (const [key, value] of Object.entries({ include, exclude }))
    for (const [list, entries] of Object.entries(value)) check([key, list], entries);
  return problems;
}

/** The endpoint of a config that was checked. */
export const endpointOf = ({ endpoint, tls }: Config) =>
  parseEngineEndpoint(endpoint, tls && !tls.insecure ? () => tlsOptions(tls) : undefined);
