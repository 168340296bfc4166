import type { AnyDefinition } from '../../definition.ts';
import {
  defineConnector,
  defineExporter,
  defineExtension,
  defineProcessor,
  defineReceiver,
  defineScraper,
} from '../../definition.ts';
import type { Finder } from '../components.ts';
import type { Kind } from '../model.ts';

const component = { consume: async () => {} };

const procfs = defineScraper({
  type: 'procfs',
  description: 'Processes of this host.',
  config: {
    properties: {
      root_path: { type: 'string', default: '/proc', description: 'Where procfs is mounted.' },
      budget: {
        type: 'object',
        default: {},
        description: 'What reading may cost.',
        properties: {
          per_scrape: { type: 'string', format: 'duration', default: '100ms', description: 'The time for one scrape.' },
          largest: {
            type: 'string',
            format: 'bytes',
            default: '1GiB',
            description: 'The largest process to look into.',
          },
          share: { type: 'number', minimum: 0, maximum: 1, default: 0.5, description: 'The part of the interval.' },
        },
      },
      include: {
        type: 'array',
        default: [],
        description: 'Which processes.',
        items: {
          type: 'object',
          description: 'A process.',
          required: ['comm'],
          properties: {
            comm: { type: 'string', format: 'regex', description: 'Its name.' },
            limit: { type: 'integer', minimum: 1, description: 'How many of them.' },
          },
        },
      },
    },
  },
  metrics: {
    'process.cpu.time': { kind: 'counter', unit: 's', valueType: 'double', description: 'CPU time.' },
    'process.memory.pss': { kind: 'gauge', unit: 'By', valueType: 'int', description: 'PSS.', enabled: false },
  },
  create: () => ({ scrape: async () => {} }),
});

const otlpReceiver = defineReceiver({
  type: 'otlp',
  description: 'OTLP from others.',
  signals: ['metrics', 'logs'],
  config: {
    properties: {
      protocols: {
        type: 'object',
        description: 'What it speaks.',
        properties: {
          grpc: {
            type: 'object',
            description: 'gRPC.',
            properties: {
              endpoint: {
                type: 'string',
                exclusive: 'address',
                format: 'endpoint',
                default: 'localhost:4317',
                description: 'Where it listens.',
              },
            },
          },
          http: {
            type: 'object',
            description: 'HTTP.',
            properties: {
              endpoint: {
                type: 'string',
                format: 'endpoint',
                exclusive: 'address',
                default: 'localhost:4318',
                description: 'Where it listens.',
              },
            },
          },
        },
      },
    },
    required: ['protocols'],
  },
  check: ({ protocols }) =>
    Object.keys(protocols).length === 0 ? [{ path: ['protocols'], message: 'name grpc, http or both' }] : [],
  create: () => ({}),
});

const filelog = defineReceiver({
  type: 'filelog',
  aliases: ['file_log'],
  description: 'Lines of files.',
  signals: ['logs'],
  config: {
    properties: {
      include: {
        type: 'array',
        items: { type: 'string', description: 'A glob.' },
        minItems: 1,
        description: 'Which files.',
      },
      start_at: { type: 'string', enum: ['beginning', 'end'], default: 'end', description: 'Where it begins.' },
    },
    required: ['include'],
  },
  create: () => ({}),
});

const batch = defineProcessor({
  type: 'batch',
  description: 'Fewer, larger batches.',
  signals: ['metrics', 'logs'],
  config: {
    properties: {
      timeout: { type: 'string', format: 'duration', default: '200ms', description: 'The longest wait.' },
      send_batch_size: { type: 'integer', minimum: 1, default: 8192, description: 'Items to wait for.' },
      send_batch_max_size: { type: 'integer', minimum: 0, default: 0, description: 'Items at most. 0: any.' },
    },
  },
  check: ({ send_batch_size, send_batch_max_size }) =>
    send_batch_max_size > 0 && send_batch_max_size < send_batch_size
      ? [{ path: ['send_batch_max_size'], message: `must be at least send_batch_size, ${send_batch_size}` }]
      : [],
  create: () => component,
});

const topn = defineProcessor({
  type: 'topn',
  description: 'Only the largest.',
  signals: ['metrics'],
  config: {
    properties: { n: { type: 'integer', minimum: 1, description: 'How many.' } },
    required: ['n'],
  },
  create: () => component,
});

