import type { AnyDefinition, ExporterDefinition, Problem, ScraperDefinition } from '../definition.ts';
import type { ExporterHost } from './model.ts';
import type { ConfigSchema, Schema } from '../schema.ts';

/** The keys that the host reads in the config of every component of a kind: no component has its own. */
export function reservedKeys(definition: AnyDefinition): ConfigSchema['properties'] {
  if (definition.kind === 'scraper') return scraperKeys(definition);
  return definition.kind === 'exporter' ? exporterKeys(definition) : {};
}

/** What may stand under a component's id. Throws a TypeError where a component names a reserved key. */
export function componentSchema(definition: AnyDefinition): ConfigSchema {
  const reserved = reservedKeys(definition);
  const own = definition.config as ConfigSchema;
  const taken = Object.keys(own.properties).filter((key) => Object.hasOwn(reserved, key));
  if (taken.length > 0)
    throw new TypeError(`The ${definition.kind} ${definition.type} names what the host reads: ${taken.join(', ')}.`);
  return { ...own, properties: { ...own.properties, ...reserved } };
}

function scraperKeys({
  metrics,
  collectionInterval = '1m',
  timeout = '0s',
}: ScraperDefinition): ConfigSchema['properties'] {
  return {
    collection_interval: {
      type: 'string',
      format: 'duration',
      default: collectionInterval,
      description: 'How often it is scraped.',
    },
    initial_delay: {
      type: 'string',
      format: 'duration',
      default: '1s',
      description: 'How long after the start it is scraped first.',
    },
    timeout: {
      type: 'string',
      format: 'duration',
      default: timeout,
      description: 'How long a scrape may take. 0: as long as the interval.',
    },
    metrics: {
      type: 'object',
      default: {},
      description: 'Which metrics it records.',
      properties: Object.fromEntries(
        Object.entries(metrics).map(([name, { description, enabled }]) => [
          name,
          {
            type: 'object',
            description,
            properties: {
              enabled: {
                type: 'boolean',
                description: `Whether it is recorded; ${enabled === false ? 'false' : 'true'} unless set.`,
              },
            },
          } satisfies Schema,
        ]),
      ),
    },
  };
}

/** What is wrong with the host's keys that their schema cannot say. */
export function checkReserved(definition: AnyDefinition, host: object): readonly Problem[] {
  if (definition.kind !== 'exporter') return [];
  const { batch, sizer, queue_size: room } = (host as ExporterHost).sending_queue;
  if (!batch) return [];
  const { min_size: min, max_size: max } = batch;
  const path = ['sending_queue', 'batch'];
  if (max > 0 && max < min)
    return [
      {
        path: [...path, 'max_size'],
        message: `max_size is ${max}; it must be 0 or at least min_size, which is ${min}.`,
      },
    ];
  if (sizer === batch.sizer && min > room)
    return [
      {
        path: [...path, 'min_size'],
        message: `min_size is ${min}, and the queue holds at most ${room} ${sizer}: no batch would be full.`,
      },
    ];
  return [];
}

/** The collector's exporterhelper. A direct exporter has a queue and retries where its config has their section. */
function exporterKeys({
  delivery = 'queued',
  timeout = delivery === 'direct' ? '0s' : '5s',
}: Pick<ExporterDefinition, 'delivery' | 'timeout'>): ConfigSchema['properties'] {
  const section = delivery === 'direct' ? { enabled: false } : {};
  return {
    timeout: {
      type: 'string',
      format: 'duration',
      default: timeout,
      description: 'How long one attempt may take. 0: no limit.',
    },
    sending_queue: {
      type: 'object',
      default: section,
      description: 'The queue before it.',
      properties: {
        enabled: { type: 'boolean', default: true, description: 'Whether there is a queue.' },
        num_consumers: {
          type: 'integer',
          minimum: 1,
          default: 10,
          description: 'How many batches are sent at a time.',
        },
        queue_size: {
          type: 'integer',
          minimum: 1,
          default: 1000,
          description: 'How much it holds, counted by the sizer.',
        },
        sizer: {
          type: 'string',
          enum: ['requests', 'items', 'bytes'],
          default: 'requests',
          description: 'What queue_size counts: batches, points and records, or bytes.',
        },
        max_bytes: {
          type: 'string',
          format: 'bytes',
          default: '256MiB',
          description: 'The memory it may hold, whatever the sizer. With storage, that says how much there may be.',
        },
        block_on_overflow: {
          type: 'boolean',
          default: false,
          description: 'Whether a full queue makes the sender wait. Otherwise it refuses.',
        },
        storage: {
          type: 'string',
          format: 'extension',
          provides: 'storage',
          description: 'The extension (`file_storage`) that keeps on disk what the queue holds. Without: in memory.',
        },
        batch: {
          type: 'object',
          description: 'Gathers what waits into larger batches. Off unless it is there; `batch: {}` is enough.',
          properties: {
            flush_timeout: {
              type: 'string',
              format: 'duration',
              default: '200ms',
              description: 'How long the first of a batch waits for others.',
            },
            min_size: {
              type: 'integer',
              minimum: 0,
              default: 8192,
              description: 'How much is sent at once, without waiting any longer.',
            },
            max_size: {
              type: 'integer',
              minimum: 0,
              default: 0,
              description: 'The most that a batch may have; a larger one is cut. 0: no limit.',
            },
            sizer: {
              type: 'string',
              enum: ['items', 'bytes'],
              default: 'items',
              description: 'What min_size and max_size count.',
            },
            partition: {
              type: 'object',
              default: {},
              description: 'What is never put into one batch.',
              properties: {
                metadata_keys: {
                  type: 'array',
                  default: [],
                  items: { type: 'string', description: 'The name of a header.' },
                  description: 'Headers, included by a receiver, in which all of a batch are the same.',
                },
              },
            },
          },
        },
      },
    },
    retry_on_failure: {
      type: 'object',
      default: section,
      description: 'What happens to a batch that could not be sent.',
      properties: {
        enabled: { type: 'boolean', default: true, description: 'Whether it is sent again.' },
        initial_interval: {
          type: 'string',
          format: 'duration',
          default: '5s',
          description: 'The wait before the second attempt.',
        },
        max_interval: {
          type: 'string',
          format: 'duration',
          default: '30s',
          description: 'The longest wait between attempts.',
        },
        max_elapsed_time: {
          type: 'string',
          format: 'duration',
          default: '300s',
          description: 'When to give a batch up. 0: never.',
        },
        multiplier: { type: 'number', minimum: 1, default: 1.5, description: 'By how much the wait grows.' },
        randomization_factor: {
          type: 'number',
          minimum: 0,
          maximum: 1,
          default: 0.5,
          description: 'By which part of itself the wait varies at random.',
        },
      },
    },
  };
}
