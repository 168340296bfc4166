import type { AnyDefinition } from '../definition.ts';
import { describeError } from '../errors.ts';
import type { Plugins } from '../plugins.ts';
import type { ConfigSchema } from '../schema.ts';
import { type Findings, mapAt } from './findings.ts';
import { aKind, kinds, parseId, sectionOf } from './identifiers.ts';
import type { Configured, Kind } from './model.ts';
import { checkReferences, namedExtensions } from './extensions.ts';
import { checkReserved, componentSchema, reservedKeys } from './reserved.ts';
import { resolveConfig } from './resolve.ts';
import { explain, pathText, valueAt } from './schema-errors.ts';
import { shape } from './shape.ts';
import { suggest } from './suggest.ts';
import type { Path } from './tree.ts';
import { validate } from './validate.ts';

/** What checking a config needs of the plugins. */
export type Finder = Pick<Plugins, 'find' | 'known' | 'installHint'>;

/** By id; undefined for one that is there but wrong, so that what refers to it is not wrong as well. */
export type Components = Readonly<Record<Kind, ReadonlyMap<string, Configured | undefined>>>;

export async function checkComponents(
  root: Readonly<Record<string, unknown>>,
  plugins: Finder,
  found: Findings,
): Promise<Components> {
  const components: Record<Kind, Map<string, Configured | undefined>> = {
    receiver: new Map(),
    processor: new Map(),
    exporter: new Map(),
    connector: new Map(),
    extension: new Map(),
  };
  for (const kind of kinds) {
    const section = sectionOf(kind);
    for (const [id, value] of Object.entries(mapAt([section], root[section], found) ?? {})) {
      const definition = await definitionOf(kind, id, { plugins, found });
      const configured = definition && configure(definition, { id, value, path: [section, id], found });
      components[kind].set(id, configured);
    }
  }
  return components;
}

async function definitionOf(
  kind: Kind,
  id: string,
  { plugins, found }: { plugins: Finder; found: Findings },
): Promise<AnyDefinition | undefined> {
  const path: Path = [sectionOf(kind), id];
  const parsed = parseId(id);
  if (typeof parsed === 'string') {
    found.error(path, {
      at: 'key',
      message: `"${id}" is not a component's id: ${parsed}`,
      hint: 'an id is type or type/name',
    });
    return undefined;
  }
  const { type } = parsed;
  try {
    const definition = await plugins.find(kind, type);
    if (definition) return definition;
    const other = await kindWith(type, kind, plugins);
    const suggestion = other
      ? `${type} is ${aKind(other)}: put it under "${sectionOf(other)}"`
      : suggest(type, await plugins.known(kind), 'Installed');
    const install = other ? '' : plugins.installHint(kind, type);
    const hint = [suggestion, install].filter(Boolean).join('\n');
    found.error(path, { at: 'key', message: `unknown ${kind} type "${type}"`, hint });
  } catch (error) {
    found.error(path, { at: 'key', message: `the ${kind} ${type} cannot be loaded: ${describeError(error)}` });
  }
  return undefined;
}

async function kindWith(type: string, not: Kind, plugins: Finder): Promise<Kind | undefined> {
  for (const kind of kinds) if (kind !== not && (await plugins.known(kind)).includes(type)) return kind;
  return undefined;
}

interface Written {
  readonly id: string;
  readonly value: unknown;
  readonly path: Path;
  readonly found: Findings;
}

/** Undefined, and reported, if its config is wrong. */
function configure(definition: AnyDefinition, { id, value, path, found }: Written): Configured | undefined {
  const { raw, secrets } = found;
  const schema = schemaOf(definition);
  const before = found.diagnostics.length;
  const written = mapAt(path, value, found);
  if (!written) return undefined;
  const input = shape({ ...schema, type: 'object', description: '' }, written, { raw, path, secrets }) as Readonly<
    Record<string, unknown>
  >;
  for (const violation of validate(schema, input))
    found.diagnostics.push(explain(violation, { raw, base: path, secrets }));
  if (found.diagnostics.length > before) return undefined;

  const config = resolveConfig<ConfigSchema>(definition.config, input);
  const host = resolveConfig<ConfigSchema>({ properties: reservedKeys(definition) }, input);
  const problems = [...(definition.check?.(config) ?? []), ...checkReserved(definition, host)];
  for (const { path: within, message } of problems)
    found.error([...path, ...within], { message: `${pathText(path)}: ${message}` });
  const extensions = namedExtensions(schema, input);
  return found.diagnostics.length > before ? undefined : { id, definition, config, host, extensions };
}

/** Reports what is wrong with the extensions that components name, when all components and `service.extensions` are known. */
export function checkNamedExtensions(components: Components, started: readonly string[], found: Findings): void {
  for (const kind of kinds)
    for (const [id, configured] of components[kind])
      if (configured && configured.extensions.length > 0) {
        const input = valueAt(found.raw.value, [sectionOf(kind), id]);
        checkReferences({ kind, id, schema: schemaOf(configured.definition), input }, { components, started }, found);
      }
}

const schemas = new WeakMap<AnyDefinition, ConfigSchema>();

function schemaOf(definition: AnyDefinition): ConfigSchema {
  let schema = schemas.get(definition);
  if (!schema) schemas.set(definition, (schema = componentSchema(definition)));
  return schema;
}
