import type { Capability, ExtensionDefinition } from '../definition.ts';
import type { ConfigSchema, Schema } from '../schema.ts';
import type { Components } from './components.ts';
import type { Findings } from './findings.ts';
import { sectionOf } from './identifiers.ts';
import type { Kind } from './model.ts';
import { fits } from './resolve.ts';
import { listed, suggest } from './suggest.ts';
import type { Path } from './tree.ts';

/** A value that names an extension. */
interface Reference {
  readonly path: Path;
  readonly id: string;
  readonly provides: Capability | undefined;
}

/** The ids of the extensions that a component's config names. */
export const namedExtensions = (schema: ConfigSchema, input: unknown): readonly string[] => [
  ...new Set([...references({ ...schema, type: 'object', description: '' }, input, [])].map(({ id }) => id)),
];

function* references(schema: Schema, value: unknown, path: Path): Generator<Reference> {
  if (value === undefined || value === null) return;
  if ('anyOf' in schema) {
    const branch = schema.anyOf.find((one) => fits(one, value));
    if (branch) yield* references(branch, value, path);
    return;
  }
  if (schema.type === 'string' && schema.format === 'extension' && typeof value === 'string')
    yield { path, id: value, provides: schema.provides };
  if (schema.type === 'array' && Array.isArray(value))
    for (const [index, item] of value.entries()) yield* references(schema.items, item, [...path, index]);
  if (schema.type === 'object' && fits(schema, value)) {
    for (const [key, item] of Object.entries(value as object)) {
      const below = 'properties' in schema ? schema.properties[key] : schema.additionalProperties;
      if (below) yield* references(below, item, [...path, key]);
    }
  }
}

const capabilities: Readonly<Record<Capability, string>> = {
  server_auth: 'check who sends',
  client_auth: 'show who sends',
  admission: 'limit what comes in',
  storage: 'store data',
  reports: 'keep reports',
};

/** Reports what a component's config names that is no extension, is not started, or cannot do what is asked of it. */
export function checkReferences(
  { kind, id, schema, input }: { kind: Kind; id: string; schema: ConfigSchema; input: unknown },
  { components, started }: { components: Components; started: readonly string[] },
  found: Findings,
): void {
  const whole = { ...schema, type: 'object', description: '' } as const;
  for (const { path: within, id: named, provides } of references(whole, input, [])) {
    const path = [sectionOf(kind), id, ...within];
    if (!components.extension.has(named)) {
      if (found.doubtful.has('extensions')) continue;
      const configured = [...components.extension.keys()];
      const hint =
        configured.length > 0
          ? suggest(named, configured, 'Configured')
          : `add it: a key "${named}:" under "extensions"`;
      found.error(path, { message: `there is no extension "${named}"`, hint });
      continue;
    }
    const definition = components.extension.get(named)?.definition as ExtensionDefinition | undefined;
    if (!definition) continue;
    if (provides && !(definition.provides ?? []).includes(provides)) {
      const able = [...components.extension].flatMap(([other, configured]) =>
        (configured?.definition as ExtensionDefinition | undefined)?.provides?.includes(provides) ? [other] : [],
      );
      const hint = able.length > 0 ? `those that can: ${listed(able)}` : 'no configured extension can';
      found.error(path, { message: `the extension ${named} cannot ${capabilities[provides]}`, hint });
    } else if (!started.includes(named)) {
      found.error(path, {
        message: `the extension ${named} is not started`,
        hint: `add it to service.extensions: [${[...started, named].join(', ')}]`,
      });
    }
  }
}
