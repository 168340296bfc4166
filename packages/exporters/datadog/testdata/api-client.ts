// Reads JSON as Datadog's own client for its API does, and refuses what that does not know.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const serializer = (version: 'v1' | 'v2') =>
  (
    require(`@datadog/datadog-api-client/dist/packages/datadog-api-client-${version}/models/ObjectSerializer.js`) as {
      ObjectSerializer: { deserialize(data: unknown, type: string): object };
    }
  ).ObjectSerializer;

/** Throws unless it is exactly that model: each required field, each of its type, none that is unknown. */
export function readModel(version: 'v1' | 'v2', model: string, json: string): object {
  const read = serializer(version).deserialize(JSON.parse(json), model);
  prove(read, model);
  return read;
}

function prove(value: unknown, path: string): void {
  if (typeof value !== 'object' || value === null) return;
  for (const bad of ['_unparsed', '_data', 'additionalProperties'])
    if (bad in value && (value as Record<string, unknown>)[bad] !== undefined)
      throw new Error(`${path} has ${bad}: ${JSON.stringify(value)}`);
  for (const [key, inner] of Object.entries(value)) prove(inner, `${path}.${key}`);
}
