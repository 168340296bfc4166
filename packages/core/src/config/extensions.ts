import type { Capability, ExtensionDefinition } from '../definition.ts';
import type { ConfigSchema } from '../schema.ts';
import type { Components } from './components.ts';
import type { Findings } from './findings.ts';
import { sectionOf } from './identifiers.ts';
import { type Leaf, leavesOf } from './leaves.ts';
import type { Kind } from './model.ts';
import { listed, suggest } from './suggest.ts';

/** The values that name an extension. */
const references = (schema: ConfigSchema, input: unknown): Leaf[] =>
  [...leavesOf({ ...schema, type: 'object', description: '' }, input)].filter(
    (leaf) => leaf.schema.format === 'extension',
  );

/** The ids of the extensions that a component's config names. */
export const namedExtensions = (schema: ConfigSchema, input: unknown): readonly string[] => [
  ...new Set(references(schema, input).map(({ value }) => value)),
];

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
  for (const {
    path: within,
    value: named,
    schema: { provides },
  } of references(schema, input)) {
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