const otlpExporter = defineExporter({
  type: 'otlp',
  aliases: ['otlp_grpc'],
  description: 'OTLP to others.',
  signals: ['metrics', 'logs'],
  config: {
    properties: {
      endpoint: { type: 'string', format: 'endpoint', description: 'Where it goes.' },
      password: { type: 'string', format: 'secret', minLength: 8, description: 'What it logs in with.' },
      headers: {
        type: 'object',
        default: {},
        description: 'Sent with every request.',
        additionalProperties: { type: 'string', format: 'secret', description: 'The value.' },
      },
      compression: {
        default: 'gzip',
        description: 'How it is packed.',
        anyOf: [
          { type: 'string', enum: ['gzip', 'zstd', 'none'], description: 'How.' },
          {
            type: 'object',
            description: 'How, and how hard.',
            required: ['algorithm'],
            properties: {
              algorithm: { type: 'string', enum: ['gzip', 'zstd'], description: 'How.' },
              level: { type: 'integer', minimum: 1, maximum: 9, description: 'How hard.' },
            },
          },
        ],
      },
    },
    required: ['endpoint'],
  },
  check: ({ password, endpoint }) =>
    password === undefined || !endpoint.startsWith('insecure')
      ? []
      : [{ path: ['password'], message: `${password} would be sent in the clear` }],
  create: () => component,
});

const otlpHttp = defineExporter({
  type: 'otlp_http',
  description: 'OTLP over HTTP.',
  signals: ['metrics', 'logs'],
  config: {
    properties: { endpoint: { type: 'string', format: 'uri', description: 'The URL.' } },
    required: ['endpoint'],
  },
  create: () => component,
});

const debug = defineExporter({
  type: 'debug',
  description: 'To stderr.',
  signals: ['metrics', 'logs'],
  delivery: 'direct',
  config: {
    properties: {
      verbosity: { type: 'string', enum: ['basic', 'normal', 'detailed'], default: 'basic', description: 'How much.' },
      color: { type: 'boolean', default: false, description: 'Whether in color.' },
      prefix: { type: 'string', pattern: '^[a-z]+$', description: 'Lower-case letters before every line.' },
    },
  },
  create: () => component,
});

const count = defineConnector({
  type: 'count',
  description: 'Counts what comes.',
  signals: { metrics: ['metrics'], logs: ['metrics'] },
  config: { properties: {} },
  create: () => component,
});

const forward = defineConnector({
  type: 'forward',
  description: 'Joins pipelines.',
  signals: { metrics: ['metrics'], logs: ['logs'] },
  config: { properties: {} },
  create: () => component,
});

const relayReceiver = defineReceiver({
  type: 'relay',
  description: 'From elsewhere.',
  signals: ['metrics'],
  config: { properties: {} },
  create: () => ({}),
});

const relay = defineConnector({
  type: 'relay',
  description: 'Joins pipelines.',
  signals: { metrics: ['metrics'] },
  config: { properties: {} },
  create: () => component,
});

const healthCheck = defineExtension({
  type: 'health_check',
  description: 'Says how it is.',
  config: {
    properties: { endpoint: { type: 'string', format: 'endpoint', default: 'localhost:13133', description: 'Where.' } },
  },
  create: () => ({}),
});

const fileStorage = defineExtension({
  type: 'file_storage',
  description: 'Keeps data on disk.',
  provides: ['storage'],
  config: { properties: { directory: { type: 'string', default: '/tmp', description: 'Where.' } } },
  create: () => ({}),
});

export const definitions: readonly AnyDefinition[] = [
  procfs,
  otlpReceiver,
  filelog,
  batch,
  topn,
  otlpExporter,
  otlpHttp,
  debug,
  count,
  forward,
  relayReceiver,
  relay,
  healthCheck,
  fileStorage,
];

const kindOf = (definition: AnyDefinition): Kind => (definition.kind === 'scraper' ? 'receiver' : definition.kind);
const named = (definition: AnyDefinition, type: string): boolean =>
  definition.type === type || (definition.aliases?.includes(type) ?? false);

export const plugins: Finder = {
  async find(kind, type) {
    if (type === 'broken') throw new Error('Cannot find module pg');
    return definitions.find((definition) => kindOf(definition) === kind && named(definition, type));
  },
  known: async (kind) =>
    definitions
      .filter((definition) => kindOf(definition) === kind)
      .flatMap(({ type, aliases = [] }) => [type, ...aliases]),
  installHint: (kind, type) => `npm install @millrace/${kind}-${type.replaceAll('_', '-')}`,
};
