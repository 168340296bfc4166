import { attributesKey, type Resource, type Scope } from '@millrace/core';

/** Where items belong: to a resource and a scope, each once, in the order in which they were met. */
export interface Places<Items> {
  at(resource: Resource, scope: Scope): Items;
  all(): Iterable<{
    readonly resource: Resource;
    readonly scopes: Iterable<{ readonly scope: Scope; readonly items: Items }>;
  }>;
}

interface Place<Items> {
  readonly resource: Resource;
  readonly scopes: Map<string, { readonly scope: Scope; readonly items: Items }>;
}

export function createPlaces<Items>(create: () => Items): Places<Items> {
  const places = new Map<string, Place<Items>>();
  /** By identity, which mostly is enough. */
  const known = new Map<Resource, Map<Scope, Items>>();

  function find(resource: Resource, scope: Scope): Items {
    const resourceKey = keyOfResource(resource);
    let place = places.get(resourceKey);
    if (!place) places.set(resourceKey, (place = { resource, scopes: new Map() }));
    const scopeKey = keyOfScope(scope);
    let within = place.scopes.get(scopeKey);
    if (!within) place.scopes.set(scopeKey, (within = { scope, items: create() }));
    return within.items;
  }

  return {
    at(resource, scope) {
      let scopes = known.get(resource);
      if (!scopes) known.set(resource, (scopes = new Map()));
      let items = scopes.get(scope);
      if (items === undefined) scopes.set(scope, (items = find(resource, scope)));
      return items;
    },
    all: () => places.values().map(({ resource, scopes }) => ({ resource, scopes: scopes.values() })),
  };
}

const keyOfResource = ({ attributes, entityRefs = [], schemaUrl = '', droppedAttributesCount = 0 }: Resource): string =>
  `${JSON.stringify([entityRefs, schemaUrl, droppedAttributesCount])}${attributesKey(attributes)}`;

const keyOfScope = ({
  name,
  version = '',
  schemaUrl = '',
  attributes = {},
  droppedAttributesCount = 0,
}: Scope): string =>
  `${JSON.stringify([name, version, schemaUrl, droppedAttributesCount])}${attributesKey(attributes)}`;
