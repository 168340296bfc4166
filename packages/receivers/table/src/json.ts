/** `stats.0.text`; a dot in a name is written `\.`. Undefined if it is no path. */
export function parsePath(text: string): readonly string[] | undefined {
  const steps = text
    .replace(/^\$\./, '')
    .split(/(?<!\\)\./)
    .map((step) => step.replaceAll('\\.', '.'));
  return steps.includes('') ? undefined : steps;
}

/** Numbers are the text that they were written as: `JSON.parse` would round those beyond 2^53. */
export const parseJson = (text: string): unknown =>
  JSON.parse(text, (_key, value: unknown, context?: { readonly source?: string }) =>
    typeof value === 'number' ? (context?.source ?? String(value)) : value,
  );

/** What is there; undefined if nothing is, or null. */
export function valueAt(json: unknown, path: readonly string[]): unknown {
  let value = json;
  for (const step of path) {
    // Not `length`, which lists have of their own.
    if (typeof value !== 'object' || value === null || !Object.prototype.propertyIsEnumerable.call(value, step))
      return undefined;
    value = (value as Readonly<Record<string, unknown>>)[step];
  }
  return value ?? undefined;
}
