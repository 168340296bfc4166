import { type AnyValue, type Attributes, attributesKey, type Resource } from '@millrace/core';

/** The attributes of an item, parted. */
export interface Split {
  /** Those that move to the resource. */
  readonly moved: Attributes;
  /** The same text for the same. */
  readonly key: string;
  readonly left: Attributes;
}

/** Parts attributes by their names; undefined if none of them moves. The same result for the same object. */
export function createSplit(keys: readonly string[]): (attributes: Attributes) => Split | undefined {
  const moves = new Set(keys);
  const known = new WeakMap<Attributes, Split | null>();

  function split(attributes: Attributes): Split | null {
    const moved: Record<string, AnyValue> = {};
    const left: Record<string, AnyValue> = {};
    for (const [name, value] of Object.entries(attributes))
      if (value !== undefined) (moves.has(name) ? moved : left)[name] = value;
    const key = attributesKey(moved);
    return key === '' ? null : { moved, key, left };
  }

  return (attributes) => {
    let parted = known.get(attributes);
    if (parted === undefined) known.set(attributes, (parted = split(attributes)));
    return parted ?? undefined;
  };
}

/** So many resources are remembered of one. */
const mostKnown = 10_000;

/** Resources with more attributes: the same object for the same resource and attributes, as long as there are not too many. */
export function createDerive(): (resource: Resource, split: Split) => Resource {
  const known = new WeakMap<Resource, Map<string, Resource>>();
  return (resource, { moved, key }) => {
    let derived = known.get(resource);
    if (!derived) known.set(resource, (derived = new Map()));
    let found = derived.get(key);
    if (!found) {
      if (derived.size >= mostKnown) derived.clear();
      found = { ...resource, attributes: { ...resource.attributes, ...moved } };
      derived.set(key, found);
    }
    return found;
  };
}
