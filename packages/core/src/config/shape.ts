import type { Schema } from '../schema.ts';
import type { Secrets } from './mask.ts';
import type { RawConfig } from './load.ts';
import { fits } from './resolve.ts';
import type { Path } from './tree.ts';

/**
 * What a user wrote, in the schema's types where YAML leaves it open: text that came from the environment stays text where a
 * string is wanted, a key without a value is an empty map or absent, a size may be a whole number. Notes what is secret.
 */
export function shape(schema: Schema, value: unknown, site: { raw: RawConfig; path: Path; secrets: Secrets }): unknown {
  const { raw, path, secrets } = site;
  if (value === undefined) return undefined;
  if ('anyOf' in schema) return shape(branchFor(schema.anyOf, value, raw.origin(path)?.text), value, site);
  if (value === null && schema.type === 'object') return shape(schema, {}, site);
  if (schema.type === 'string') {
    const text = typeof value === 'string' ? value : (raw.origin(path)?.text ?? numberText(schema.format, value));
    if (schema.format === 'secret') noteSecret(text ?? value, site);
    return text ?? value ?? undefined;
  }
  if (value === null) return undefined;
  if (schema.type === 'array' && Array.isArray(value))
    return value.map((item, index) =>
      item === null ? null : shape(schema.items, item, { raw, secrets, path: [...path, index] }),
    );
  if (schema.type === 'object' && fits(schema, value)) {
    const shaped = Object.entries(value).map(([key, item]) => {
      const at = { raw, secrets, path: [...path, key] };
      if (!('properties' in schema)) return [key, shape(schema.additionalProperties, item, at)];
      if (Object.hasOwn(schema.properties, key)) return [key, shape(schema.properties[key]!, item, at)];
      return [key, item];
    });
    return Object.fromEntries(shaped.filter(([, item]) => item !== undefined));
  }
  return value;
}

/** The branch whose type the value has; for text from the environment, one that takes text if there is no other. */
export function branchFor(branches: readonly Schema[], value: unknown, text?: string): Schema {
  const fitting = branches.find((branch) => fits(branch, value));
  const textual = text === undefined ? undefined : branches.find((branch) => fits(branch, text));
  return fitting ?? textual ?? branches.find((branch) => 'type' in branch && branch.type === 'string') ?? branches[0]!;
}

function numberText(format: string | undefined, value: unknown): string | undefined {
  if (format === 'duration' && value === 0) return '0';
  if (format === 'bytes' && typeof value === 'number' && Number.isSafeInteger(value) && value >= 0)
    return String(value);
  return undefined;
}

/** Hides a value that is in the config itself; `${env:TOKEN}` may be seen. */
export function noteSecret(
  value: unknown,
  { raw, path, secrets }: { raw: RawConfig; path: Path; secrets: Secrets },
): void {
  if (typeof value === 'string') secrets.values.add(value);
  if (raw.origin(path)?.written !== undefined) return;
  const location = raw.locate(path);
  if (location) secrets.locations.push(location);
}
