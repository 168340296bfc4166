import { stringify } from 'yaml';
import type { ConfigSchema, Schema } from '../schema.ts';
import { type Section } from './identifiers.ts';
import type { RawConfig } from './load.ts';
import { redacted } from './mask.ts';
import type { CheckedConfig, Configured } from './model.ts';
import { escapePlaceholders } from './placeholder.ts';
import { componentSchema } from './reserved.ts';
import { fits } from './resolve.ts';
import { serviceSchema } from './service.ts';
import { printBytes, printDuration } from './units.ts';

export interface PrintOptions {
  /** `unredacted` shows secrets. */
  readonly mode: 'redacted' | 'unredacted';
  readonly format: 'yaml' | 'json';
}

/**
 * The effective config: of a checked one with every default, of a raw one as merged and substituted. Without definitions
 * nobody knows what is secret: of a raw config, every text and number of a component is redacted. Unredacted, it reads as the
 * same config again.
 */
export function printConfig(config: RawConfig | CheckedConfig, { mode, format }: PrintOptions): string {
  const value = 'pipelines' in config ? effective(config, mode) : rawValue(config.value, mode);
  const escaped = escapeAll(value);
  return format === 'json'
    ? `${JSON.stringify(escaped, undefined, 2)}\n`
    : stringify(escaped, { lineWidth: 0, aliasDuplicateObjects: false });
}

function effective(config: CheckedConfig, mode: PrintOptions['mode']): object {
  const { receivers, processors, exporters, connectors, extensions, pipelines, telemetry } = config;
  const { shutdown_timeout, ...rest } = telemetry;
  const sections: Readonly<Record<Section, ReadonlyMap<string, Configured<never>>>> = {
    extensions,
    receivers,
    processors,
    exporters,
    connectors,
  } as Readonly<Record<Section, ReadonlyMap<string, Configured<never>>>>;
  const printed = Object.entries(sections)
    .filter(([, components]) => components.size > 0)
    .map(([section, components]) => [
      section,
      Object.fromEntries(Array.from(components, ([id, one]) => [id, printComponent(one, mode)])),
    ]);
  const service = {
    ...(extensions.size > 0 ? { extensions: [...extensions.keys()] } : {}),
    pipelines: Object.fromEntries(
      Array.from(pipelines, ([id, pipeline]) => [
        id,
        {
          receivers: pipeline.receivers,
          ...(pipeline.processors.length > 0 ? { processors: pipeline.processors } : {}),
          exporters: pipeline.exporters,
        },
      ]),
    ),
    telemetry: rest,
    shutdown_timeout,
  };
  return {
    ...Object.fromEntries(printed),
    service: printValue({ ...serviceSchema, type: 'object', description: '' }, service, mode),
  };
}

function printComponent({ definition, config, host }: Configured, mode: PrintOptions['mode']): unknown {
  const schema: ConfigSchema = componentSchema(definition);
  return printValue({ ...schema, type: 'object', description: '' }, { ...host, ...config }, mode);
}

/** The way back from what a component receives to what a user writes. */
function printValue(schema: Schema, value: unknown, mode: PrintOptions['mode']): unknown {
  if (value === undefined) return undefined;
  if ('anyOf' in schema) return printValue(writtenBy(schema.anyOf, value), value, mode);
  if (schema.type === 'string') {
    if (schema.format === 'secret') return mode === 'redacted' ? redacted : value;
    if (typeof value !== 'number') return value;
    return schema.format === 'bytes' ? printBytes(value) : printDuration(value);
  }
  if (schema.type === 'array' && Array.isArray(value)) return value.map((item) => printValue(schema.items, item, mode));
  if (schema.type !== 'object' || !fits(schema, value)) return value;
  const printed = Object.entries(value as object).map(([key, item]) => {
    const property = 'properties' in schema ? schema.properties[key] : schema.additionalProperties;
    return [key, property ? printValue(property, item, mode) : item];
  });
  return Object.fromEntries(printed.filter(([, item]) => item !== undefined));
}

/** The branch that a resolved value came through: a duration or a size is a number now. */
function writtenBy(branches: readonly Schema[], value: unknown): Schema {
  const converted = (branch: Schema): boolean =>
    typeof value === 'number' && 'format' in branch && (branch.format === 'duration' || branch.format === 'bytes');
  return branches.find(converted) ?? branches.find((branch) => fits(branch, value)) ?? branches[0]!;
}

function rawValue(value: unknown, mode: PrintOptions['mode']): unknown {
  if (mode === 'unredacted' || typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([section, content]) => [
      section,
      section === 'plugins' ? content : section === 'service' ? redactService(content) : redactAll(content),
    ]),
  );
}

/** Pipelines and extensions only name components. */
const redactService = (service: unknown): unknown =>
  typeof service !== 'object' || service === null
    ? redactAll(service)
    : Object.fromEntries(
        Object.entries(service).map(([key, content]) => [
          key,
          key === 'pipelines' || key === 'extensions' ? content : redactAll(content),
        ]),
      );

function redactAll(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redactAll);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, redactAll(item)]));
  return typeof value === 'string' || typeof value === 'number' ? redacted : value;
}

function escapeAll(value: unknown): unknown {
  if (typeof value === 'string') return escapePlaceholders(value);
  if (Array.isArray(value)) return value.map(escapeAll);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, escapeAll(item)]));
  return value;
}
