import type { ConfigOf, ConfigSchema } from '@millrace/core';
import { operatorsSchema } from '@millrace/log-operators';

const flag = (description: string) => ({ type: 'boolean', default: false, description }) as const;
const unused = 'Accepted for configs of the collector, and not needed here';

const attributeMap = (description: string) =>
  ({
    type: 'object',
    default: {},
    description,
    additionalProperties: {
      description: 'The value.',
      anyOf: [
        { type: 'string', description: 'A text.' },
        { type: 'number', description: 'A number.' },
        { type: 'boolean', description: 'True or false.' },
      ],
    },
  }) as const;

export const config = {
  properties: {
    include: {
      type: 'array',
      minItems: 1,
      items: { type: 'string', minLength: 1, description: 'A path or glob.' },
      description: 'The files to read: paths and globs such as `/var/log/**/*.log`.',
    },
    exclude: {
      type: 'array',
      default: [],
      items: { type: 'string', minLength: 1, description: 'A path or glob.' },
      description: 'Files of `include` that are not read.',
    },
    exclude_older_than: {
      type: 'string',
      format: 'duration',
      default: '0',
      description: 'Leaves out files that have not changed for so long when they are found. 0: none.',
    },
    ordering_criteria: {
      type: 'object',
      description: 'Reads only the first of the files, as their names or times sort them.',
      properties: {
        regex: {
          type: 'string',
          minLength: 1,
          description:
            'A regular expression for the path, with named groups for sort_by. A file that it does not match is not read.',
        },
        group_by: {
          type: 'string',
          minLength: 1,
          description:
            'A regular expression with a group: top_n counts for each of its values. A file that it does not match is not read.',
        },
        top_n: {
          type: 'integer',
          minimum: 0,
          default: 1,
          description: 'How many files are read, of each group. 0: all.',
        },
        sort_by: {
          type: 'array',
          default: [],
          description: 'How to sort, one rule after the other: the last counts most. Without any, all files are read.',
          items: {
            type: 'object',
            description: 'A rule.',
            required: ['sort_type'],
            properties: {
              sort_type: {
                type: 'string',
                enum: ['numeric', 'alphabetical', 'timestamp', 'mtime'],
                description: 'As what to compare. mtime: when files were changed last, and not what their names say.',
              },
              regex_key: { type: 'string', minLength: 1, description: 'The group of regex to compare.' },
              ascending: { type: 'boolean', default: false, description: 'The lowest or oldest first.' },
              layout: {
                type: 'string',
                minLength: 1,
                description: 'timestamp: its strptime layout, such as `%Y%m%d%H`.',
              },
              location: { type: 'string', default: 'UTC', description: 'timestamp: its time zone.' },
            },
          },
        },
      },
    },
    start_at: {
      type: 'string',
      enum: ['end', 'beginning'],
      default: 'end',
      description:
        'Where to begin with files that are there at the first start. Files that come later are read from their beginning, and known ones from where they were left.',
    },
    poll_interval: {
      type: 'string',
      format: 'duration',
      default: '200ms',
      description: 'How often to look for new lines and new files.',
    },
    encoding: {
      type: 'string',
      default: 'utf-8',
      description:
        'utf-8, utf-16le, utf-16be, utf-16 (little-endian), ascii, latin1, or another that the WHATWG encoding standard names; `nop` hands on bytes as they come.',
    },
    fingerprint_size: {
      type: 'string',
      format: 'bytes',
      default: '1000',
      description: 'How many bytes of the beginning of a file tell it from others that had the same name or number.',
    },
    max_log_size: {
      type: 'string',
      format: 'bytes',
      default: '1MiB',
      description: 'A longer record is split.',
    },
    max_concurrent_files: {
      type: 'integer',
      minimum: 1,
      default: 1024,
      description: 'How many files are kept open. The others are opened when there is something to read.',
    },
    multiline: {
      type: 'object',
      description: 'Records of several lines. One of the patterns.',
      properties: {
        line_start_pattern: {
          type: 'string',
          minLength: 1,
          description: 'A regular expression that matches where a record begins, such as `^\\d{4}-`.',
        },
        line_end_pattern: {
          type: 'string',
          minLength: 1,
          description: 'A regular expression that matches where a record ends.',
        },
        omit_pattern: {
          type: 'boolean',
          default: false,
          description: 'Leaves what the pattern matched out of the record.',
        },
      },
    },
    force_flush_period: {
      type: 'string',
      format: 'duration',
      default: '500ms',
      description:
        'How long to wait for the rest of the last record of a file before it is handed on as it is. 0: forever.',
    },
    preserve_leading_whitespaces: flag('Leaves white space at the beginning of records as it is.'),
    preserve_trailing_whitespaces: flag('Leaves white space at the end of records as it is.'),
    include_file_name: { type: 'boolean', default: true, description: 'Sets the attribute `log.file.name`.' },
    include_file_path: flag('Sets the attribute `log.file.path`.'),
    include_file_name_resolved: flag('Sets the attribute `log.file.name_resolved`: with symbolic links followed.'),
    include_file_path_resolved: flag('Sets the attribute `log.file.path_resolved`: with symbolic links followed.'),
    include_file_owner_name: flag('Sets the attribute `log.file.owner.name`.'),
    include_file_owner_group_name: flag('Sets the attribute `log.file.owner.group.name`.'),
    include_file_record_number: flag('Sets the attribute `log.file.record_number`, from 1.'),
    include_file_record_offset: flag(
      'Sets the attribute `log.file.record_offset`: the byte in the file at which it begins.',
    ),
    attributes: attributeMap('Attributes for every record.'),
    resource: attributeMap('Attributes for the resource.'),
    operators: operatorsSchema,
    storage: {
      type: 'string',
      format: 'extension',
      provides: 'storage',
      description: 'The storage extension that keeps how far each file was read. Default: in memory.',
    },
    delete_after_read: flag(
      'Deletes each file when it was read to its end and handed on. Needs `start_at: beginning`.',
    ),
    compression: {
      type: 'string',
      enum: ['', 'gzip', 'auto'],
      default: '',
      description: 'gzip: all files are. auto: those whose names end in `.gz`.',
    },
    retry_on_failure: {
      type: 'object',
      default: {},
      description: 'What to do when the pipeline does not take records.',
      properties: {
        enabled: {
          type: 'boolean',
          default: true,
          description: 'Hands the same records on again. If false, they are left out, and counted.',
        },
        initial_interval: { type: 'string', format: 'duration', default: '1s', description: 'The first wait.' },
        max_interval: { type: 'string', format: 'duration', default: '30s', description: 'The longest wait.' },
        max_elapsed_time: {
          type: 'string',
          format: 'duration',
          default: '0',
          description: 'How long to try before the records are left out, and counted. 0: forever.',
        },
      },
    },
    initial_buffer_size: { type: 'string', format: 'bytes', description: `${unused}.` },
    max_batches: { type: 'integer', minimum: 0, description: `${unused}.` },
    polls_to_archive: { type: 'integer', minimum: 0, description: `${unused}: files that are gone are remembered.` },
  },
  required: ['include'],
} as const satisfies ConfigSchema;

export type Config = ConfigOf<typeof config>;
