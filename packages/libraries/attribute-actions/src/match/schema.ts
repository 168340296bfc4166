/** Parts of config schemas, with the collector's keys. */

export const matchType = {
  type: 'string',
  enum: ['strict', 'regexp'],
  default: 'strict',
  description:
    'strict: texts must be equal. regexp: they are JavaScript regular expressions, which may match anywhere in the text.',
} as const;

export const regexpOptions = {
  type: 'object',
  description: 'Taken so that configs of the OpenTelemetry Collector work; verdicts are always remembered.',
  properties: {
    cacheenabled: { type: 'boolean', description: 'Has no effect.' },
    cachemaxnumentries: { type: 'integer', description: 'Has no effect.' },
  },
} as const;

export const attributeConditions = (description: string) =>
  ({
    type: 'array',
    description,
    items: {
      type: 'object',
      description: 'One attribute.',
      properties: {
        key: { type: 'string', minLength: 1, description: 'Name of the attribute.' },
        value: {
          anyOf: [
            { type: 'string', description: 'A text, or a regular expression.' },
            { type: 'number', description: 'A number.' },
            { type: 'boolean', description: 'A truth value.' },
          ],
          description: 'What its value must be. Without it, the attribute must only be there.',
        },
      },
      required: ['key'],
    },
  }) as const;

export const textConditions = (description: string) =>
  ({ type: 'array', description, items: { type: 'string', description: 'A text, or a regular expression.' } }) as const;

export const libraries = {
  type: 'array',
  description: 'One of these is the instrumentation scope.',
  items: {
    type: 'object',
    description: 'One scope.',
    properties: {
      name: { type: 'string', description: 'Its name.' },
      version: { type: 'string', description: 'Its version. Without it, any.' },
    },
    required: ['name'],
  },
} as const;
