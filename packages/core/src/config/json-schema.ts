import type { AnyDefinition } from '../definition.ts';
import { signals } from '../batch.ts';
import type { Schema } from '../schema.ts';
import { formats } from './formats.ts';
import { kinds, sectionOf } from './identifiers.ts';
import type { Kind } from './model.ts';
import { componentSchema } from './reserved.ts';
import { serviceSchema } from './service.ts';

/** Wherever a value may stand, `${env:NAME}` or `${file:path}` may. */
const placeholder = String.raw`\$\{`;

/** A draft-07 JSON Schema of a whole config with exactly these components, for editors. */
export function configJsonSchema(definitions: readonly AnyDefinition[]): object {
  const service = editable({ ...serviceSchema, type: 'object', description: 'What runs.' }) as {
    properties: Record<string, object>;
  };
  const pipelineIds = `^(?:${signals.join('|')})(?:/.+)?$`;
  const { additionalProperties: pipeline, ...pipelines } = service.properties['pipelines'] as Record<string, unknown>;
  service.properties['pipelines'] = {
    ...pipelines,
    patternProperties: { [pipelineIds]: pipeline },
    additionalProperties: false,
    minProperties: 1,
  };
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Millrace config',
    type: 'object',
    properties: {
      ...Object.fromEntries(kinds.map((kind) => [sectionOf(kind), sectionSchema(kind, definitions)])),
      service,
      plugins: {
        type: 'array',
        items: { type: 'string' },
        description: 'Packages and files with more components: package names, or paths to .js or .ts files.',
      },
    },
    required: ['service'],
    additionalProperties: false,
  };
}

function sectionSchema(kind: Kind, definitions: readonly AnyDefinition[]): object {
  const ofKind = definitions.filter((definition) => kindOf(definition) === kind);
  const patterns = ofKind.flatMap((definition) => {
    const { type, aliases = [], description } = definition;
    const schema = editable({ ...componentSchema(definition), type: 'object', description });
    return [type, ...aliases].map((name) => [`^${name}(?:/.+)?$`, schema]);
  });
  return {
    type: ['object', 'null'],
    description: `The ${sectionOf(kind)}, by \`type\` or \`type/name\`.`,
    patternProperties: Object.fromEntries(patterns),
    additionalProperties: false,
  };
}

const kindOf = ({ kind }: AnyDefinition): Kind => (kind === 'scraper' ? 'receiver' : kind);

/** One of our schemas for an editor: which sees placeholders, knows no formats of ours, and may find keys without a value. */
function editable(schema: Schema): object {
  const { description, default: fallback, ...rest } = schema;
  const described = { description, ...(fallback === undefined ? {} : { default: fallback }) };
  if ('anyOf' in rest) return { ...described, anyOf: rest.anyOf.map(editable) };
  switch (rest.type) {
    case 'string':
      return { ...described, ...editableString(rest) };
    case 'array':
      return {
        ...described,
        type: ['array', 'string'],
        pattern: placeholder,
        items: editable(rest.items),
        ...(rest.minItems === undefined ? {} : { minItems: rest.minItems }),
      };
    case 'object':
      return { ...described, type: ['object', 'string', 'null'], pattern: placeholder, ...editableKeys(rest) };
    case 'boolean':
    case 'integer':
    case 'number':
      return { ...described, ...rest, type: [rest.type, 'string'], pattern: placeholder };
  }
}

function editableString({
  enum: words,
  pattern,
  format,
  minLength,
}: Omit<Extract<Schema, { type: 'string' }>, 'description' | 'default'>): object {
  if (words)
    return {
      anyOf: [
        { type: 'string', enum: words },
        { type: 'string', pattern: placeholder },
      ],
    };
  const form = pattern ?? (format && formats[format].pattern);
  // 0 is the only duration without a unit.
  if (format === 'duration')
    return { anyOf: [{ type: 'string', pattern: `(?:${form})|${placeholder}` }, { const: 0 }] };
  return {
    type: format === 'bytes' ? ['string', 'integer'] : 'string',
    ...(form === undefined ? {} : { pattern: `(?:${form})|${placeholder}` }),
    ...(minLength === undefined ? {} : { minLength }),
  };
}

function editableKeys(schema: {
  properties?: Readonly<Record<string, Schema>>;
  required?: readonly string[];
  additionalProperties?: Schema;
}): object {
  const { properties, required, additionalProperties } = schema;
  if (!properties) return { additionalProperties: additionalProperties ? editable(additionalProperties) : true };
  return {
    properties: Object.fromEntries(Object.entries(properties).map(([key, property]) => [key, editable(property)])),
    ...(required && required.length > 0 ? { required } : {}),
    additionalProperties: false,
  };
}
