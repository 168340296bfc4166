import type { ConfigOf } from '@millrace/core';

const scalars = [
  { type: 'string', description: 'A text.' },
  { type: 'number', description: 'A number.' },
  { type: 'boolean', description: 'A truth value.' },
] as const;

const value = (description: string) =>
  ({
    anyOf: [
      ...scalars,
      { type: 'array', description: 'A list.', items: { anyOf: scalars, description: 'One of the list.' } },
      {
        type: 'object',
        description: 'A map.',
        additionalProperties: { anyOf: scalars, description: 'One of the map.' },
      },
    ],
    description,
  }) as const;

/** The config schema of a list of actions, with the collector's keys. */
export const actionsSchema = (description: string) =>
  ({
    type: 'array',
    minItems: 1,
    description,
    items: {
      type: 'object',
      description: 'One action.',
      properties: {
        action: {
          type: 'string',
          enum: ['insert', 'update', 'upsert', 'delete', 'hash', 'extract', 'convert'],
          description:
            'insert: sets the attribute if it is not there. update: if it is there. upsert: in any case. delete: removes it. hash: replaces its value by its SHA-256. extract: takes attributes out of its text with `pattern`. convert: changes its type.',
        },
        key: { type: 'string', minLength: 1, description: 'Name of the attribute.' },
        value: value('For insert, update and upsert: the value.'),
        from_attribute: {
          type: 'string',
          minLength: 1,
          description: 'Instead of `value`: the attribute whose value is taken. If it is not there, nothing happens.',
        },
        from_context: {
          type: 'string',
          minLength: 1,
          description:
            'Instead of `value`: `metadata.<name>`, a header of the request that brought the data, if the receiver has `include_metadata`. Several values are joined with `;`. If it is not there, nothing happens.',
        },
        default_value: value('What is set if `from_attribute` or `from_context` is not there.'),
        pattern: {
          type: 'string',
          minLength: 1,
          description:
            'For extract: a regular expression whose named groups become attributes. For delete and hash: one that names of attributes match, besides `key` or instead of it.',
        },
        converted_type: {
          type: 'string',
          enum: ['int', 'double', 'string'],
          description: 'For convert: the new type. What cannot be converted stays as it is.',
        },
      },
      required: ['action'],
    },
  }) as const;

export type Action =
  ConfigOf<{ readonly properties: { readonly all: ReturnType<typeof actionsSchema> } }> extends {
    readonly all?: readonly (infer A)[];
  }
    ? A
    : never;
