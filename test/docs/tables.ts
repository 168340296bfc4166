import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AnyDefinition, CommandDeclarations, ConfigSchema, Schema } from '@millrace/core';

/** A README with the tables between `<!-- config -->`, `<!-- metrics -->`, `<!-- commands -->` and their ends made anew. */
export async function componentTables(folder: string, readme: string): Promise<string> {
  const module = (await import(pathToFileURL(join(folder, 'src/index.ts')).href)) as {
    default: AnyDefinition | AnyDefinition[];
  };
  const definitions = [module.default].flat();
  const titled = (definition: AnyDefinition, text: string): string =>
    definitions.length > 1 ? `**${definition.type}**\n\n${text}` : text;
  const config = definitions.map((definition) => titled(definition, configTable(definition.config))).join('\n\n');
  const metrics = definitions
    .flatMap((definition) => ('metrics' in definition ? [metricsTable(definition)] : []))
    .join('\n\n');
  const commands = definitions
    .flatMap((definition) =>
      'commands' in definition && definition.commands ? [commandsTable(definition.commands)] : [],
    )
    .join('\n\n');
  return fill(fill(fill(readme, 'config', config), 'metrics', metrics), 'commands', commands);
}

function fill(readme: string, name: string, text: string): string {
  const pattern = new RegExp(`(<!-- ${name} -->)[^]*?(<!-- /${name} -->)`);
  return readme.replace(
    pattern,
    (_all, open: string, close: string) => `${open}\n${text ? `\n${text}\n\n` : ''}${close}`,
  );
}

function configTable(schema: ConfigSchema): string {
  const rows = [...configRows(schema, '')];
  if (rows.length === 0) return 'It has no settings.';
  return table(['Key', 'Type', 'Default', 'Meaning'], rows);
}

function* configRows({ properties, required = [] }: ConfigSchema, prefix: string): Generator<string[]> {
  for (const [key, schema] of Object.entries(properties)) {
    const fallback = required.includes(key) ? '(required)' : schema.default === undefined ? '' : code(schema.default);
    yield [`\`${prefix}${key}\``, typeName(schema), fallback, schema.description];
    yield* nestedRows(schema, `${prefix}${key}`);
  }
}

function* nestedRows(schema: Schema, path: string): Generator<string[]> {
  if ('properties' in schema) yield* configRows(schema, `${path}.`);
  else if ('items' in schema) yield* nestedRows(schema.items, `${path}[]`);
  else if ('additionalProperties' in schema) yield* nestedRows(schema.additionalProperties, `${path}.<key>`);
  else if ('anyOf' in schema) for (const branch of schema.anyOf) yield* nestedRows(branch, path);
}

function typeName(schema: Schema): string {
  if ('anyOf' in schema) return schema.anyOf.map(typeName).join(' or ');
  if (schema.type === 'array') return `list of ${typeName(schema.items)}`;
  if (schema.type === 'object')
    return 'additionalProperties' in schema ? `map of ${typeName(schema.additionalProperties)}` : 'map';
  if (schema.type === 'string' && schema.enum) return schema.enum.map((value) => `\`${value}\``).join(', ');
  return schema.type === 'string' && schema.format ? schema.format : schema.type;
}

function metricsTable({ metrics }: Extract<AnyDefinition, { kind: 'scraper' }>): string {
  const rows = Object.entries(metrics).map(([name, metric]) => [
    `\`${name}\``,
    metric.kind.replaceAll('_', ' '),
    `\`${metric.unit}\``,
    Object.entries(metric.attributes ?? {})
      .map(([key, meaning]) => `\`${key}\`: ${meaning}`)
      .join('; '),
    `${metric.description}${metric.enabled === false ? ' *Off unless enabled.*' : ''}`,
  ]);
  return table(['Metric', 'Kind', 'Unit', 'Attributes', 'Meaning'], rows);
}

function commandsTable(commands: CommandDeclarations): string {
  const rows = Object.entries(commands).map(([name, { description, arguments: schema, changes }]) => [
    `\`${name}\``,
    [...configRows(schema ?? { properties: {} }, '')]
      .map(([key, type, fallback = '', meaning]) => `${key} (${type}${fallbackText(fallback)}): ${meaning}`)
      .join(' '),
    `${description}${changes ? ' *It changes something.*' : ''}`,
  ]);
  return table(['Command', 'Arguments', 'Tells'], rows);
}

function fallbackText(fallback: string): string {
  if (fallback === '') return '';
  return fallback === '(required)' ? '; required' : `; default ${fallback}`;
}

const code = (value: unknown): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text === '' ? '`""`' : text.length > 60 ? '(see below)' : `\`${text}\``;
};

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows]
    .map((row) => `| ${row.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`)
    .join('\n');
