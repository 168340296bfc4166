import type { ConfigSchema } from '@millrace/core';

const unused = 'Accepted for configs of the collector, and not needed here';

export const config = {
  properties: {
    directory: {
      type: 'string',
      exclusive: 'path',
      minLength: 1,
      default: '/var/lib/otelcol/file_storage',
      description: 'Where the queues are, a folder each. Only one process at a time can use a folder.',
    },
    create_directory: { type: 'boolean', default: true, description: 'Makes the directory where there is none.' },
    directory_permissions: {
      type: 'string',
      pattern: '^0[0-7]{3}$',
      default: '0750',
      description: 'The permissions of a directory that it makes, in octal.',
    },
    max_bytes: {
      type: 'string',
      format: 'bytes',
      default: '1GiB',
      description: 'How much of the disk each queue may take. A full queue refuses.',
    },
    segment_bytes: {
      type: 'string',
      format: 'bytes',
      description:
        'How large a file of a queue grows. A file is removed when all in it is delivered. Default: a 16th of `max_bytes`, 16 MiB at most.',
    },
    fsync: {
      type: 'boolean',
      default: true,
      description:
        'Acknowledges when the disk has the data. If false, when the kernel has: a crash of the process loses nothing, one of the machine may.',
    },
    timeout: {
      type: 'string',
      format: 'duration',
      default: '1s',
      description: 'How long to wait for another process to let go of a folder before the start is tried again.',
    },
    recreate: {
      type: 'boolean',
      default: false,
      description: `${unused}: a damaged queue is always read as far as it can be.`,
    },
    compaction: {
      type: 'object',
      description: `${unused}: what is delivered gives its space back at once.`,
      properties: {
        on_start: { type: 'boolean', description: `${unused}.` },
        on_rebound: { type: 'boolean', description: `${unused}.` },
        directory: { type: 'string', description: `${unused}.` },
        max_transaction_size: { type: 'integer', minimum: 0, description: `${unused}.` },
        rebound_needed_threshold_mib: { type: 'integer', minimum: 0, description: `${unused}.` },
        rebound_trigger_threshold_mib: { type: 'integer', minimum: 0, description: `${unused}.` },
        check_interval: { type: 'string', format: 'duration', description: `${unused}.` },
        cleanup_on_start: { type: 'boolean', description: `${unused}.` },
      },
    },
  },
} as const satisfies ConfigSchema;
