import type { ConfigOf, ConfigSchema, Problem } from '@millrace/core';

export const config = {
  properties: {
    path: {
      type: 'string',
      exclusive: 'path',
      minLength: 1,
      description: 'The file. With `group_by`, one `*` in it stands for the value of the attribute.',
    },
    format: {
      type: 'string',
      enum: ['json', 'proto'],
      default: 'json',
      description:
        'json: an OTLP request in JSON a line. proto: an OTLP request in protobuf, after its length in four bytes, the highest first.',
    },
    compression: {
      type: 'string',
      enum: ['', 'zstd'],
      default: '',
      description: 'zstd: each request is compressed, and stands after its length in four bytes, whatever the format.',
    },
    append: {
      type: 'boolean',
      default: false,
      description: 'Adds to a file that is there. If false, it is emptied at the start, unless there is `rotation`.',
    },
    rotation: {
      type: 'object',
      description:
        'Renames a file that is full, puts the time in its name, and begins another. Files that are there are added to.',
      properties: {
        max_megabytes: {
          type: 'integer',
          minimum: 1,
          default: 100,
          description: 'The size, in MiB, that a file does not exceed, unless one request does.',
        },
        max_days: {
          type: 'integer',
          minimum: 0,
          default: 0,
          description: 'For how many days renamed files are kept. 0: whatever their age.',
        },
        max_backups: {
          type: 'integer',
          minimum: 0,
          default: 100,
          description: 'How many renamed files are kept. 0: all.',
        },
        localtime: { type: 'boolean', default: false, description: 'Writes the local time in names. If false, UTC.' },
      },
    },
    group_by: {
      type: 'object',
      default: {},
      description: 'Writes to several files, by an attribute of the resource.',
      properties: {
        enabled: { type: 'boolean', default: false, description: 'Does so.' },
        resource_attribute: {
          type: 'string',
          minLength: 1,
          default: 'fileexporter.path_segment',
          description: 'The attribute. What does not have it is left out, and counted.',
        },
        max_open_files: { type: 'integer', minimum: 1, default: 100, description: 'How many files are kept open.' },
      },
    },
    create_directory: {
      type: 'boolean',
      default: false,
      description: 'Makes the directory of the file where there is none. With `group_by`, it is made in any case.',
    },
    directory_permissions: {
      type: 'string',
      pattern: '^0?[0-7]{3}$',
      default: '0755',
      description: 'The permissions of a directory that it makes, in octal.',
    },
    fsync: {
      type: 'boolean',
      default: false,
      description: 'Acknowledges when the disk has the data. If false, when the kernel has.',
    },
    flush_interval: {
      type: 'string',
      format: 'duration',
      default: '1s',
      description: 'Accepted for configs of the collector, and not needed here: what is acknowledged has been written.',
    },
  },
  required: ['path'],
} as const satisfies ConfigSchema;

export type Config = ConfigOf<typeof config>;

export function check({ path, group_by: groupBy }: Config): readonly Problem[] {
  const problems: Problem[] = [];
  if (groupBy.enabled && path.split('*').length !== 2)
    problems.push({
      path: ['path'],
      message: 'With group_by, the path needs exactly one *, such as /var/log/*.jsonl.',
    });
  if (groupBy.enabled && path.startsWith('*'))
    problems.push({ path: ['path'], message: 'Must not begin with *: the data would choose the directory.' });
  if (path.endsWith('/')) problems.push({ path: ['path'], message: 'Must be a file, and is a directory.' });
  return problems;
}
